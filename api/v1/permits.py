"""/permits: papers that your firm holds, by which the legality of exchanges is judged."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.concurrency import expected_version
from api.fields import Answer, Ask, CalendarDay, Exactly, Moment, Word, Words, plain
from api.filters import Choice, Day, Flag, Instant, Text
from api.filters import PublicId as IdFilter
from api.idempotency import once
from api.resources import Listed, Readable, Resource
from api.v1.briefs import MaterialBrief, OrganisationBrief, SiteBrief
from api.v1.references import MaterialRef, OwnOrganisationRef, OwnSiteRef, WasteCodeRef
from marketplace.deliveries.models import OPERATIONS
from marketplace.firms.models import Organisation
from marketplace.firms.permit_services import (
    PermitDraft,
    record_permit,
    revise_permit,
    withdraw_permit,
)
from marketplace.firms.permits import Permit
from marketplace.firms.selectors import permits_visible_to

KINDS = list(Permit.Kind.values)
OPERATION_CODES = [code for code, _label in OPERATIONS]
HAZARDS = [f"HP{number}" for number in range(1, 16)]
_KG = Decimal(1000)
_CODES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["code", "tonnes_per_year"],
        "properties": {
            "code": {"type": "string"},
            "tonnes_per_year": {"type": ["string", "null"]},
        },
    },
    "description": "Waste codes covered, with tonnes a year; null sets no limit.",
}


class PermitAnswer(Answer):
    """A paper on record; without a site it speaks for the whole organisation."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    organisation = OrganisationBrief()
    site = SiteBrief(allow_null=True)
    kind = serializers.ChoiceField(choices=KINDS)
    number = serializers.CharField()
    authority = serializers.CharField()
    country = serializers.CharField()
    codes: Any = serializers.SerializerMethodField()
    operations = serializers.ListField(child=serializers.CharField())
    hazard_properties = serializers.ListField(child=serializers.CharField())
    materials = MaterialBrief(many=True)
    valid_from = CalendarDay(allow_null=True)
    valid_until = CalendarDay(allow_null=True)
    withdrawn_on = CalendarDay(allow_null=True)
    standing = serializers.SerializerMethodField()
    fictional = serializers.BooleanField(source="is_demo")
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()

    @extend_schema_field({"type": "string", "const": "permit"})
    def get_object(self, permit: Permit) -> str:
        return "permit"

    @extend_schema_field({"type": "string", "enum": list(Permit.Standing.values)})
    def get_standing(self, permit: Permit) -> str:
        return permit.standing_on(timezone.localdate()).value

    @extend_schema_field(_CODES)
    def get_codes(self, permit: Permit) -> list[dict[str, str | None]]:
        lines = sorted(permit.codes.all(), key=lambda line: line.waste_code.code)
        return [
            {"code": line.waste_code.code, "tonnes_per_year": _tonnes(line.kg_per_year)}
            for line in lines
        ]


def _tonnes(kg: int | None) -> str | None:
    return None if kg is None else plain(Decimal(kg) / _KG)


class PermittedCodeAsk(Ask):
    """A waste code that a paper covers; no figure, or null, sets no limit."""

    code = WasteCodeRef()
    tonnes_per_year = Exactly(digits=15, places=3, allow_null=True, required=False)


class PermitRevisionAsk(Ask):
    """What a paper says; it stays with its organisation."""

    read_only_names = frozenset(PermitAnswer._declared_fields)

    site = OwnSiteRef(allow_null=True, required=False)
    kind = Word(choices=KINDS)
    number = Words(max_length=80)
    authority = Words(max_length=200, allow_blank=True, required=False)
    country = Words(min_length=2, max_length=2, required=False)
    codes = serializers.ListField(child=PermittedCodeAsk(), max_length=1_000, required=False)
    operations = serializers.ListField(
        child=Word(choices=OPERATION_CODES), max_length=28, required=False
    )
    hazard_properties = serializers.ListField(
        child=Word(choices=HAZARDS), max_length=15, required=False
    )
    materials = serializers.ListField(child=MaterialRef(), max_length=200, required=False)
    valid_from = CalendarDay(allow_null=True, required=False)
    valid_until = CalendarDay(allow_null=True, required=False)


class PermitAsk(PermitRevisionAsk):
    """A paper of your organisation, to be named only where you act for several."""

    organisation = OwnOrganisationRef(required=False)


class PermitWithdrawalAsk(Ask):
    """From which day the paper no longer counts; today where none is named."""

    on = CalendarDay(required=False)


class PermitFilters(FilterSet):
    kind = Choice(choices=KINDS)
    organisation = IdFilter(field_name="organisation__uid", prefix="org")
    waste_code = Text(field_name="codes__waste_code__code")
    in_force = Flag(method="counting")
    valid_until__lte = Day(field_name="valid_until", lookup_expr="lte")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def counting(self, queryset: Any, name: str, value: bool) -> Any:
        today = timezone.localdate()
        return queryset.in_force(today) if value else queryset.not_in_force(today)


class Permits(Listed, Readable, Resource):
    """Permits, registrations, decisions and certificates of your organisations."""

    scope = "permits"
    id_prefix = "permit"
    serializer_class = PermitAnswer
    filterset_class: ClassVar[Any] = PermitFilters
    conditional: ClassVar = {"withdraw": True}
    orderings = {
        "created_at": ("id",),
        "valid_until": ("valid_until", "id"),
        "updated_at": ("updated_at", "id"),
    }
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return permits_visible_to(self.viewer)

    @extend_schema(request=PermitAsk, responses={201: PermitAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(PermitAsk)
        organisation = values.pop("organisation", None) or self.only_organisation()
        draft = PermitDraft(**_changes_of(values))
        return once(request, lambda: self._recorded(organisation, draft))

    @extend_schema(request=PermitRevisionAsk, responses=PermitAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        permit = self.one(public_id)
        changes = _changes_of(self.parsed(PermitRevisionAsk, partial=True))
        revise_permit(viewer=self.viewer, permit=permit, changes=changes, expected_version=version)
        return self.answer(self.one(public_id))

    @extend_schema(request=PermitWithdrawalAsk, responses=PermitAnswer)
    def withdraw(self, request: Request, public_id: str) -> Response:
        """The paper was revoked or given up; it stays on record and no longer counts."""
        version = expected_version(request)
        permit = self.one(public_id)
        on = self.parsed(PermitWithdrawalAsk).get("on", timezone.localdate())

        def withdrawn() -> Response:
            withdraw_permit(viewer=self.viewer, permit=permit, on=on, expected_version=version)
            return self.answer(self.one(public_id))

        return once(request, withdrawn)

    def _recorded(self, organisation: Organisation, draft: PermitDraft) -> Response:
        made = record_permit(viewer=self.viewer, organisation=organisation, draft=draft)
        location = f"/api/v1/permits/{made.public_id}"
        return self.answer(self.one(made.public_id), status=201, location=location)


def _changes_of(values: dict[str, Any]) -> dict[str, Any]:
    """Validated values in the words of ``PermitDraft``."""
    changes = dict(values)
    if "codes" in changes:
        changes["codes"] = {line["code"]: _kg(line) for line in changes["codes"]}
    for name in ("operations", "hazard_properties", "materials"):
        if name in changes:
            changes[name] = tuple(dict.fromkeys(changes[name]))
    return changes


def _kg(line: dict[str, Any]) -> int | None:
    tonnes = line.get("tonnes_per_year")
    return None if tonnes is None else int(tonnes * _KG)
