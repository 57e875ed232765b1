"""/services: processing, transport, storage, laboratory work and advice."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.concurrency import expected_version
from api.fields import Answer, Ask, Exactly, Moment, Word, Words, euros, plain
from api.filters import Choice, Instant, MineFilterSet, NearbyFilterSet, PublicId, Text
from api.idempotency import once
from api.problems import INVALID, FieldError
from api.refusals import ApiError
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
from api.v1.listing_forms import UNIT_NAMES, Gone, GoneAnswer, MoneyAsk
from api.v1.listings import EXPANSIONS
from api.v1.references import MaterialRef, OwnSiteRef, WasteCodeRef
from marketplace.listings.models import ListingStatus, Service
from marketplace.listings.offered_services import ServiceDraft, offer_service, revise_service
from marketplace.listings.selectors import services_visible_to
from marketplace.units import BASE_UNIT, PRICE_UNIT, ResourceKind, to_base

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
    external_id = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()

    def to_representation(self, service: Service | Gone) -> Any:
        if isinstance(service, Gone):
            return GoneAnswer(service).data
        return super().to_representation(service)

    def get_external_id(self, service: Service) -> str:
        own = self.context["viewer"].acts_for(service.organisation_id)
        return service.external_id if own else ""

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


class CapacityAsk(Ask):
    """What the process takes in a year."""

    value = Exactly(digits=20, places=6)
    unit = Word(choices=UNIT_NAMES)
    basis = Word(choices=["year"], default="year")


class ServiceAsk(Ask):
    """A service; processing also names its two materials, capacity and cost."""

    read_only_names = frozenset(ServiceAnswer._declared_fields)

    site = OwnSiteRef()
    kind = Word(choices=KINDS)
    title = Words(max_length=200)
    description = Words(max_length=5_000, allow_blank=True, required=False)
    input_material = MaterialRef(allow_null=True, required=False)
    output_material = MaterialRef(allow_null=True, required=False)
    capacity = CapacityAsk(allow_null=True, required=False)
    yield_ratio = Exactly(digits=6, places=4, required=False)
    cost = MoneyAsk(allow_null=True, required=False)
    permitted_codes = serializers.ListField(child=WasteCodeRef(), max_length=200, required=False)
    external_id = Words(max_length=120, allow_blank=True, required=False)
    status = Word(choices=ListingStatus.values, required=False)


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

    expandable: ClassVar = {name: EXPANSIONS[name] for name in ("organisation", "site")}

    def visible(self) -> Any:
        keeping_in_step = self.action == "list" and "updated_since" in self.request.query_params
        return services_visible_to(self.viewer, gone_too=keeping_in_step)

    def present(self, row: Service) -> Service | Gone:
        mine = self.viewer.secretariat or self.viewer.acts_for(row.organisation_id)
        return row if mine or row.status == ListingStatus.OPEN else Gone(row.public_id, "service")

    @extend_schema(
        responses=PolymorphicProxySerializer(
            component_name="ServiceOrGone",
            serializers=[ServiceAnswer, GoneAnswer],
            resource_type_field_name=None,
            many=True,
        )
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(request=ServiceAsk, responses={201: ServiceAnswer})
    def create(self, request: Request) -> Response:
        draft = ServiceDraft(**_changes_of(self.parsed(ServiceAsk), None))
        return once(request, lambda: self._offered(draft))

    @extend_schema(request=ServiceAsk, responses=ServiceAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        service = self.one(public_id)
        changes = _changes_of(self.parsed(ServiceAsk, partial=True), service.input_material)
        return self._revised(service, changes, version)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        self._revised(self.one(public_id), {"status": ListingStatus.WITHDRAWN}, version)
        return Response(status=204)

    def _offered(self, draft: ServiceDraft) -> Response:
        made = offer_service(viewer=self.viewer, draft=draft)
        location = f"/api/v1/services/{made.public_id}"
        return self.answer(self.one(made.public_id), status=201, location=location)

    def _revised(self, service: Service, changes: dict[str, Any], version: int | None) -> Response:
        revise_service(
            viewer=self.viewer, service=service, changes=changes, expected_version=version
        )
        return self.answer(self.one(service.public_id))


class ServicesByExternalId(Services):
    """Your services under your own ids: PUT makes or replaces."""

    public_read = False
    own_parameters: ClassVar = {"retrieve_own": frozenset({"organisation"})}

    def retrieve_own(self, request: Request, external_id: str) -> Response:
        return self.answer(self.held(self.visible(), external_id))

    @extend_schema(request=ServiceAsk, responses={200: ServiceAnswer, 201: ServiceAnswer})
    def upsert(self, request: Request, external_id: str) -> Response:
        values = {**self.parsed(ServiceAsk), "external_id": external_id}
        draft = ServiceDraft(**_changes_of(values, None))
        return once(request, lambda: self._upserted(request, draft))

    def _upserted(self, request: Request, draft: ServiceDraft) -> Response:
        own = self.visible().filter(organisation_id=draft.site.organisation_id)
        found = own.filter(external_id=draft.external_id).first()
        if found is None:
            return self._offered(draft)
        version = expected_version(request) if "If-Match" in request.headers else None
        whole = {item.name: getattr(draft, item.name) for item in fields(draft)}
        return self._revised(found, whole, version)


def _changes_of(values: dict[str, Any], material: Any) -> dict[str, Any]:
    """Validated values of a service's body in the words of ``ServiceDraft``; ``material`` is the
    input as it stands, by whose kind a capacity's unit is read."""
    changes = dict(values)
    if "capacity" in changes:
        capacity = changes.pop("capacity")
        material = changes.get("input_material", material)
        changes["base_capacity"] = None if capacity is None else _base(capacity, material)
    if "cost" in changes:
        cost = changes.pop("cost")
        changes["cost_cents"] = None if cost is None else int(cost["amount"] * 100)
    if "permitted_codes" in changes:
        changes["permitted_codes"] = tuple(changes["permitted_codes"])
    return changes


def _base(capacity: dict[str, Any], material: Any) -> int:
    if material is None:
        fault = FieldError("required", _("A capacity needs its input."), "/input_material")
        raise ApiError(INVALID, errors=(fault,))
    return to_base(
        capacity["value"],
        capacity["unit"],
        ResourceKind(material.kind),
        density_kg_m3=material.density_kg_m3,
        field="capacity.value",
    )
