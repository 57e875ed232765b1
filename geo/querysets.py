"""Questions about places that read as sentences."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.db import models


class RegionQuerySet(models.QuerySet[Any]):
    def containing(self, point: Point, *, level: int = 3) -> RegionQuerySet:
        """Regions of a level whose polygon covers the point (one GiST look-up)."""
        return self.filter(level=level, geometry__covers=point)


class PlaceQuerySet(models.QuerySet[Any]):
    """The gazetteer."""
