"""Questions about places that read as sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import GEOSGeometry, Point, Polygon
from django.contrib.gis.measure import D
from django.db import models
from django.db.models import F, Func, Q

from geo.coordinates import WGS84, checked_area, checked_bounds, checked_point
from geo.errors import RegionWithoutShape

if TYPE_CHECKING:
    from geo.models import Region


class _Planar(Func):
    """A geography read as plane longitude and latitude, as region borders are drawn."""

    template = "(%(expressions)s)::geometry"


class _Ordinate(Func):
    output_field = models.FloatField()


class _GeographicDistance(Func):
    """Metres on the ellipsoid between two planar geometries."""

    function = "ST_Distance"
    template = "ST_Distance((%(expressions)s)"
    arg_joiner = ")::geography, ("
    output_field = models.FloatField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, **context)
        return f"{sql}::geography)", list(params)


class _CoveredBy(Func):
    function = "ST_CoveredBy"
    output_field = models.BooleanField()


def _plane(shape: GEOSGeometry) -> models.Value:
    """A literal geometry for the planar functions."""
    return models.Value(shape, output_field=GeometryField(srid=WGS84))


def _bulge_degrees(south: float, north: float, width: float) -> float:
    """How far (degrees) a great circle strays from a parallel over `width` degrees of longitude.

    The exact latitude of the arc's middle is atan(tan(lat) / cos(width / 2)).
    """
    lat = min(max(abs(south), abs(north)), 89.0)
    half = math.radians(min(width, 170.0)) / 2
    middle = math.degrees(math.atan(math.tan(math.radians(lat)) / math.cos(half)))
    return middle - lat + 1e-6


def reach_degrees(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """A box of degrees that holds every point within `metres`: west, south, east, north."""
    tall = metres / 110_000
    wide = tall / max(0.01, math.cos(math.radians(min(89.0, abs(lat) + tall))))
    return lon - wide, max(-90.0, lat - tall), lon + wide, min(90.0, lat + tall)


class LocatedQuerySet(models.QuerySet[Any]):
    """Rows with a geography point; mix it into any model's queryset.

    `location_field` names the point's field, through relations if need be ("site__location").
    Every method takes GEOS objects or plain floats only: text or mappings never reach a spatial
    look-up.
    """

    location_field: ClassVar[str] = "location"

    def near(self, point: Point, *, metres: float) -> Self:
        """Rows within `metres` of the point on the ellipsoid (ST_DWithin, one GiST look-up)."""
        if not math.isfinite(metres) or metres < 0:
            raise ValueError("metres must be a finite number, zero or more")
        return self.filter(
            **{f"{self.location_field}__dwithin": (checked_point(point), D(m=metres))}
        )

    def nearest_first(self, point: Point) -> Self:
        """Annotates `distance` (a Distance measured on the ellipsoid) and sorts by it, then key."""
        return self.annotate(distance=Distance(self.location_field, checked_point(point))).order_by(
            "distance", "pk"
        )

    def within(self, area: Any) -> Self:
        """Rows inside a WGS 84 polygon or a Region's polygon, its border included.

        Edges are straight in longitude and latitude, as drawn on a map; the index narrows by the
        box around the polygon first. Raises RegionWithoutShape for a region with no polygon.
        """
        shape = checked_area(_shape_of(area))
        return (
            self.in_bbox(*shape.extent)
            .alias(_inside=_CoveredBy(_Planar(F(self.location_field)), _plane(shape)))
            .filter(_inside=True)
        )

    def in_bbox(self, west: float, south: float, east: float, north: float) -> Self:
        """Rows with west <= longitude <= east and south <= latitude <= north, in degrees.

        The geography index knows great circles, so the look-up uses a box widened by the most a
        great circle strays from its parallel; the exact comparison follows.
        """
        west, south, east, north = checked_bounds(west, south, east, north)
        pad = _bulge_degrees(south, north, east - west)
        box = Polygon.from_bbox((west, max(-90.0, south - pad), east, min(90.0, north + pad)))
        box.srid = WGS84
        lon, lat = self._ordinates()
        return (
            self.filter(**{f"{self.location_field}__bboverlaps": box})
            .alias(_lon=lon, _lat=lat)
            .filter(_lon__gte=west, _lon__lte=east, _lat__gte=south, _lat__lte=north)
        )

    def with_coordinates(self) -> Self:
        """Rows with ``longitude`` and ``latitude`` in degrees, for whoever needs no geometry."""
        lon, lat = self._ordinates()
        return self.annotate(longitude=lon, latitude=lat)

    def _ordinates(self) -> tuple[_Ordinate, _Ordinate]:
        planar = _Planar(F(self.location_field))
        return _Ordinate(planar, function="ST_X"), _Ordinate(planar, function="ST_Y")


def _shape_of(area: Any) -> object:
    """The polygon of a Region, or whatever was given."""
    if not hasattr(area, "geometry"):
        return area
    if area.geometry is None:
        raise RegionWithoutShape(area.code)
    return area.geometry


class RegionQuerySet(models.QuerySet["Region"]):
    """The tree of regions."""

    def without_shapes(self) -> Self:
        """Rows without their polygons, which are large."""
        return self.defer("geometry")

    def containing(self, point: Point, *, level: int = 3) -> Self:
        """Regions of a level whose polygon covers the point, its border included.

        One look-up in the (level, geometry) index; by code, so that a point on a border always
        belongs to the same side.
        """
        found = self.filter(level=level, geometry__covers=checked_point(point))
        return found.order_by("code")

    def within_reach(self, point: Point, *, metres: float, level: int = 3) -> Self:
        """Regions of a level whose polygon comes within `metres`, nearest first, with `gap_m`."""
        point = checked_point(point)
        box = Polygon.from_bbox(reach_degrees(point.x, point.y, metres))
        box.srid = WGS84
        return (
            self.filter(level=level, geometry__bboverlaps=box)
            .annotate(gap_m=_GeographicDistance(F("geometry"), _plane(point)))
            .filter(gap_m__lte=metres)
            .order_by("gap_m", "code")
        )

    def under(self, region: Region) -> Self:
        """The region itself and everything below it in the tree."""
        below = Q(parent=region) | Q(parent__parent=region)
        deeper = Q(parent__parent__parent=region) | Q(parent__parent__parent__parent=region)
        return self.filter(Q(pk=region.pk) | below | deeper)


class PlaceQuerySet(LocatedQuerySet):
    """The gazetteer."""

    def spelt(self, key: str) -> Self:
        """Places one of whose folded spellings is `key` (GIN look-up)."""
        return self.filter(search_keys__contains=[key])

    def in_country(self, country: str) -> Self:
        """Places of an ISO country."""
        return self.filter(country=country)
