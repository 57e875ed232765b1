"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from web.views import home

urlpatterns = [
    path("", home.home, name="home"),
]
