"""Plane coordinates of points, reckoned by PostGIS, for a fixed list of reference systems.

A reference system is an integer of the list and nothing else: no text of a user reaches the
database's or GDAL's readers of definitions.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from geo.coordinates import WGS84

KNOWN = frozenset({WGS84, 3857, 3035, 7801, 32635})
"""WGS 84, web maps, the European grid (LAEA), Bulgaria 2005 (CCS), UTM 35N."""

Pair = tuple[float, float]
Bounds = tuple[float, float, float, float]


def projected(points: Sequence[Pair], srid: int) -> list[Pair]:
    """Longitude and latitude as easting and northing, in their order."""
    _check(srid)
    if srid == WGS84 or not points:
        return list(points)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT nr, ST_Transform("
            "ST_SetSRID(ST_MakePoint(lon, lat), 4326), %s) AS p"
            " FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS t(lon, lat, nr)) AS q"
            " ORDER BY nr",
            [srid, [lon for lon, _lat in points], [lat for _lon, lat in points]],
        )
        return [(float(x), float(y)) for x, y in cursor.fetchall()]


def degrees_around(bounds: Bounds, srid: int) -> Bounds:
    """The smallest box of degrees that holds a box of easting and northing, edges followed."""
    _check(srid)
    if srid == WGS84:
        return bounds
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Transform("
            "ST_Segmentize(ST_MakeEnvelope(%s, %s, %s, %s, %s), greatest(%s, 1)), 4326) AS e) q",
            [*bounds, srid, (bounds[2] - bounds[0] + bounds[3] - bounds[1]) / 40],
        )
        west, south, east, north = cursor.fetchone()
    return float(west), float(south), float(east), float(north)


def _check(srid: int) -> None:
    if srid not in KNOWN:
        raise ValueError(f"{srid} is not a known reference system")
