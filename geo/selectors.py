"""Which region a point lies in, and where a region stands in the tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection

from geo.coordinates import check_degrees
from geo.errors import UnknownRegion
from geo.models import Region
from geo.querysets import RegionQuerySet, reach_degrees

COAST_TOLERANCE_METRES = 3_000.0
"""A quay or a river bank may lie this far outside a generalised border and still belong."""


def regions() -> RegionQuerySet:
    """The whole tree with parents, without polygons."""
    return Region.objects.select_related("parent").defer("geometry", "parent__geometry")


def regions_with_shapes() -> RegionQuerySet:
    """The whole tree with parents and polygons, which are large."""
    return Region.objects.select_related("parent").defer("parent__geometry")


def region_by_code(code: str) -> Region:
    """The region of a code, without its polygon; raises UnknownRegion."""
    region = Region.objects.without_shapes().filter(code=code).first()
    if region is None:
        raise UnknownRegion(code)
    return region


def region_of_point(
    point: Point, *, level: int = Region.Level.NUTS3, country: str = ""
) -> Region | None:
    """Region of a level that covers the point, or the nearest within the coast tolerance.

    One indexed query; a second one only for points that no polygon covers. `country` (ISO) keeps
    the answer inside a country the caller already knows. None where no polygon is near enough.
    """
    regions = Region.objects.without_shapes()
    if country:
        regions = regions.filter(country=country)
    covering = regions.containing(point, level=level).first()
    if covering is not None:
        return covering
    return regions.within_reach(point, metres=COAST_TOLERANCE_METRES, level=level).first()


_BATCH_SQL = """
SELECT point.place, COALESCE(inside.id, beside.id)
FROM (
    SELECT given.place, given.country, ST_SetSRID(ST_MakePoint(given.lon, given.lat), 4326) AS at,
           ST_MakeEnvelope(given.west, given.south, given.east, given.north, 4326) AS reach
    FROM unnest(%(lon)s::float8[], %(lat)s::float8[], %(country)s::text[], %(west)s::float8[],
                %(south)s::float8[], %(east)s::float8[], %(north)s::float8[])
         WITH ORDINALITY AS given (lon, lat, country, west, south, east, north, place)
) AS point
LEFT JOIN LATERAL (
    SELECT region.id FROM geo_region AS region
    WHERE region.level = %(level)s AND ST_Covers(region.geometry, point.at)
      AND (point.country = '' OR region.country = point.country)
    ORDER BY region.code LIMIT 1
) AS inside ON true
LEFT JOIN LATERAL (
    SELECT region.id,
           ST_Distance(region.geometry::geography, point.at::geography) AS gap_m
    FROM geo_region AS region
    WHERE inside.id IS NULL AND region.level = %(level)s AND region.geometry && point.reach
      AND (point.country = '' OR region.country = point.country)
    ORDER BY gap_m, region.code LIMIT 1
) AS beside ON beside.gap_m <= %(tolerance)s
"""


def regions_for_points(
    lons: Sequence[float],
    lats: Sequence[float],
    *,
    countries: Sequence[str] | None = None,
    level: int = Region.Level.NUTS3,
) -> list[Region | None]:
    """`region_of_point` for many points in one query; same rule, same ties, same order."""
    if len(lons) != len(lats) or (countries is not None and len(countries) != len(lons)):
        raise ValueError("longitudes, latitudes and countries must be equally long")
    for lon, lat in zip(lons, lats, strict=True):
        check_degrees(lon, lat)
    reaches = [
        reach_degrees(lon, lat, COAST_TOLERANCE_METRES) for lon, lat in zip(lons, lats, strict=True)
    ]
    arguments: dict[str, Any] = {
        "lon": [float(v) for v in lons],
        "lat": [float(v) for v in lats],
        "country": [""] * len(lons) if countries is None else list(countries),
        "level": int(level),
        "tolerance": COAST_TOLERANCE_METRES,
    }
    for place, side in enumerate(("west", "south", "east", "north")):
        arguments[side] = [reach[place] for reach in reaches]
    with connection.cursor() as cursor:
        cursor.execute(_BATCH_SQL, arguments)
        found = {place: pk for place, pk in cursor.fetchall() if pk is not None}
    regions = Region.objects.without_shapes().in_bulk(set(found.values()))
    return [regions[found[i]] if i in found else None for i in range(1, len(lons) + 1)]


def path_of(region: Region) -> list[Region]:
    """The region's ancestors and itself, country first, without polygons; two queries."""
    up = [f"{'parent__' * height}pk" for height in range(5)]
    above = Region.objects.filter(pk=region.pk).values_list(*up).first() or ()
    found = Region.objects.without_shapes().in_bulk([pk for pk in above if pk is not None])
    return sorted(found.values(), key=lambda r: r.level)
