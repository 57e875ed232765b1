"""A small drawing of the market for the front page: oblasts and the most valuable exchanges.

Plain SVG made on the server: it needs no script, no tiles, and prints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.core.cache import cache

from geo.models import Region
from geo.selectors import regions_with_shapes
from marketplace.firms.viewers import ANYONE
from symbiosis.selectors import proposals_visible_to

WIDTH = 640
WEST, EAST, SOUTH, NORTH = 22.2, 28.75, 41.15, 44.3
LINES = 60
_TOLERANCE_DEGREES = 0.015
_OUTLINE_SECONDS = 3600


def _mercator(lat: float) -> float:
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))


_SCALE = WIDTH / (EAST - WEST)
HEIGHT = round((_mercator(NORTH) - _mercator(SOUTH)) * _SCALE)


@dataclass(frozen=True, slots=True)
class Arc:
    """A curve of SVG path data, its stroke width and its two ends."""

    path: str
    width: str
    ends: tuple[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Preview:
    outlines: tuple[str, ...]
    arcs: tuple[Arc, ...]
    width: int = WIDTH
    height: int = HEIGHT


def market_preview() -> Preview:
    """What everybody may see; only exchanges between posted listings are drawn."""
    best = (
        proposals_visible_to(ANYONE)
        .planned()
        .filter(inferred=False)
        .order_by("-value_cents", "id")
        .rows(0, LINES)
    )
    arcs = tuple(
        _arc(p.offer.public_location.coords, p.need.public_location.coords, p.value_cents)
        for p in best
        if _inside(p.offer.public_location.coords) and _inside(p.need.public_location.coords)
    )
    return Preview(_outlines(), arcs[::-1])


def _inside(at: tuple[float, float]) -> bool:
    return WEST <= at[0] <= EAST and SOUTH <= at[1] <= NORTH


def _xy(lon: float, lat: float) -> tuple[float, float]:
    return (lon - WEST) * _SCALE, (_mercator(NORTH) - _mercator(lat)) * _SCALE


def _arc(start: tuple[float, float], end: tuple[float, float], value_cents: int) -> Arc:
    (ax, ay), (bx, by) = _xy(*start), _xy(*end)
    cx, cy = (ax + bx) / 2 + 0.18 * (by - ay), (ay + by) / 2 - 0.18 * (bx - ax)
    width = 0.8 + max(0.0, math.log10(max(value_cents, 100) / 100) - 4) * 1.3
    path = f"M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}"
    return Arc(path, f"{width:.1f}", ((f"{ax:.1f}", f"{ay:.1f}"), (f"{bx:.1f}", f"{by:.1f}")))


def _outlines() -> tuple[str, ...]:
    oblasts = regions_with_shapes().filter(level=Region.Level.NUTS3, country="BG")
    drawn = oblasts.filter(geometry__isnull=False)
    key = f"preview-outlines-{drawn.count()}"
    paths: tuple[str, ...] | None = cache.get(key)
    if paths is None:
        paths = tuple(
            _path(shape.simplify(_TOLERANCE_DEGREES, preserve_topology=True))
            for shape in drawn.values_list("geometry", flat=True)
            if shape is not None
        )
        cache.set(key, paths, _OUTLINE_SECONDS)
    return paths


def _path(shape: object) -> str:
    polygons = shape if shape.geom_type == "MultiPolygon" else [shape]  # type: ignore[attr-defined]
    rings = (ring for polygon in polygons for ring in polygon)  # type: ignore[attr-defined]
    return "".join(
        "M" + "L".join("{:.1f} {:.1f}".format(*_xy(*point[:2])) for point in ring.coords) + "Z"
        for ring in rings
    )
