"""Every address of the product, and `/select-1` beside them."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as product


def select_one(_request: HttpRequest) -> HttpResponse:
    """One question to the database, through the same middleware as everything else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return HttpResponse(str(cursor.fetchone()))


urlpatterns = [path("select-1", select_one), *product]
