"""How a delivery is told and asked for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Ask, CalendarDay, Exactly, Moment, PublicId, Word, Words, plain
from api.v1.briefs import MaterialBrief, OrganisationBrief
from api.v1.references import OwnReference, WasteCodeRef
from marketplace.deliveries.models import OPERATIONS, Delivery, Transport
from marketplace.deliveries.services import DeliveryDraft
from marketplace.exchanges.querysets import ExchangeQuerySet
from marketplace.exchanges.selectors import exchanges_of_organisations
from marketplace.exchanges.words import Role
from marketplace.units import BASE_UNIT, UNITS, ResourceKind

UNIT_NAMES = sorted({unit for units in UNITS.values() for unit in units})
SIDES = [Role.OFFER.value, Role.NEED.value]
OPERATION_CODES = [code for code, _label in OPERATIONS]
STATUSES = list(Delivery.Status.values)

_AMOUNT = {
    "type": "object",
    "required": ["value", "unit"],
    "properties": {"value": {"type": "string"}, "unit": {"type": "string"}},
}


@extend_schema_field({"type": "string", "pattern": "^exchange_[0-9a-z]{26}$"})
class OwnExchangeRef(OwnReference):
    prefix = "exchange"

    def mine(self, viewer: Any) -> ExchangeQuerySet:
        return exchanges_of_organisations(viewer)


class DeliveryAnswer(Answer):
    """One entry of the ledger; corrections are entries of their own and name what they correct."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    exchange = PublicId(prefix="exchange", source="exchange.uid")
    kind = serializers.ChoiceField(choices=list(Delivery.Kind.values))
    corrects = PublicId(prefix="delivery", source="corrects.uid", allow_null=True, default=None)
    status = serializers.ChoiceField(choices=STATUSES)
    counts = serializers.BooleanField()
    delivered_on = CalendarDay()
    material = MaterialBrief(source="exchange.offer.material")
    holder = OrganisationBrief(source="exchange.offer_organisation")
    receiver = OrganisationBrief(source="exchange.need_organisation")
    quantity = serializers.SerializerMethodField()
    base_quantity = serializers.SerializerMethodField()
    waste_code = serializers.CharField(source="waste_code.code", default=None, allow_null=True)
    operation = serializers.CharField()
    transport = serializers.ChoiceField(choices=list(Transport.values))
    road_km = serializers.SerializerMethodField()
    paper = serializers.CharField()
    note = serializers.CharField()
    recorded_side = serializers.ChoiceField(choices=SIDES, source="recorded_role")
    recorded_at = Moment()
    answered_at = Moment(allow_null=True)
    objection = serializers.CharField()

    @extend_schema_field({"type": "string", "const": "delivery"})
    def get_object(self, delivery: Delivery) -> str:
        return "delivery"

    @extend_schema_field(_AMOUNT)
    def get_quantity(self, delivery: Delivery) -> dict[str, str]:
        return {"value": plain(delivery.quantity_value), "unit": delivery.quantity_unit}

    @extend_schema_field(_AMOUNT)
    def get_base_quantity(self, delivery: Delivery) -> dict[str, str]:
        kind = ResourceKind(delivery.exchange.offer.material.kind)
        return {"value": str(delivery.base_quantity), "unit": BASE_UNIT[kind]}

    @extend_schema_field({"type": "string"})
    def get_road_km(self, delivery: Delivery) -> str:
        return f"{delivery.road_m // 1000}.{delivery.road_m % 1000 // 100}"


class AmountAsk(Ask):
    """An amount of a unit."""

    value = Exactly(digits=20, places=6)
    unit = Word(choices=UNIT_NAMES)


class _WhatMoved(Ask):
    """What one side says has moved."""

    read_only_names = frozenset(DeliveryAnswer._declared_fields)

    delivered_on = CalendarDay()
    quantity = AmountAsk()
    waste_code = WasteCodeRef(required=False)
    operation = Word(choices=OPERATION_CODES, required=False)
    transport = Word(choices=list(Transport.values), required=False)
    road_km = Exactly(digits=8, places=3, required=False)
    paper = Words(max_length=120, allow_blank=True, required=False)
    note = Words(max_length=500, allow_blank=True, required=False)
    side = Word(choices=SIDES, required=False)


class DeliveryAsk(_WhatMoved):
    """A delivery under an exchange of yours; ``side`` only where you act for both."""

    exchange = OwnExchangeRef()


class CorrectionAsk(_WhatMoved):
    """What takes the place of an entry."""


class WithdrawalAsk(Ask):
    """Says that a delivery did not happen; ``side`` only where you act for both."""

    side = Word(choices=SIDES, required=False)


class ObjectionAsk(Ask):
    """Why it was not so."""

    objection = Words(max_length=500)


class NothingAsk(Ask):
    """An empty object."""


def delivery_draft(values: dict[str, Any]) -> DeliveryDraft:
    """A draft from the values of an ask."""
    quantity = values["quantity"]
    named = {
        name: values[name]
        for name in ("waste_code", "operation", "transport", "paper", "note")
        if name in values
    }
    road_km = values.get("road_km")
    return DeliveryDraft(
        delivered_on=values["delivered_on"],
        quantity_value=quantity["value"],
        quantity_unit=quantity["unit"],
        road_m=None if road_km is None else int(road_km * 1000),
        **named,
    )


def side_of(values: dict[str, Any]) -> Role | None:
    """The side for which a caller of both acts."""
    return Role(values["side"]) if "side" in values else None
