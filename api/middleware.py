"""What every answer carries, and problems instead of HTML pages wherever programs call."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api import context, problems
from marketplace.audit import acting

_PROGRAM_PATHS = ("/api/", "/ogc", "/tiles/")
_KEPT_HEADERS = ("Allow", "Retry-After", "Vary", "Cache-Control", "WWW-Authenticate")

Handler = Callable[[HttpRequest], HttpResponseBase]


class RequestIdentity:
    """Gives each request an id: the caller's X-Request-ID where harmless, else a new one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = context.begin(request.headers.get("X-Request-ID"))
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        # What no view said anything of is for its reader alone.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class ProblemsForPrograms:
    """Rewrites errors that never reached a view (404 of the resolver, CSRF, bad host, 500)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path.startswith(_PROGRAM_PATHS):
            return response
        if response.headers.get("Content-Type", "").startswith(problems.CONTENT_TYPE):
            return response
        problem = problems.Problem(
            problems.for_status(response.status_code), status=response.status_code
        )
        kept = {k: response.headers[k] for k in _KEPT_HEADERS if k in response.headers}
        return HttpResponse(
            json.dumps(problem.body(instance=request.path), ensure_ascii=False),
            status=response.status_code,
            content_type=problems.CONTENT_TYPE,
            headers=kept,
        )


class Attribution:
    """Says in the audit trail who wrote and in which request; stands behind the sign-in. Programs
    and holders of tokens are known later, and named then (api/access.py)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return self.get_response(request)
        route = f"{request.method} {request.path}"
        with acting(user=request.user.pk, request=context.request_id(), route=route):
            return self.get_response(request)
