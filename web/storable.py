"""Addresses that hold a NUL character, which no text of the database can, refused early."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import bad_request, page_not_found


class RefuseNul:
    """404 for a path, 400 for a question. Bodies are left to the forms, which refuse it by field,
    and the API to its own parsers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        if "\0" in request.path_info:
            return page_not_found(request, Http404())
        if any("\0" in text for pair in request.GET.lists() for text in (pair[0], *pair[1])):
            return bad_request(request, ValueError("NUL in a parameter"))
        return self.get_response(request)
