"""How a proposed exchange is told: quantity, distance, value in parts, climate, reasons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Moment, euros
from api.v1.briefs import MONEY, POINT, MaterialBrief, OrganisationBrief, RegionBrief, point
from api.v1.legal_forms import LEGALITY, legality
from marketplace.ids import encode
from marketplace.listings.disclosure import DisclosedListing
from marketplace.units import BASE_UNIT, PRICE_UNIT, ResourceKind
from symbiosis.core.params import Params
from symbiosis.models import Proposal
from symbiosis.parameters import current_params
from symbiosis.reasons import worded
from symbiosis.selectors import DisclosedProposal
from symbiosis.settling import settlement_of

STAGES = list(Proposal.Stage.values)
PARTS = ("disposal", "purchase", "carbon", "processing", "haulage")
_STRING = {"type": "string"}
_QUANTITY = {
    "type": "object",
    "description": "A year's amount, or the total of a one-off, in base units.",
    "required": ["value", "unit"],
    "properties": {"value": _STRING, "unit": _STRING},
}
_DISTANCE = {
    "type": "object",
    "description": "Road distance is an estimate: great circle times a detour factor.",
    "required": ["straight_km", "road_km"],
    "properties": {"straight_km": _STRING, "road_km": _STRING},
}
_VALUE = {
    "type": "object",
    "description": (
        "Euro for the whole quantity: total = disposal + purchase + carbon - processing - haulage."
    ),
    "required": ["total", *PARTS, "currency", "per_unit", "per"],
    "properties": {
        "total": _STRING,
        **dict.fromkeys(PARTS, _STRING),
        "currency": {"type": "string", "const": "EUR"},
        "per_unit": _STRING,
        "per": _STRING,
    },
}
_PRICES = {
    "type": ["object", "null"],
    "description": (
        "Prices from taker to holder at which both sides gain; suggested is a start for their talk,"
        " at which the gains of the whole quantity are as told and add up to its value."
    ),
    "required": ["low", "suggested", "high", "holder_gain", "taker_gain"],
    "properties": {
        "low": MONEY,
        "suggested": MONEY,
        "high": MONEY,
        "holder_gain": _STRING,
        "taker_gain": _STRING,
    },
}
_SENTENCES = {"type": "array", "items": {"type": "string"}}
_REASONS = {
    "oneOf": [
        _SENTENCES,
        {
            "type": "object",
            "required": ["bg", "en"],
            "properties": {"bg": _SENTENCES, "en": _SENTENCES},
        },
    ],
    "description": "Sentences in the reader's language; both with lang=all.",
}


class SideAnswer(Answer):
    """One side of a proposal as far as the caller may know it."""

    id = serializers.CharField(source="public_id")
    object = serializers.CharField(source="side")
    own = serializers.BooleanField()
    title = serializers.CharField()
    material = MaterialBrief()
    region = RegionBrief(allow_null=True)
    organisation = OrganisationBrief(allow_null=True)
    location = serializers.SerializerMethodField()
    inferred = serializers.BooleanField()
    fictional = serializers.BooleanField()

    @extend_schema_field(POINT)
    def get_location(self, told: DisclosedListing) -> dict[str, Any]:
        return point(told.lon, told.lat)

    @cached_property
    def _told(self) -> dict[tuple[str, str], Any]:
        return {}

    def to_representation(self, told: DisclosedListing) -> Any:
        """One listing stands in many proposals of an answer; it is put into words once."""
        key = (told.side, told.public_id)
        if key not in self._told:
            self._told[key] = super().to_representation(told)
        return self._told[key]


_STEPS = {
    "type": "array",
    "description": (
        "Services in between, in order; empty where the two deal directly. Each takes quantity_in"
        " and gives quantity_out; their costs are part of value.processing."
    ),
    "items": {
        "type": "object",
        "required": [
            "service", "kind", "title", "quantity_in", "quantity_out", "cost", "straight_km",
            "months",
        ],
        "properties": {
            **dict.fromkeys(("service", "title", "cost", "straight_km"), _STRING),
            "kind": {"type": "string", "enum": ["processing", "storage"]},
            "quantity_in": _QUANTITY,
            "quantity_out": _QUANTITY,
            "months": {
                "type": "array",
                "description": "Pairs of months: taken in, given out; empty where any will do.",
                "items": {"type": "array", "items": {"type": "integer"}},
            },
        },
    },
}  # fmt: skip


class ProposalAnswer(Answer):
    """A by-product exchange worth making."""

    id = serializers.CharField(source="proposal.public_id")
    object = serializers.SerializerMethodField()
    stage = serializers.ChoiceField(choices=STAGES, source="proposal.stage")
    offer = SideAnswer()
    need = SideAnswer()
    quantity = serializers.SerializerMethodField()
    delivered = serializers.SerializerMethodField()
    through = serializers.SerializerMethodField()
    distance = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField(method_name="value_in_parts")
    rank_per_unit = serializers.SerializerMethodField()
    price_range = serializers.SerializerMethodField()
    co2e_kg = serializers.IntegerField(source="proposal.co2e_kg")
    cross_region = serializers.BooleanField(source="proposal.cross_region")
    inferred = serializers.BooleanField(source="proposal.inferred")
    reasons = serializers.SerializerMethodField()
    legality = serializers.SerializerMethodField()
    created_at = Moment(source="proposal.created_at")
    updated_at = Moment(source="proposal.updated_at")

    @extend_schema_field({"type": "string", "const": "proposal"})
    def get_object(self, told: DisclosedProposal) -> str:
        return "proposal"

    @extend_schema_field(_QUANTITY)
    def get_quantity(self, told: DisclosedProposal) -> dict[str, str]:
        unit = BASE_UNIT[_kind(told)]
        return {"value": str(told.proposal.base_quantity), "unit": unit}

    @extend_schema_field(_QUANTITY)
    def get_delivered(self, told: DisclosedProposal) -> dict[str, str]:
        unit = BASE_UNIT[ResourceKind(told.need.material.kind)]
        proposal = told.proposal
        return {"value": str(proposal.delivered_quantity or proposal.base_quantity), "unit": unit}

    @extend_schema_field(_STEPS)
    def get_through(self, told: DisclosedProposal) -> list[dict[str, Any]]:
        unit = BASE_UNIT[_kind(told)]
        return [
            {
                "service": encode("service", UUID(leg["service"])),
                "kind": leg["kind"],
                "title": leg["title"],
                "quantity_in": {"value": str(leg["in"]), "unit": unit},
                "quantity_out": {"value": str(leg["out"]), "unit": unit},
                "cost": euros(leg["cost_cents"]),
                "straight_km": _kilometres(leg["straight_m"]),
                "months": leg["months"],
            }
            for leg in told.proposal.legs
        ]

    @extend_schema_field(_DISTANCE)
    def get_distance(self, told: DisclosedProposal) -> dict[str, str]:
        return {
            "straight_km": _kilometres(told.proposal.straight_m),
            "road_km": _kilometres(told.proposal.road_m),
        }

    @extend_schema_field(_VALUE)
    def value_in_parts(self, told: DisclosedProposal) -> dict[str, str]:
        proposal = told.proposal
        return {
            "total": euros(proposal.value_cents),
            **{part: euros(getattr(proposal, f"{part}_cents")) for part in PARTS},
            "currency": "EUR",
            "per_unit": euros(proposal.value_cents_per_t),
            "per": PRICE_UNIT[_kind(told)],
        }

    @extend_schema_field({"type": "string", "description": "Euro per unit it adds to the plan."})
    def get_rank_per_unit(self, told: DisclosedProposal) -> str:
        return euros(told.proposal.rank_cents_per_t)

    @cached_property
    def _params(self) -> Params:
        """The settings in force, asked once a page of proposals."""
        return current_params()

    @extend_schema_field(_PRICES)
    def get_price_range(self, told: DisclosedProposal) -> dict[str, Any] | None:
        deal = settlement_of(told.proposal, params=self._params)
        if deal is None:
            return None
        per = PRICE_UNIT[_kind(told)]
        prices = {
            "low": deal.low_cents_per_t,
            "suggested": deal.suggested_cents_per_t,
            "high": deal.high_cents_per_t,
        }
        return {
            **{
                name: {"amount": euros(cents), "currency": "EUR", "per": per}
                for name, cents in prices.items()
            },
            "holder_gain": euros(deal.holder_gain_cents),
            "taker_gain": euros(deal.taker_gain_cents),
        }

    @extend_schema_field(_REASONS)
    def get_reasons(self, told: DisclosedProposal) -> Any:
        if not self.context.get("all_languages"):
            return worded(told.proposal.reasons)
        both = {}
        for language in ("bg", "en"):
            with translation.override(language):
                both[language] = worded(told.proposal.reasons)
        return both

    @extend_schema_field(LEGALITY)
    def get_legality(self, told: DisclosedProposal) -> dict[str, Any] | None:
        if told.verdict is None:
            return None
        return legality(told.verdict, both=bool(self.context.get("all_languages")))


def _kind(told: DisclosedProposal) -> ResourceKind:
    return ResourceKind(told.offer.material.kind)


def _kilometres(metres: int) -> str:
    return f"{metres // 1000}.{metres % 1000 // 100}"
