"""/regions: countries, NUTS 1-3 regions and municipalities."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Q
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Label
from api.filters import Choice, Text, Texts
from api.resources import Listed, Readable, Resource
from api.v1.briefs import POINT, nullable, point
from geo.models import Region
from geo.selectors import regions, regions_with_shapes

LEVELS = {level.name.lower(): level for level in Region.Level}
GEOMETRY = {
    "type": ["object", "null"],
    "description": "GeoJSON MultiPolygon, longitude before latitude",
    "properties": {"type": {"type": "string"}, "coordinates": {"type": "array", "items": {}}},
}


class RegionAnswer(Answer):
    """A region of the tree."""

    id = serializers.CharField(source="code")
    label: Any = Label()
    level = serializers.SerializerMethodField()
    country = serializers.CharField()
    parent: Any = serializers.CharField(source="parent.code", default=None, allow_null=True)
    centre = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "enum": list(LEVELS)})
    def get_level(self, region: Region) -> str:
        return Region.Level(region.level).name.lower()

    @extend_schema_field(nullable(POINT))
    def get_centre(self, region: Region) -> dict[str, Any] | None:
        return None if region.centre is None else point(region.centre.x, region.centre.y)


class RegionWithShapeAnswer(RegionAnswer):
    """A region with its polygon and where the polygon comes from."""

    geometry = serializers.SerializerMethodField()
    source: Any = serializers.CharField()

    @extend_schema_field(GEOMETRY)
    def get_geometry(self, region: Region) -> Any:
        shape: GEOSGeometry | None = region.geometry
        return None if shape is None else json.loads(shape.json)


class RegionFilters(FilterSet):
    q = Text(method="matching")
    id__in = Texts(field_name="code", lookup_expr="in")
    country = Text()
    level = Choice(choices=list(LEVELS), method="by_level")
    parent: Any = Text(field_name="parent__code")

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(name_en__icontains=value) | Q(name_bg__icontains=value))

    def by_level(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(level=LEVELS[value])


class Regions(Listed, Readable, Resource):
    """Regions by code: NUTS where there is one."""

    scope = "regions"
    public_read = True
    filterset_class = RegionFilters
    orderings = {"id": ("code",)}
    default_ordering = "id"

    def get_serializer_class(self) -> Any:
        return RegionWithShapeAnswer if self.action == "retrieve" else RegionAnswer

    def visible(self) -> Any:
        return regions_with_shapes() if self.action == "retrieve" else regions()
