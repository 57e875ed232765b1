"""What the standard is told of us: conformance classes and an OpenAPI 3.0 document."""

from __future__ import annotations

from typing import Any

from api.ogc.crs import SUPPORTED

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
CONFORMANCE = [
    *(f"{_FEATURES}/{name}" for name in ("core", "oas30", "geojson")),
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
]


def description(server: str) -> dict[str, Any]:
    """The OpenAPI 3.0 document of the addresses below ``server``."""
    crs = {"type": "string", "format": "uri", "enum": list(SUPPORTED)}
    items = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
        _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
        _query("bbox", _numbers(), explode=False),
        _query("bbox-crs", crs),
        _query("crs", crs),
        _query("datetime", {"type": "string"}),
    ]
    paths = {
        "/": _get("landing", "Landing page"),
        "/conformance": _get("conformance", "Conformance classes"),
        "/api": _get("description", "This document"),
        "/collections": _get("collections", "Collections"),
        "/collections/{collectionId}": _get("collection", "A collection", ("collectionId",)),
        "/collections/{collectionId}/items": _get(
            "items", "Features", ("collectionId",), items, "application/geo+json"
        ),
        "/collections/{collectionId}/items/{featureId}": _get(
            "item", "A feature", ("collectionId", "featureId"), [_query("crs", crs)],
            "application/geo+json",
        ),
    }  # fmt: skip
    return {
        "openapi": "3.0.3",
        "info": {"title": "Industrial symbiosis marketplace: features", "version": "1.0.0"},
        "servers": [{"url": server}],
        "paths": paths,
    }


def _numbers() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}


def _query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    style = {"style": "form", **more} if more else {}
    return {"name": name, "in": "query", "required": False, "schema": schema, **style}


def _get(
    name: str,
    title: str,
    inside: tuple[str, ...] = (),
    parameters: list[dict[str, Any]] | None = None,
    media: str = "application/json",
) -> dict[str, Any]:
    required = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}}
        for part in inside
    ]
    refusal = {"application/problem+json": {"schema": {"type": "object"}}}
    responses = {
        "200": {"description": title, "content": {media: {"schema": {"type": "object"}}}},
        "400": {"description": "A parameter is not acceptable", "content": refusal},
    }
    if inside:
        responses["404"] = {"description": "There is no such thing", "content": refusal}
    return {
        "get": {
            "operationId": name,
            "summary": title,
            "parameters": [*required, *(parameters or [])],
            "responses": responses,
        }
    }
