"""Addresses below /tiles: a tile, the TileJSON of its set, and the style."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.access import caller_of
from api.ogc.views import Page
from api.refusals import ApiError
from api.tiles.layers import EUROPE, MIDDLE, TILE_SETS, TileSet, drawn, style
from geo.tilemath import Tile, is_valid
from symbiosis.tiles import MAX_ZOOM

MEDIA = "application/vnd.mapbox-vector-tile"
SECONDS = 60


class OfTileSet(Page):
    """The scope is the set's, as at the API's own addresses."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        caller = caller_of(request)
        if not caller.anonymous and not caller.holds(self.tile_set.scope):
            raise ApiError(problems.INSUFFICIENT_SCOPE)

    @property
    def tile_set(self) -> TileSet:
        found = TILE_SETS.get(self.kwargs["name"])
        if found is None:
            raise NotFound()
        return found


class TileJson(OfTileSet):
    """TileJSON 3.0 of a set."""

    def get(self, request: Request, name: str) -> Response:
        told = self.tile_set
        tile = request.build_absolute_uri(f"/tiles/{name}/{{z}}/{{x}}/{{y}}")
        body = {
            "tilejson": "3.0.0",
            "name": told.title,
            "tiles": [tile.replace("%7B", "{").replace("%7D", "}")],
            "vector_layers": [
                {"id": layer, "fields": fields} for layer, fields in told.layers.items()
            ],
            "minzoom": 0,
            "maxzoom": MAX_ZOOM,
            "bounds": list(EUROPE),
            "center": list(MIDDLE),
            "scheme": "xyz",
        }
        return Response(body)


class VectorTile(OfTileSet):
    """One tile of what the caller may see."""

    def get(self, request: Request, name: str, z: int, x: int, y: int) -> Any:
        if z > MAX_ZOOM or not is_valid(z, x, y):
            raise NotFound()
        today = timezone.localdate()
        found = drawn(name, caller_of(request).viewer, Tile(z, x, y), today=today)
        kept = {"Cache-Control": f"private, max-age={SECONDS}"}
        return HttpResponse(found, content_type=MEDIA, headers=kept)


class Style(Page):
    """A MapLibre style that draws every set."""

    def get(self, request: Request) -> Response:
        return Response(style(request.build_absolute_uri("/").rstrip("/")))


urlpatterns = [
    path("style.json", Style.as_view(), name="tiles-style"),
    path("<slug:name>.json", TileJson.as_view(), name="tiles-tilejson"),
    path("<slug:name>/<int:z>/<int:x>/<int:y>", VectorTile.as_view(), name="tiles-tile"),
]
