"""Questions about places that read as sentences."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.gis.geos import Point, Polygon
from django.db import models


class LocatedQuerySet(models.QuerySet[Any]):
    """Rows with a geography point in ``location_field``; distances are metres on the spheroid."""

    location_field = "location"

    def near(self, point: Point, *, metres: int) -> Self:
        """Within a distance of the point."""
        return self.filter(**{f"{self.location_field}__dwithin": (point, metres)})

    def within(self, region: Any) -> Self:
        """Inside a region's polygon."""
        return self.filter(**{f"{self.location_field}__coveredby": region.geometry})

    def in_bbox(self, west: float, south: float, east: float, north: float) -> Self:
        """Inside a box of WGS 84 degrees."""
        box = Polygon.from_bbox((west, south, east, north))
        return self.filter(**{f"{self.location_field}__coveredby": box})


class RegionQuerySet(models.QuerySet[Any]):
    def containing(self, point: Point, *, level: int = 3) -> RegionQuerySet:
        """Regions of a level whose polygon covers the point (one GiST look-up)."""
        return self.filter(level=level, geometry__covers=point)


class PlaceQuerySet(models.QuerySet[Any]):
    """The gazetteer."""
