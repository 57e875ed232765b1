"""Vector tiles of the match map, built by PostGIS from what a viewer may already see.

A tile says more the nearer one looks: totals by region, then hexagons, then places; bundles
between regions, then single lines. Rows come from the narrow tables of map_rows.py, narrowed by
viewer and question before any SQL here sees them; whatever is drawn singly is asked again of the
selectors. Positions are public ones: an anonymous listing never leaves its grid cell's centre.
Tile addresses follow the XYZ scheme in EPSG:3857.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Q,
    QuerySet,
    Value,
)

from geo.hexagons import cell_columns, cell_polygon
from geo.tilemath import Tile, bounds_metres
from marketplace.exchanges.querysets import ExchangeQuerySet
from symbiosis.map_rows import MapFlow, MapRowQuerySet
from symbiosis.querysets import ProposalQuerySet

MAX_ZOOM = 14
EXTENT = 4096
REGIONS_BELOW_ZOOM = 6
HEXAGONS_BELOW_ZOOM = 10
BUNDLED_BELOW_ZOOM = 8
BUNDLES = 160
"""The strongest ways between regions; the rest would only blacken the map."""
HEXAGONS_ACROSS = 24
"""Radii of a hexagon in a tile's width: about 21 pixels on the screen."""
SQUARES_IN_RADIUS = 8
"""Points are first added up in a fine square grid; its squares, not the points, fall into
hexagons. That is an eighth of a radius at most from where the points lie, and many times faster."""
CLUSTERS_ACROSS = 40
"""Below the closest zoom, places nearer than a 40th of a tile are one circle."""
FLOWS_PER_TILE = 650
"""About 120 bytes a line: a full tile stays below 100 kB before compression."""
FLOWS_IN_VIEW = {8: 4_000, 9: 12_000}
"""Lines of the whole view, so that no line ends at a tile's edge for want of room."""


def _curve(a: str, b: str, chords: int = 12) -> str:
    """SQL of a quadratic Bezier from point to point, written out chord by chord: a loop inside
    the query took five times as long.

    Its control point stands off the middle by 18 % of the length, always to the left, so that the
    two directions between a pair of towns stay apart.
    """
    ends = (f"ST_X({a})", f"ST_Y({a})", f"ST_X({b})", f"ST_Y({b})")
    return _bent(*ends, [i / chords for i in range(chords + 1)])


def _bent(ax: str, ay: str, bx: str, by: str, steps: list[float]) -> str:
    points = []
    for t in steps:
        start, end, side = (1 - t) * (1 - t) + t * (1 - t), t * t + t * (1 - t), 0.36 * t * (1 - t)
        points.append(
            f"ST_MakePoint({start!r} * {ax} + {end!r} * {bx} - {side!r} * ({by} - {ay}),"
            f" {start!r} * {ay} + {end!r} * {by} + {side!r} * ({bx} - {ax}))"
        )
    return f"ST_SetSRID(ST_MakeLine(ARRAY[{', '.join(points)}]), 3857)"


_WEIGHTS = """
    greatest(0, round(10 * log(greatest({cents}, 100) / 100.0)))::int AS weight,
    greatest(0, round(10 * log(greatest({kg}, 100) / 100.0)))::int AS mass
"""
"""Ten times log10 of EUR, and of tenths of a tonne: both run from 0 to about 70."""

