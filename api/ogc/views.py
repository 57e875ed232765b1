"""The standard's addresses: landing page, conformance, description, collections, items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import problems
from api.access import caller_of
from api.ogc.crs import CRS84, SUPPORTED, Crs, parse_box, parse_crs
from api.ogc.description import CONFORMANCE, description
from api.ogc.layers import LAYERS, Feature, Layer
from api.problems import FieldError
from api.refusals import ApiError, invalid_parameter
from api.renderers import AnyAccepted
from api.webhooks.outbox import instant
from geo.projections import projected

DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET = 100, 1_000, 1_000_000
GEOJSON = "application/geo+json"
_CORNERS = [-11.0, 34.0, 45.0, 72.0]


class Page(APIView):
    """What every address shares: strict parameters, links, languages, callers."""

    public_read = True
    scope = None
    content_negotiation_class = AnyAccepted
    http_method_names = ["get", "head"]
    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        faults = []
        for name, values in request.query_params.lists():
            if name not in self.parameters and name not in ("lang", "f"):
                detail, code = _("Not a parameter here."), "unknown_parameter"
                faults.append(FieldError(code, detail, parameter=name))
            elif len(values) > 1:
                faults.append(FieldError("repeated", _("Give it once."), parameter=name))
        if faults:
            raise ApiError(problems.INVALID, errors=tuple(faults))
        if request.query_params.get("f", "json") != "json":
            raise invalid_parameter("f", "unknown_choice", "json")
        asked = request.query_params.get("lang")
        if asked is not None:
            if asked not in ("bg", "en"):
                raise invalid_parameter("lang", "unknown_choice", _("bg, en or all."))
            translation.activate(asked)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])
        return response

    def link(self, path: str, rel: str, media: str = "application/json", **query: Any) -> Any:
        """A link of the answer, absolute."""
        address = self.request.build_absolute_uri(f"/ogc{path}")
        more = f"?{urlencode(query)}" if query else ""
        return {"href": address + more, "rel": rel, "type": media}


class Landing(Page):
    def get(self, request: Request) -> Response:
        body = {
            "title": _("Industrial symbiosis marketplace"),
            "description": _("Sites, offers, needs and flows as layers for maps."),
            "links": [
                self.link("", "self"),
                self.link("/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0"),
                self.link("/conformance", "conformance"),
                self.link("/collections", "data"),
            ],
        }
        return Response(body)


class Conformance(Page):
    def get(self, request: Request) -> Response:
        return Response({"conformsTo": CONFORMANCE})


class Description(Page):
    def get(self, request: Request) -> Response:
        media = "application/vnd.oai.openapi+json;version=3.0"
        server = request.build_absolute_uri("/ogc")
        return Response(description(server), content_type=media)


class Collections(Page):
    def get(self, request: Request) -> Response:
        body = {
            "links": [self.link("/collections", "self")],
            "collections": [_told(self, layer) for layer in LAYERS.values()],
            "crs": list(SUPPORTED),
        }
        return Response(body)


class Collection(Page):
    def get(self, request: Request, layer_id: str) -> Response:
        return Response(_told(self, _layer(layer_id)))


def _told(page: Page, layer: Layer) -> dict[str, Any]:
    base = f"/collections/{layer.id}"
    return {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [_CORNERS], "crs": CRS84.uri}},
        "crs": list(SUPPORTED),
        "storageCrs": CRS84.uri,
        "links": [page.link(base, "self"), page.link(f"{base}/items", "items", GEOJSON)],
    }


def _layer(layer_id: str) -> Layer:
    if layer_id not in LAYERS:
        raise NotFound()
    return LAYERS[layer_id]


class FeaturePage(Page):
    """Answers with features: the scope is the layer's, as at the API's own addresses."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        caller, layer = caller_of(request), _layer(self.kwargs["layer_id"])
        if not caller.anonymous and not caller.holds(layer.scope):
            raise ApiError(problems.INSUFFICIENT_SCOPE)

    def shapes(self, features: list[Feature], crs: Crs) -> list[dict[str, Any]]:
        """Features as GeoJSON, every corner projected in one question to the database."""
        corners = [corner for feature in features for corner in _corners(feature)]
        placed = (crs.ordered(pair) for pair in projected(corners, crs.srid))
        return [
            {
                "type": "Feature",
                "id": feature.id,
                "geometry": _geometry(feature, placed),
                "properties": feature.properties,
            }
            for feature in features
        ]

    def geojson(self, body: dict[str, Any], crs: Crs) -> Response:
        return Response(body, content_type=GEOJSON, headers={"Content-Crs": f"<{crs.uri}>"})


def _corners(feature: Feature) -> list[Any]:
    return [
        *feature.points,
        *(corner for part in feature.rings for ring in part for corner in ring),
    ]


def _geometry(feature: Feature, placed: Iterator[list[float]]) -> dict[str, Any]:
    """The feature's geometry, from its projected corners in the order of ``_corners``."""
    if feature.rings:
        parts = [[[next(placed) for _c in ring] for ring in part] for part in feature.rings]
        return {"type": "MultiPolygon", "coordinates": parts}
    points = [next(placed) for _corner in feature.points]
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "LineString", "coordinates": points}


class Items(FeaturePage):
    parameters = frozenset({"limit", "offset", "bbox", "bbox-crs", "crs", "datetime"})

    def get(self, request: Request, layer_id: str) -> Response:
        layer, query = _layer(layer_id), request.query_params
        limit = min(_whole(query.get("limit"), "limit", DEFAULT_LIMIT, 1), MAX_LIMIT)
        offset = _whole(query.get("offset"), "offset", 0, 0)
        crs = parse_crs(query.get("crs"), "crs")
        box_crs = parse_crs(query.get("bbox-crs"), "bbox-crs")
        box = parse_box(query["bbox"], box_crs) if "bbox" in query else None
        viewer = caller_of(request).viewer
        rows = layer.rows(viewer, box)
        found = list(rows[offset : offset + limit])
        matched = len(rows) if isinstance(rows, list) else rows.count()
        path = f"/collections/{layer.id}/items"
        asked = {name: query[name] for name in query}
        links = [self.link(path, "self", GEOJSON, **asked)]
        if offset + len(found) < matched and found:
            more = {**asked, "limit": limit, "offset": offset + limit}
            links.append(self.link(path, "next", GEOJSON, **more))
        body = {
            "type": "FeatureCollection",
            "timeStamp": instant(timezone.now()),
            "numberMatched": matched,
            "numberReturned": len(found),
            "links": links,
            "features": self.shapes([layer.told(row, viewer) for row in found], crs),
        }
        return self.geojson(body, crs)


class Item(FeaturePage):
    parameters = frozenset({"crs"})

    def get(self, request: Request, layer_id: str, feature_id: str) -> Response:
        layer, viewer = _layer(layer_id), caller_of(request).viewer
        crs = parse_crs(request.query_params.get("crs"), "crs")
        row = layer.one(viewer, feature_id)
        if row is None:
            raise NotFound()
        (body,) = self.shapes([layer.told(row, viewer)], crs)
        base = f"/collections/{layer.id}"
        body["links"] = [
            self.link(f"{base}/items/{feature_id}", "self", GEOJSON),
            self.link(base, "collection"),
        ]
        return self.geojson(body, crs)


def _whole(text: str | None, name: str, default: int, least: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid_parameter(name, "not_a_number", _("A whole number."))
    number = int(text)
    if number < least or number > MAX_OFFSET:
        raise invalid_parameter(name, "out_of_range", _("The number is out of range."))
    return number
