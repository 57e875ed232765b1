"""Whether the web server answers: asked by the supervisor while everything else is starting."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """One word, without the database; what else is amiss, ``manage.py doctor`` says."""
    return HttpResponse("ok\n", content_type="text/plain")
