"""How descriptors, interests and matches with partner markets are told and asked for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Ask, CalendarDay, Moment, Words, euros
from api.v1.briefs import MONEY, POINT, MaterialBrief, nullable, point
from marketplace.units import BASE_UNIT, ResourceKind
from symbiosis.federation.interests import details_for
from symbiosis.federation.models import CrossMatch, Descriptor, Side

_DESCRIPTOR_ID = {"type": "string", "pattern": "^descriptor_[0-9a-z]{26}$"}
_BAND = {
    "type": "object",
    "description": "low <= quantity < high, in base units a year, or in all.",
    "required": ["low", "high", "unit"],
    "properties": {name: {"type": "string"} for name in ("low", "high", "unit")},
}
_TEXTS = {"type": "string"}
_DETAILS = {
    "type": ["object", "null"],
    "description": "Null until both members want to be known to each other.",
    "required": ["organisation", "listing", "contact"],
    "properties": {
        "organisation": {
            "type": "object",
            "properties": dict.fromkeys(
                ("name", "name_en", "country", "registration_number", "website"), _TEXTS
            ),
        },
        "listing": {
            "type": "object",
            "properties": {
                "title": _TEXTS,
                "description": _TEXTS,
                "quantity": {
                    "type": "object",
                    "properties": dict.fromkeys(("value", "unit", "basis"), _TEXTS),
                },
            },
        },
        "contact": {
            "type": "object",
            "properties": dict.fromkeys(("name", "email", "phone"), _TEXTS),
        },
    },
}


def band_body(told: Descriptor, kind: str) -> dict[str, str]:
    """A descriptor's band with its unit."""
    return {
        "low": str(told.band_low),
        "high": str(told.band_high),
        "unit": BASE_UNIT[ResourceKind(kind)],
    }


class DescriptorAnswer(Answer):
    """The least that a match needs: concept, quantity band, cell and window; no holder, no id of
    the listing, no price, no words."""

    id = serializers.CharField(source="public_id")
    number = serializers.IntegerField()
    side = serializers.ChoiceField(choices=Side.values)
    material = serializers.CharField(source="material.code")
    quantity_band = serializers.SerializerMethodField()
    cell = serializers.SerializerMethodField()
    country = serializers.CharField()
    available_from = CalendarDay(source="first_day", allow_null=True)
    available_until = CalendarDay(source="last_day", allow_null=True)
    months = serializers.ListField(child=serializers.IntegerField())
    gone = serializers.BooleanField()

    @extend_schema_field(_BAND)
    def get_quantity_band(self, told: Any) -> dict[str, str]:
        return band_body(told, told.material.kind)

    @extend_schema_field({**POINT, "description": "Centre of the 5 km cell."})
    def get_cell(self, told: Any) -> dict[str, Any]:
        return point(told.lon, told.lat)


class InterestAnswer(Answer):
    """What a member of this market lets the partner know about one pair."""

    id = serializers.CharField(source="public_id")
    number = serializers.IntegerField()
    descriptor = serializers.SerializerMethodField()
    counterpart = serializers.SerializerMethodField()
    interested = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField()

    @extend_schema_field({**_DESCRIPTOR_ID, "description": "Of this market."})
    def get_descriptor(self, match: CrossMatch) -> str:
        return match.own.public_id

    @extend_schema_field({**_DESCRIPTOR_ID, "description": "Of the partner who reads this."})
    def get_counterpart(self, match: CrossMatch) -> str:
        return match.foreign.public_id

    def get_interested(self, match: CrossMatch) -> bool:
        return match.interested_at is not None

    @extend_schema_field(_DETAILS)
    def get_details(self, match: CrossMatch) -> dict[str, Any] | None:
        return details_for(match)


class PartnerMarketAnswer(Answer):
    """Another instance of this software."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    reached_at = Moment(source="access.reached_at", allow_null=True, default=None)
    failure = serializers.CharField(source="access.failure", default="")


class CounterpartAnswer(Answer):
    """The listing over there, as far as its market tells anybody."""

    id = serializers.CharField(source="public_id")
    market = serializers.CharField(source="partner.name")
    side = serializers.ChoiceField(choices=Side.values)
    material = MaterialBrief(allow_null=True)
    quantity_band = serializers.SerializerMethodField()
    cell = serializers.SerializerMethodField()
    country = serializers.CharField()
    available_from = CalendarDay(source="first_day", allow_null=True)
    available_until = CalendarDay(source="last_day", allow_null=True)
    gone = serializers.BooleanField()

    @extend_schema_field(nullable(_BAND))
    def get_quantity_band(self, told: Any) -> dict[str, str] | None:
        return None if told.material is None else band_body(told, told.material.kind)

    @extend_schema_field({**POINT, "description": "Centre of the 5 km cell."})
    def get_cell(self, told: Any) -> dict[str, Any]:
        return point(told.lon, told.lat)


class PartnerMatchAnswer(Answer):
    """A listing of yours and one of a partner market that fit; figures are screening estimates from
    general figures of both sides. ``details`` come once both members are interested."""

    id = serializers.CharField(source="public_id")
    listing = serializers.SerializerMethodField()
    counterpart = CounterpartAnswer(source="foreign")
    quantity = serializers.SerializerMethodField()
    road_km = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField(method_name="value_in_euros")
    co2e_kg = serializers.SerializerMethodField()
    own_interest = serializers.SerializerMethodField()
    their_interest = serializers.SerializerMethodField()
    details: Any = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()

    @extend_schema_field({"type": ["string", "null"]})
    def get_listing(self, match: CrossMatch) -> str | None:
        listing = match.own.offer or match.own.need
        return None if listing is None else listing.public_id

    @extend_schema_field(
        {
            "type": "object",
            "required": ["value", "unit"],
            "properties": {"value": _TEXTS, "unit": _TEXTS},
        }
    )
    def get_quantity(self, match: CrossMatch) -> dict[str, str]:
        unit = BASE_UNIT[ResourceKind(match.own.material.kind)]
        return {"value": str(match.base_quantity), "unit": unit}

    @extend_schema_field({"type": "string"})
    def get_road_km(self, match: CrossMatch) -> str:
        return f"{match.road_m / 1000:.0f}"

    @extend_schema_field({**MONEY, "type": "object", "required": ["amount", "currency"]})
    def value_in_euros(self, match: CrossMatch) -> dict[str, str]:
        return {"amount": euros(match.value_cents), "currency": "EUR"}

    @extend_schema_field({"type": "string"})
    def get_co2e_kg(self, match: CrossMatch) -> str:
        return str(match.co2e_kg)

    def get_own_interest(self, match: CrossMatch) -> bool:
        return match.interested_at is not None

    def get_their_interest(self, match: CrossMatch) -> bool:
        return match.their_interest_at is not None

    @extend_schema_field(_DETAILS)
    def get_details(self, match: CrossMatch) -> Any:
        return match.details if match.mutual else None


class ContactAsk(Ask):
    """Whom the other member may turn to; told only once both are interested."""

    name = Words(max_length=150)
    email = serializers.EmailField(max_length=254)
    phone = Words(max_length=40, allow_blank=True, default="")


class InterestAsk(Ask):
    """You want to be known to the other member."""

    contact = ContactAsk()
