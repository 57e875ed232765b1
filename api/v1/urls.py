"""Addresses under /api/v1/. No trailing slashes; ids are letters, digits and ``._-``."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from api.documents import openapi_json, openapi_yaml
from api.v1.catalogue import Activities, Materials, Units, WasteCodes
from api.v1.problems import ProblemTypes
from api.v1.regions import Regions

READ_LIST = {"get": "list"}
READ_ONE = {"get": "retrieve"}


def collection(name: str, view: type, actions: dict[str, str] = READ_LIST) -> URLPattern:
    """``/name``."""
    return path(name, view.as_view(actions), name=name)  # type: ignore[attr-defined]


def member(
    name: str, view: type, actions: dict[str, str] = READ_ONE, *, under: str = ""
) -> URLPattern:
    """``/name/{public_id}`` and what stands below it."""
    tail = f"/{under}" if under else ""
    title = f"{name}-{under}" if under else f"{name}-one"
    pattern = rf"^{name}/(?P<public_id>[A-Za-z0-9._-]{{1,100}}){tail}$"
    return re_path(pattern, view.as_view(actions), name=title)  # type: ignore[attr-defined]


urlpatterns = [
    path("openapi.json", openapi_json, name="openapi.json"),
    path("openapi.yaml", openapi_yaml, name="openapi.yaml"),
    collection("problems", ProblemTypes),
    member("problems", ProblemTypes),
    collection("materials", Materials),
    member("materials", Materials),
    collection("waste-codes", WasteCodes),
    member("waste-codes", WasteCodes),
    collection("activities", Activities),
    collection("units", Units),
    collection("regions", Regions),
    member("regions", Regions),
]
