"""The only door by which numbers become geometries.

GeoDjango accepts strings and dicts in spatial look-ups and hands them to GDAL, which can read and
write files. Nothing of the sort passes here: coordinates are finite floats, areas are GEOS objects.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.utils.translation import gettext as _

from geo.errors import InvalidBounds, InvalidCoordinates

WGS84 = 4326
Area: TypeAlias = Polygon | MultiPolygon


def check_degrees(lon: float, lat: float) -> None:
    """Raise InvalidCoordinates, naming the fault, unless both are plain numbers in range."""
    for name, value, limit in ((_("longitude"), lon, 180), (_("latitude"), lat, 90)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidCoordinates(_("%(field)s must be a number") % {"field": name})
        if not math.isfinite(value) or abs(value) > limit:
            raise InvalidCoordinates(
                _("%(field)s must lie between -%(limit)d and %(limit)d degrees")
                % {"field": name, "limit": limit}
            )


def as_point(lon: float, lat: float) -> Point:
    """WGS 84 point of two plain numbers in degrees; raises InvalidCoordinates naming the fault."""
    check_degrees(lon, lat)
    return Point(float(lon), float(lat), srid=WGS84)


def checked_point(point: object) -> Point:
    """The same point if it is a WGS 84 GEOS point with usable coordinates; TypeError otherwise."""
    if not isinstance(point, Point) or point.srid != WGS84:
        raise TypeError("a WGS 84 Point is needed, not text, a mapping or another geometry")
    return as_point(point.x, point.y)


def checked_area(area: object) -> Area:
    """The same polygon if it is a WGS 84 GEOS polygon; TypeError otherwise."""
    if not isinstance(area, GEOSGeometry) or not isinstance(area, Polygon | MultiPolygon):
        raise TypeError("a WGS 84 Polygon or MultiPolygon is needed, not text or a mapping")
    if area.srid != WGS84:
        raise TypeError("the polygon must be in WGS 84")
    return area


def checked_bounds(
    west: float, south: float, east: float, north: float
) -> tuple[float, float, float, float]:
    """The four edges in degrees, in order and in range; raises InvalidBounds."""
    try:
        as_point(west, south)
        as_point(east, north)
    except InvalidCoordinates as error:
        raise InvalidBounds(str(error)) from error
    if west >= east or south >= north:
        raise InvalidBounds(_("west must be less than east and south less than north"))
    return float(west), float(south), float(east), float(north)
