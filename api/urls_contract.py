"""The addresses that the contract describes, with their full paths."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/v1/", include("api.v1.urls"))]
