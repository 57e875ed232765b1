"""How offers and needs are told and asked for; the same shape for both."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Ask, CalendarDay, Exactly, Moment, WholeNumber, Word, Words, euros
from api.v1.briefs import (
    LANGUAGES,
    MONEY,
    POINT,
    MaterialBrief,
    OrganisationBrief,
    RegionBrief,
    SiteBrief,
    point,
)
from api.v1.references import MaterialRef, OwnSiteRef, WasteCodeRef
from marketplace.listings.completeness import Question
from marketplace.listings.confidence import Aspect
from marketplace.listings.disclosure import DisclosedListing
from marketplace.listings.models import (
    ListingStatus,
    QuantityBasis,
    SupplyPattern,
    Visibility,
    WasteStatus,
)
from marketplace.listings.services import ListingDraft
from marketplace.units import BASE_UNIT, PRICE_UNIT, UNITS, Quantity, ResourceKind

BASES = list(QuantityBasis.values)
PATTERNS = list(SupplyPattern.values)
VISIBILITIES = list(Visibility.values)
WASTE_STATUSES = list(WasteStatus.values)
STATUSES = list(ListingStatus.values)
ASPECTS = list(Aspect.values)
UNIT_NAMES = sorted({unit for units in UNITS.values() for unit in units})

_QUANTITY = {
    "type": ["object", "null"],
    "required": ["value", "unit", "basis"],
    "properties": {
        "value": {"type": "string"},
        "unit": {"type": "string", "enum": UNIT_NAMES},
        "basis": {"type": "string", "enum": BASES},
    },
}
_BAND = {
    "type": "object",
    "description": (
        "Step of 1, 2, 5, 10, 20, ... base units, low <= quantity < high; a year's amount or the "
        "total."
    ),
    "required": ["low", "high", "unit"],
    "properties": {
        "low": {"type": "string"},
        "high": {"type": "string"},
        "unit": {"type": "string"},
    },
}


@dataclass(frozen=True, slots=True)
class Gone:
    """The tombstone of a listing."""

    public_id: str
    side: str


class QuestionAnswer(Answer):
    """An open question of a listing and what its answer would add."""

    field = serializers.SerializerMethodField()
    gain_percent = serializers.IntegerField()
    text = serializers.CharField()

    def get_field(self, question: Question) -> str:
        return _FIELD_OF.get(question.field, question.field)


_FIELD_OF = {"price_cents": "price", "min_lot_value": "min_lot"}
"""Where the body's name differs from the column's."""


class CompletenessAnswer(Answer):
    """How much a listing says."""

    percent = serializers.IntegerField()
    open_questions = QuestionAnswer(many=True)


class ListingAnswer(Answer):
    """A listing as far as the caller may know it; what is withheld is null or empty."""

    id = serializers.CharField(source="public_id")
    object = serializers.CharField(source="side")
    own = serializers.BooleanField()
    status = serializers.ChoiceField(choices=STATUSES)
    material = MaterialBrief()
    title = serializers.CharField()
    description = serializers.CharField()
    language = serializers.ChoiceField(choices=LANGUAGES)
    quantity = serializers.SerializerMethodField()
    quantity_band = serializers.SerializerMethodField()
    min_lot = serializers.SerializerMethodField()
    pattern = serializers.ChoiceField(choices=PATTERNS)
    available_from = CalendarDay(allow_null=True)
    available_until = CalendarDay(allow_null=True)
    months = serializers.ListField(child=serializers.IntegerField())
    price = serializers.SerializerMethodField()
    quality_notes = serializers.CharField()
    waste_status = serializers.ChoiceField(choices=WASTE_STATUSES)
    waste_code = serializers.CharField(source="waste_code.code", default=None, allow_null=True)
    visibility = serializers.ChoiceField(choices=VISIBILITIES)
    withheld = serializers.ListField(child=serializers.ChoiceField(choices=ASPECTS))
    members_only = serializers.ListField(child=serializers.ChoiceField(choices=ASPECTS))
    confidential = serializers.ListField(child=serializers.ChoiceField(choices=ASPECTS))
    location = serializers.SerializerMethodField()
    location_precision = serializers.SerializerMethodField()
    region = RegionBrief(allow_null=True)
    organisation = OrganisationBrief(allow_null=True)
    site = SiteBrief(allow_null=True)
    inferred = serializers.BooleanField()
    fictional = serializers.BooleanField()
    external_id = serializers.CharField()
    posted_on = CalendarDay()
    updated_at = Moment(allow_null=True)
    version = serializers.IntegerField()
    completeness = CompletenessAnswer(allow_null=True)

    @extend_schema_field(_QUANTITY)
    def get_quantity(self, told: DisclosedListing) -> dict[str, str] | None:
        return None if told.quantity is None else quantity_body(told.quantity)

    @extend_schema_field(_BAND)
    def get_quantity_band(self, told: DisclosedListing) -> dict[str, str]:
        kind = ResourceKind(told.material.kind)
        if kind is ResourceKind.CAPACITY:
            low, high = Decimal(told.band.low) / 1000, Decimal(told.band.high) / 1000
            return {"low": f"{low.normalize():f}", "high": f"{high.normalize():f}", "unit": "unit"}
        return {"low": str(told.band.low), "high": str(told.band.high), "unit": BASE_UNIT[kind]}

    @extend_schema_field({"type": ["string", "null"], "description": "In the quantity's unit."})
    def get_min_lot(self, told: DisclosedListing) -> str | None:
        return None if told.min_lot_value is None else f"{told.min_lot_value.normalize():f}"

    @extend_schema_field(MONEY)
    def get_price(self, told: DisclosedListing) -> dict[str, str] | None:
        if told.price_cents is None:
            return None
        per = PRICE_UNIT[ResourceKind(told.material.kind)]
        return {"amount": euros(told.price_cents), "currency": "EUR", "per": per}

    @extend_schema_field(POINT)
    def get_location(self, told: DisclosedListing) -> dict[str, Any]:
        return point(told.lon, told.lat)

    @extend_schema_field({"type": "string", "enum": ["exact", "cell_5km"]})
    def get_location_precision(self, told: DisclosedListing) -> str:
        return "exact" if told.exact_location else "cell_5km"

    def to_representation(self, told: DisclosedListing | Gone) -> Any:
        if isinstance(told, Gone):
            return GoneAnswer(told).data
        return super().to_representation(told)


class GoneAnswer(Answer):
    """A listing that is no longer open: drop your copy. Only with updated_since."""

    id = serializers.CharField(source="public_id")
    object = serializers.CharField(source="side")
    status = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "const": "gone"})
    def get_status(self, gone: Gone) -> str:
        return "gone"


def quantity_body(quantity: Quantity) -> dict[str, str]:
    """A quantity with its value as a plain decimal string."""
    return {
        "value": f"{quantity.value.normalize():f}",
        "unit": quantity.unit,
        "basis": quantity.basis.value,
    }


class QuantityAsk(Ask):
    """An amount of a unit over a basis."""

    value = Exactly(digits=20, places=6)
    unit = Word(choices=UNIT_NAMES)
    basis = Word(choices=BASES, default=QuantityBasis.YEAR)


class MoneyAsk(Ask):
    """A price per t, m3, MWh or unit; negative where the holder pays."""

    read_only_names = frozenset({"per"})

    amount = Exactly(digits=10, places=2)
    currency = Word(choices=["EUR"], default="EUR")


class ListingAsk(Ask):
    """What a firm says of a stream or a need: site, material and quantity are enough."""

    read_only_names = frozenset(ListingAnswer._declared_fields) | {"proposals"}

    site = OwnSiteRef()
    material = MaterialRef()
    quantity = QuantityAsk()
    title = Words(max_length=200, allow_blank=True, required=False)
    description = Words(max_length=5_000, allow_blank=True, required=False)
    language = Word(choices=LANGUAGES, required=False)
    pattern = Word(choices=PATTERNS, required=False)
    available_from = CalendarDay(allow_null=True, required=False)
    available_until = CalendarDay(allow_null=True, required=False)
    months = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=12), max_length=12, required=False
    )
    min_lot = Exactly(digits=20, places=6, allow_null=True, required=False)
    price = MoneyAsk(allow_null=True, required=False)
    quality_notes = Words(max_length=5_000, allow_blank=True, required=False)
    waste_status = Word(choices=WASTE_STATUSES, required=False)
    waste_code = WasteCodeRef(allow_null=True, required=False)
    visibility = Word(choices=VISIBILITIES, required=False)
    members_only = serializers.ListField(
        child=Word(choices=ASPECTS), max_length=len(ASPECTS), required=False
    )
    confidential = serializers.ListField(
        child=Word(choices=ASPECTS), max_length=len(ASPECTS), required=False
    )
    external_id = Words(max_length=120, allow_blank=True, required=False)
    status = Word(choices=STATUSES, required=False)


def changes_of(values: dict[str, Any]) -> dict[str, Any]:
    """Validated values of a listing's body in the words of ``ListingDraft``."""
    changes = dict(values)
    if "quantity" in changes:
        quantity = changes.pop("quantity")
        changes["quantity_value"] = quantity["value"]
        changes["quantity_unit"] = quantity["unit"]
        changes["quantity_basis"] = quantity["basis"]
    if "min_lot" in changes:
        changes["min_lot_value"] = changes.pop("min_lot")
    if "price" in changes:
        price = changes.pop("price")
        changes["price_cents"] = None if price is None else int(price["amount"] * 100)
    for name in ("months", "members_only", "confidential"):
        if name in changes:
            changes[name] = tuple(changes[name])
    return changes


def draft_of(values: dict[str, Any]) -> ListingDraft:
    """A whole draft; what the body leaves out has the default of a listing."""
    return ListingDraft(**changes_of(values))
