"""The tile sets, what they hold, and how they may be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from geo.tilemath import Tile
from marketplace.firms.viewers import Viewer
from symbiosis.map_layers import map_layer
from symbiosis.market_map import MapQuery

EUROPE = (-11.0, 34.0, 45.0, 72.0)
MIDDLE = (25.4, 42.7, 6)


@dataclass(frozen=True, slots=True)
class TileSet:
    """``scope`` reads it; ``layers``: layer inside its tiles -> what each feature carries."""

    scope: str
    title: Any
    layers: dict[str, dict[str, str]]


_WEIGHTS = {
    "inferred": "Boolean: one side is inferred",
    "weight": "Number: ten times log10 of the value in EUR",
    "mass": "Number: ten times log10 of tenths of a tonne",
}
_COUNTS = {
    "offers": "Number: offers there",
    "needs": "Number: needs there",
    "posted": "Number: how many of both were posted by their holders",
    "tonnes": "Number: public amounts together",
}
TILE_SETS = {
    "flows": TileSet(
        "proposals:read",
        _("Proposed exchanges"),
        {
            "corridors": {
                **_WEIGHTS,
                "corridor": "String: regions from-to, at low zoom",
                "exchanges": "Number: how many a corridor holds",
            },
            "flows": {
                **_WEIGHTS,
                "uid": "String: of the proposal",
                "delivered": "Boolean: tonnes have moved",
            },
        },
    ),
    "places": TileSet(
        "offers:read",
        _("Places with offers and needs"),
        {
            "regions": {**_COUNTS, "code": "String: of the region, at low zoom"},
            "hexagons": _COUNTS,
            "places": {**_COUNTS, "places": "Number: places in a circle"},
        },
    ),
}


def drawn(name: str, viewer: Viewer, tile: Tile, *, today: date) -> bytes:
    """A tile of a set with nothing in it that the viewer may not see."""
    return map_layer(name, viewer, MapQuery(), tile, today=today)


def style(base: str) -> dict[str, Any]:
    """A MapLibre style of both sets, without a background map, fonts or icons of others."""
    sources = {name: {"type": "vector", "url": f"{base}/tiles/{name}.json"} for name in TILE_SETS}
    return {
        "version": 8,
        "name": str(_("Industrial symbiosis marketplace")),
        "center": list(MIDDLE[:2]),
        "zoom": MIDDLE[2],
        "sources": sources,
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": "#f6f5f0"}},
            *(_drawn_as("line", "flows", layer, _LINE) for layer in TILE_SETS["flows"].layers),
            _drawn_as("fill", "places", "hexagons", _FILL),
            *(_drawn_as("circle", "places", layer, _CIRCLE) for layer in ("regions", "places")),
        ],
    }


_COLOUR = ["case", [">", ["get", "posted"], 0], "#b45309", "#8a8f98"]
_LINE = {
    "line-color": ["case", ["get", "inferred"], "#8a8f98", "#1f7a4d"],
    "line-width": ["interpolate", ["linear"], ["get", "weight"], 20, 0.5, 70, 4],
    "line-opacity": 0.6,
}
_FILL = {"fill-color": _COLOUR, "fill-opacity": 0.5}
_CIRCLE = {
    "circle-color": _COLOUR,
    "circle-radius": [
        *("interpolate", ["linear"], ["+", ["get", "offers"], ["get", "needs"]]),
        *(1, 3, 50, 9),
    ],
    "circle-stroke-color": "#ffffff",
    "circle-stroke-width": 1,
}


def _drawn_as(kind: str, source: str, layer: str, paint: dict[str, Any]) -> dict[str, Any]:
    part = {"id": layer, "type": kind, "source": source, "source-layer": layer}
    return {**part, "paint": paint}