_LINES_SQL = f"""
WITH visible AS ({{visible}}),
ends AS (
    SELECT uid, value_cents, base_quantity, inferred, delivered,
           ST_Transform(ST_SetSRID(ST_MakePoint(ax, ay), 4326), 3857) AS a,
           ST_Transform(ST_SetSRID(ST_MakePoint(bx, by), 4326), 3857) AS b
    FROM visible WHERE ax <> bx OR ay <> by
    ORDER BY inferred, value_cents DESC, uid LIMIT %(most)s
),
drawn AS MATERIALIZED (
    SELECT uid::text AS uid, inferred, delivered,
           {_WEIGHTS.format(cents="value_cents", kg="base_quantity")},
           ST_AsMVTGeom({_curve("a", "b")}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s),
                        {EXTENT}, 256, true) AS geom
    FROM ends
)
SELECT ST_AsMVT(drawn, '{{layer}}', {EXTENT}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""  # noqa: S608
_BUNDLES_SQL = f"""
WITH visible AS ({{visible}}),
bundle AS (
    SELECT offer_region_id, need_region_id, posted, count(*)::int AS exchanges,
           sum(value_cents) AS cents, sum(base_kg) AS kg
    FROM visible WHERE offer_region_id <> need_region_id GROUP BY 1, 2, 3
),
ends AS (
    SELECT here.code AS origin, there.code AS goal, NOT posted AS inferred, exchanges, cents, kg,
           ST_Transform(here.centre::geometry, 3857) AS a,
           ST_Transform(there.centre::geometry, 3857) AS b
    FROM bundle
    JOIN geo_region here ON here.id = offer_region_id
    JOIN geo_region there ON there.id = need_region_id
    WHERE here.centre IS NOT NULL AND there.centre IS NOT NULL
),
drawn AS MATERIALIZED (
    SELECT origin || '-' || goal AS corridor, inferred, exchanges,
           {_WEIGHTS.format(cents="cents", kg="kg")},
           ST_AsMVTGeom({_curve("a", "b")}, ST_TileEnvelope(%(z)s, %(x)s, %(y)s),
                        {EXTENT}, 256, true) AS geom
    FROM ends ORDER BY inferred, cents DESC LIMIT {BUNDLES}
)
SELECT ST_AsMVT(drawn, 'corridors', {EXTENT}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""  # noqa: S608
_COUNTS = """
    count(*) FILTER (WHERE side = 0)::int AS offers, count(*) FILTER (WHERE side = 1)::int AS needs,
    count(*) FILTER (WHERE posted)::int AS posted, (sum(base_kg) / 1000)::bigint AS tonnes
"""
_REGIONS_SQL = f"""
WITH visible AS ({{visible}}),
total AS (SELECT region_id, {_COUNTS} FROM visible GROUP BY region_id),
drawn AS MATERIALIZED (
    SELECT region.code, offers, needs, posted, tonnes,
           ST_AsMVTGeom(ST_Transform(region.centre::geometry, 3857),
                        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), {EXTENT}, 256, true) AS geom
    FROM total JOIN geo_region region ON region.id = region_id WHERE region.centre IS NOT NULL
)
SELECT ST_AsMVT(drawn, 'regions', {EXTENT}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""  # noqa: S608
_HEXAGONS_SQL = f"""
WITH visible AS ({{visible}}),
square AS MATERIALIZED (
    SELECT (floor(px / %(grain)s) + 0.5) * %(grain)s AS sx,
           (floor(py / %(grain)s) + 0.5) * %(grain)s AS sy, {_COUNTS},
           sum(base_kg) AS kg
    FROM visible GROUP BY 1, 2
),
total AS (
    SELECT q, r, sum(offers)::int AS offers, sum(needs)::int AS needs,
           sum(posted)::int AS posted, (sum(kg) / 1000)::bigint AS tonnes
    FROM square, {cell_columns("sx", "sy", "%(size)s")}
    GROUP BY q, r
),
drawn AS MATERIALIZED (
    SELECT offers, needs, posted, tonnes,
           ST_AsMVTGeom({cell_polygon("q", "r", "%(size)s")},
                        ST_TileEnvelope(%(z)s, %(x)s, %(y)s), {EXTENT}, 64, true) AS geom
    FROM total
)
SELECT ST_AsMVT(drawn, 'hexagons', {EXTENT}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""  # noqa: S608
_PLACES_SQL = f"""
WITH visible AS ({{visible}}),
grouped AS (
    SELECT ST_SetSRID(ST_MakePoint(avg(px), avg(py)), 3857) AS at, {_COUNTS},
           count(DISTINCT (px, py))::int AS places
    FROM visible GROUP BY floor(px / %(size)s), floor(py / %(size)s)
),
drawn AS MATERIALIZED (
    SELECT offers, needs, posted, tonnes, places,
           ST_AsMVTGeom(grouped.at, ST_TileEnvelope(%(z)s, %(x)s, %(y)s),
                        {EXTENT}, 64, true) AS geom
    FROM grouped ORDER BY posted DESC, places DESC LIMIT 2000
)
SELECT ST_AsMVT(drawn, 'places', {EXTENT}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""  # noqa: S608
_ENDS = {
    name: Func(
        F(f"{side}__public_location"),
        template=f"ST_{axis}(%(expressions)s::geometry)",
        output_field=FloatField(),
    )
    for name, side, axis in (
        ("ax", "offer", "X"),
        ("ay", "offer", "Y"),
        ("bx", "need", "X"),
        ("by", "need", "Y"),
    )
}
"""Degrees of a line's two ends, as plain numbers."""
_PLANE = {
    name: Func(F("at"), function=f"ST_{axis}", output_field=FloatField())
    for name, axis in (("px", "X"), ("py", "Y"))
}


def flows_tile(rows: MapRowQuerySet, allowed: ProposalQuerySet, tile: Tile) -> bytes:
    """Bundles between regions at low zoom, else curved lines from offer to need.

    ``rows`` are the narrowed MapFlow rows, ``allowed`` the proposals the viewer may see: no line is
    drawn that is not among them. Properties: ``inferred``, ``weight`` and ``mass`` (ten times log10
    of EUR and of tenths of a tonne); of a line its ``uid``; of a bundle ``corridor`` ("from-to")
    and ``exchanges``.
    """
    if tile.z < BUNDLED_BELOW_ZOOM:
        sides = ("offer_region_id", "need_region_id", "posted", "value_cents", "base_kg")
        visible, parameters = _sql(rows.order_by().values(*sides), "v")
        return _tile(_BUNDLES_SQL.format(visible=visible), parameters, tile)
    return lines_tile(allowed.filter(pk__in=_best(rows, tile)), tile)


def lines_tile(proposals: ProposalQuerySet, tile: Tile) -> bytes:
    """Curved lines of a few proposals, posted pairs first, then by value."""
    return _lines(proposals.annotate(delivered=Value(False)), tile, layer="flows")


def deals_tile(exchanges: ExchangeQuerySet, tile: Tile) -> bytes:
    """Curved lines of agreed exchanges the viewer may see; ``delivered`` where tonnes moved."""
    rows = exchanges.annotate(
        base_quantity=F("proposed_base"),
        inferred=Value(False),
        delivered=ExpressionWrapper(Q(delivered_base__gt=0), output_field=BooleanField()),
    )
    return _lines(rows, tile, layer="deals")


def _lines(rows: QuerySet[Any], tile: Tile, *, layer: str) -> bytes:
    shown = ("uid", "value_cents", "base_quantity", "inferred", "delivered")
    visible, parameters = _sql(rows.order_by().annotate(**_ENDS).values(*shown, *_ENDS), "v")
    sql = _LINES_SQL.format(visible=visible, layer=layer)
    return _tile(sql, parameters, tile, most=FLOWS_PER_TILE)


def _best(rows: MapRowQuerySet, tile: Tile) -> list[int]:
    """Ids of the lines that a tile shows, best first."""
    order = ("-posted", "-value_cents", "proposal_id")
    most = FLOWS_IN_VIEW.get(tile.z)
    if most:
        rows = MapFlow.objects.filter(pk__in=rows.order_by(*order)[:most].values("pk"))
    near = rows.filter(line__bboverlaps=_around(tile, 0.0625)).order_by(*order)
    return list(near.values_list("pk", flat=True)[:FLOWS_PER_TILE])


def places_tile(rows: MapRowQuerySet, tile: Tile) -> bytes:
    """Listings by region, then in hexagons, then by place; ``rows`` are narrowed MapPoint rows.

    Properties: counts of ``offers``, ``needs`` and ``posted`` listings, public ``tonnes``; of a
    region its ``code``; of a circle how many ``places`` it holds.
    """
    if tile.z < REGIONS_BELOW_ZOOM:
        visible, parameters = _sql(rows.order_by().values("region_id", *_COUNTED), "v")
        return _tile(_REGIONS_SQL.format(visible=visible), parameters, tile)
    width = bounds_metres(tile.z, tile.x, tile.y)
    metres = width.east - width.west
    near = rows.filter(at__bboverlaps=_around(tile, 0.1)).order_by()
    visible, parameters = _sql(near.values(*_COUNTED).annotate(**_PLANE), "v")
    if tile.z < HEXAGONS_BELOW_ZOOM:
        sql, size = _HEXAGONS_SQL, metres / HEXAGONS_ACROSS
    else:
        sql, size = _PLACES_SQL, 0.5 if tile.z == MAX_ZOOM else metres / CLUSTERS_ACROSS
    grain = size / SQUARES_IN_RADIUS
    return _tile(sql.format(visible=visible), parameters, tile, size=size, grain=grain)


_COUNTED = ("side", "posted", "base_kg")


def _around(tile: Tile, margin: float) -> Polygon:
    """A tile's square in EPSG:3857 with a margin given as a share of its width."""
    edge = bounds_metres(tile.z, tile.x, tile.y)
    out = (edge.east - edge.west) * margin
    box = Polygon.from_bbox((edge.west - out, edge.south - out, edge.east + out, edge.north + out))
    box.srid = 3857
    return box


def _sql(rows: QuerySet[Any, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """A query's SQL with its parameters renamed, so that they mix with named ones."""
    sql, values = rows.query.sql_with_params()
    names = [f"{prefix}{i}" for i in range(len(values))]
    return sql % tuple(f"%({name})s" for name in names), dict(zip(names, values, strict=True))


def _tile(sql: str, parameters: dict[str, Any], tile: Tile, **more: Any) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "z": tile.z, "x": tile.x, "y": tile.y, **more})
        return bytes(cursor.fetchone()[0])
