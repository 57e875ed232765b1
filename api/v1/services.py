"""/services: processing, transport, storage, laboratory work and advice."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Moment, euros, plain
from api.filters import Choice, Instant, MineFilterSet, NearbyFilterSet, PublicId, Text
from api.resources import Listed, Readable, Resource
from api.v1.briefs import (
    MONEY,
    POINT,
    MaterialBrief,
    OrganisationBrief,
    RegionBrief,
    SiteBrief,
    point,
)
from marketplace.listings.models import ListingStatus, Service
from marketplace.listings.selectors import services_visible_to
from marketplace.units import BASE_UNIT, PRICE_UNIT, ResourceKind

KINDS = list(Service.Kind.values)
_CAPACITY = {
    "type": ["object", "null"],
    "required": ["value", "unit", "basis"],
    "properties": {
        "value": {"type": "string"},
        "unit": {"type": "string"},
        "basis": {"type": "string", "const": "year"},
    },
}


class ServiceAnswer(Answer):
    """A service that helps an exchange along."""

    id = serializers.CharField(source="public_id")
    kind = serializers.ChoiceField(choices=KINDS)
    title = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=ListingStatus.values)
    organisation = OrganisationBrief()
    site = SiteBrief()
    location = serializers.SerializerMethodField()
    region = RegionBrief(source="site.region", allow_null=True)
    input_material = MaterialBrief(allow_null=True)
    output_material = MaterialBrief(allow_null=True)
    capacity = serializers.SerializerMethodField()
    yield_ratio = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField()
    permitted_codes = serializers.SerializerMethodField()
    fictional = serializers.BooleanField(source="is_demo")
    created_at = Moment()
    updated_at = Moment()

    @extend_schema_field(POINT)
    def get_location(self, service: Service) -> dict[str, Any]:
        return point(service.site.location.x, service.site.location.y)

    @extend_schema_field(_CAPACITY)
    def get_capacity(self, service: Service) -> dict[str, str] | None:
        if service.base_capacity is None or service.input_material is None:
            return None
        unit = BASE_UNIT[ResourceKind(service.input_material.kind)]
        return {"value": str(service.base_capacity), "unit": unit, "basis": "year"}

    def get_yield_ratio(self, service: Service) -> str:
        return plain(service.yield_ratio)

    @extend_schema_field(MONEY)
    def get_cost(self, service: Service) -> dict[str, str] | None:
        if service.cost_cents is None or service.input_material is None:
            return None
        per = PRICE_UNIT[ResourceKind(service.input_material.kind)]
        return {"amount": euros(service.cost_cents), "currency": "EUR", "per": per}

    def get_permitted_codes(self, service: Service) -> list[str]:
        return sorted(code.code for code in service.permitted_codes.all())


class ServiceFilters(NearbyFilterSet, MineFilterSet):
    kind = Choice(choices=KINDS)
    organisation = PublicId(field_name="organisation__uid", prefix="org")
    region = Text(field_name="site__region__code", lookup_expr="startswith")
    input_material = Text(field_name="input_material__code")
    output_material = Text(field_name="output_material__code")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")


class Services(Listed, Readable, Resource):
    """Open services, and your own closed ones."""

    scope = "services"
    public_read = True
    id_prefix = "service"
    serializer_class = ServiceAnswer
    filterset_class = ServiceFilters
    orderings = {"created_at": ("id",), "updated_at": ("updated_at", "id")}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return services_visible_to(self.viewer)
