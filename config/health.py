"""Whether the web server answers, and whether it can work: asked by supervisors and proxies."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

RETRY_SECONDS = 5


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """One word, without the database; what else is amiss, ``manage.py doctor`` says."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 where the database answers, else 503 with Retry-After; says nothing of how it is made."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        body = {"status": "unavailable", "database": "does not answer"}
        return JsonResponse(body, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    return JsonResponse({"status": "ready", "database": "answers"})
