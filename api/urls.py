"""Addresses for programs below /api/, the authorization server, and the readers of the contract."""

from __future__ import annotations

from django.urls import include, path

from api.documents import redoc, swagger

urlpatterns = [
    path("v1/", include("api.v1.urls")),
    path("docs", swagger, name="api-docs"),
    path("redoc", redoc, name="api-redoc"),
]
