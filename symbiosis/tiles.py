"""Vector tiles of the match map, built by PostGIS from what a viewer may already see.

The querysets that come in are narrowed by viewer and by the map's question; only their ids enter
the SQL, as a sub-query with bound parameters. Positions are ``public_location``: an anonymous
listing never leaves its grid cell's centre. Tile addresses follow the XYZ scheme in EPSG:3857.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import F, FloatField, Func, QuerySet

from geo.tilemath import Tile
from marketplace.listings.querysets import ListingQuerySet
from symbiosis.querysets import ProposalQuerySet

MAX_ZOOM = 14
EXTENT = 4096
FLOWS_PER_TILE = 650
"""About 120 bytes a line: a full tile stays below 100 kB before compression."""
FLOWS_BY_ZOOM = {0: 300, 1: 300, 2: 300, 3: 400, 4: 500, 5: 650, 6: 1_500, 7: 4_000, 8: 10_000}
"""Lines of the whole view at low zoom, so that no line ends at a tile's edge for want of room."""
GRID_BELOW_ZOOM = 10
GRID_CELLS = 48
PLACES_PER_TILE = 2_000


# ``curve``: a quadratic Bezier of 16 chords whose control point stands off the middle by 18 % of
# the length, always to the left, so that the two directions between a pair of towns stay apart.
_FLOWS_SQL = """
WITH visible AS ({visible}),
top AS MATERIALIZED (SELECT * FROM visible {best}),
area AS (
    SELECT mercator, ST_XMin(degrees) AS west, ST_XMax(degrees) AS east,
           ST_YMin(degrees) AS south, ST_YMax(degrees) AS north
    FROM (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS mercator,
                 ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.0625), 4326)
                     AS degrees) AS envelope
),
reaching AS (
    SELECT top.*, 0.15 * sqrt((ax - bx) ^ 2 + (ay - by) ^ 2) AS bulge FROM top
    WHERE ax <> bx OR ay <> by
),
near AS (
    SELECT uid, value_cents, inferred,
           ST_Transform(ST_SetSRID(ST_MakePoint(ax, ay), 4326), 3857) AS a,
           ST_Transform(ST_SetSRID(ST_MakePoint(bx, by), 4326), 3857) AS b
    FROM reaching, area
    WHERE greatest(ax, bx) + bulge >= west AND least(ax, bx) - bulge <= east
      AND greatest(ay, by) + bulge >= south AND least(ay, by) - bulge <= north
    ORDER BY inferred, value_cents DESC, uid
    LIMIT %(per_tile)s
),
curve AS (
    SELECT near.uid, near.value_cents, near.inferred, ST_SetSRID(ST_MakeLine(ARRAY(
        SELECT ST_MakePoint(
            (1 - t) ^ 2 * ST_X(a) + t ^ 2 * ST_X(b) + 2 * t * (1 - t)
                * ((ST_X(a) + ST_X(b)) / 2 - 0.18 * (ST_Y(b) - ST_Y(a))),
            (1 - t) ^ 2 * ST_Y(a) + t ^ 2 * ST_Y(b) + 2 * t * (1 - t)
                * ((ST_Y(a) + ST_Y(b)) / 2 + 0.18 * (ST_X(b) - ST_X(a))))
        FROM (SELECT i / 16.0 AS t FROM generate_series(0, 16) AS i) AS steps
    )), 3857) AS line
    FROM near
),
drawn AS (
    SELECT uid::text AS uid, inferred,
           greatest(0, round(10 * log(greatest(value_cents, 100) / 100.0)))::int AS weight,
           ST_AsMVTGeom(line, area.mercator, {extent}, 256, true) AS geom
    FROM curve, area
)
SELECT ST_AsMVT(drawn, 'flows', {extent}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""

_BEST = "ORDER BY inferred, value_cents DESC, uid LIMIT %(most)s"
_PLACES_SQL = """
WITH visible_offers AS ({offers}), visible_needs AS ({needs}),
area AS (
    SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS mercator,
           ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 0.02), 4326)::geography
               AS around
),
listing AS (
    SELECT o.public_location::geometry AS at, 1 AS offers, 0 AS needs,
           (o.origin = 'posted')::int AS posted
    FROM marketplace_offer o JOIN visible_offers v ON v.id = o.id, area
    WHERE o.public_location && area.around
    UNION ALL
    SELECT n.public_location::geometry, 0, 1, (n.origin = 'posted')::int
    FROM marketplace_need n JOIN visible_needs v ON v.id = n.id, area
    WHERE n.public_location && area.around
),
placed AS (
    SELECT ST_Transform(at, 3857) AS at, sum(offers) AS offers, sum(needs) AS needs,
           sum(posted) AS posted
    FROM listing GROUP BY listing.at
),
grouped AS (
    SELECT ST_SetSRID(ST_MakePoint(avg(ST_X(at)), avg(ST_Y(at))), 3857) AS at,
           sum(offers)::int AS offers, sum(needs)::int AS needs, sum(posted)::int AS posted,
           count(*)::int AS places
    FROM placed
    GROUP BY floor(ST_X(at) / %(cell)s), floor(ST_Y(at) / %(cell)s)
    ORDER BY posted DESC, places DESC
    LIMIT {most}
),
drawn AS (
    SELECT offers, needs, posted, places,
           ST_AsMVTGeom(grouped.at, area.mercator, {extent}, 64, true) AS geom
    FROM grouped, area
)
SELECT ST_AsMVT(drawn, 'places', {extent}, 'geom') FROM drawn WHERE geom IS NOT NULL
"""
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
_WORLD_METRES = 40_075_016.685578488


def flows_tile(proposals: ProposalQuerySet, tile: Tile) -> bytes:
    """Curved lines from offer to need, posted pairs first, then by value.

    Properties: ``uid``, ``inferred``, ``weight`` = ten times log10 of the value in EUR.
    """
    ends = proposals.order_by().annotate(**_ENDS)
    visible, parameters = _sql(ends.values("uid", "value_cents", "inferred", *_ENDS), "v")
    most = FLOWS_BY_ZOOM.get(tile.z)
    sql = _FLOWS_SQL.format(visible=visible, extent=EXTENT, best=_BEST if most else "")
    return _tile(sql, parameters, tile, most=most, per_tile=FLOWS_PER_TILE)


def places_tile(offers: ListingQuerySet, needs: ListingQuerySet, tile: Tile) -> bytes:
    """Places with listings; below zoom 10 grouped in squares of a 48th of a tile.

    Properties: counts of ``offers``, ``needs``, ``posted`` listings and ``places`` in the square.
    """
    offer_sql, offer_parameters = _ids(offers, "o")
    need_sql, need_parameters = _ids(needs, "n")
    sql = _PLACES_SQL.format(offers=offer_sql, needs=need_sql, extent=EXTENT, most=PLACES_PER_TILE)
    tile_metres = _WORLD_METRES / 2**tile.z
    cell = tile_metres / GRID_CELLS if tile.z < GRID_BELOW_ZOOM else 0.5
    return _tile(sql, offer_parameters | need_parameters, tile, cell=cell)


def _ids(rows: QuerySet[Any], prefix: str) -> tuple[str, dict[str, Any]]:
    return _sql(rows.order_by().values("id"), prefix)


def _sql(rows: QuerySet[Any, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """A query's SQL with its parameters renamed, so that they mix with named ones."""
    sql, values = rows.query.sql_with_params()
    names = [f"{prefix}{i}" for i in range(len(values))]
    return sql % tuple(f"%({name})s" for name in names), dict(zip(names, values, strict=True))


def _tile(sql: str, parameters: dict[str, Any], tile: Tile, **more: Any) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "z": tile.z, "x": tile.x, "y": tile.y, **more})
        return bytes(cursor.fetchone()[0])
