"""How exchanges are told and asked for: their standing, moves, terms, messages and documents."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Ask, CalendarDay, Moment, WholeNumber, Word, Words, euros
from api.v1.briefs import MONEY, OrganisationBrief
from api.v1.legal_forms import LEGALITY, legality
from api.v1.listing_forms import MoneyAsk, QuantityAsk, quantity_body
from api.v1.proposal_forms import SideAnswer
from marketplace.exchanges.correspondence import Document, Message
from marketplace.exchanges.corresponding import content_of
from marketplace.exchanges.models import Event, HaulageBorneBy, Incoterm, Terms
from marketplace.exchanges.rules import LONGEST_MESSAGE, LONGEST_NOTE, TermsDraft
from marketplace.exchanges.selectors import DisclosedExchange
from marketplace.exchanges.services import MoveDetails
from marketplace.exchanges.words import LossReason, Move, Outcome, Role, State
from marketplace.units import BASE_UNIT, PRICE_UNIT, ResourceKind

ANY_STATES = list(State.values)
STATES = [state.value for state in State if state is not State.PROPOSED]
MOVES = list(Move.values)
ROLES = list(Role.values)
ACTING_ROLES = [role.value for role in Role if role is not Role.CLOCK]
REASONS = list(LossReason.values)
DOCUMENT_KINDS = list(Document.Kind.values)
SIDES = [Role.OFFER.value, Role.NEED.value]
MADE_HERE = [move.value for move in Move if move not in (Move.OPEN, Move.PROPOSE_TERMS)]
"""Moves with this door; opening and proposing terms carry more and have their own."""

_STRING = {"type": "string"}
_AMOUNT = {
    "type": "object",
    "required": ["value", "unit"],
    "properties": {"value": _STRING, "unit": _STRING},
}
_FIGURES = {
    "type": ["object", "null"],
    "description": (
        "What the matcher reckoned for the whole quantity, in euro; null until names are known "
        "where it would give away what a side keeps back."
    ),
    "required": ["quantity", "value", "haulage", "co2e_kg", "road_km", "price_range"],
    "properties": {
        "quantity": _AMOUNT,
        "value": _STRING,
        "haulage": _STRING,
        "co2e_kg": {"type": "integer"},
        "road_km": _STRING,
        "price_range": {
            "type": ["object", "null"],
            "description": "Prices at which both sides gain.",
            "properties": {"low": MONEY, "high": MONEY},
        },
    },
}
_BOTH_SIDES = {
    "type": "object",
    "required": SIDES,
    "properties": {side: {"type": "boolean"} for side in SIDES},
}
_RESERVED = {
    "type": ["object", "null"],
    "description": "Base units it holds of each listing; told to the parties.",
    "required": SIDES,
    "properties": dict.fromkeys(SIDES, _AMOUNT),
}
_NEXT = {
    "type": ["object", "null"],
    "description": "Who waits for what, and by when; null once closed.",
    "required": ["move", "note", "due_on"],
    "properties": {
        "move": {"type": "string", "enum": MOVES},
        "note": _STRING,
        "due_on": {"type": "string", "format": "date"},
    },
}


class PossibleMove(Answer):
    """A row of the process table that the caller could take now."""

    move = serializers.ChoiceField(choices=MOVES)
    leads_to = serializers.SerializerMethodField()
    needs = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"], "enum": [*STATES, None]})
    def get_leads_to(self, row: Any) -> str | None:
        return row.target.value if row.target else None

    @extend_schema_field({"type": "array", "items": _STRING})
    def get_needs(self, row: Any) -> list[str]:
        return [condition.value for condition in row.needs]


class ExchangeAnswer(Answer):
    """An exchange as far as the caller may know it."""

    id = serializers.CharField(source="exchange.public_id")
    object = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=STATES, source="exchange.state")
    round = serializers.IntegerField(source="exchange.round")
    offer = SideAnswer()
    need = SideAnswer()
    roles = serializers.SerializerMethodField()
    facilitator = OrganisationBrief(source="exchange.facilitator", allow_null=True)
    next_action = serializers.SerializerMethodField()
    possible_moves = PossibleMove(many=True, source="moves")
    interested = serializers.SerializerMethodField()
    names_shared = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()
    reserved = serializers.SerializerMethodField()
    legality = serializers.SerializerMethodField()
    latest_terms = serializers.IntegerField(source="exchange.terms_number", allow_null=True)
    agreed_terms = serializers.IntegerField(source="exchange.agreed_number", allow_null=True)
    loss_reason = serializers.SerializerMethodField()
    opened_at = Moment(source="exchange.opened_at")
    moved_at = Moment(source="exchange.moved_at")
    version = serializers.IntegerField()

    @extend_schema_field({"type": "string", "const": "exchange"})
    def get_object(self, told: DisclosedExchange) -> str:
        return "exchange"

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": ROLES}})
    def get_roles(self, told: DisclosedExchange) -> list[str]:
        return sorted(told.roles)

    @extend_schema_field(_NEXT)
    def get_next_action(self, told: DisclosedExchange) -> dict[str, str] | None:
        exchange = told.exchange
        if exchange.next_action_on is None:
            return None
        note = exchange.next_action_note if told.party else ""
        return {
            "move": exchange.next_action,
            "note": note,
            "due_on": exchange.next_action_on.isoformat(),
        }

    @extend_schema_field(_BOTH_SIDES)
    def get_interested(self, told: DisclosedExchange) -> dict[str, bool]:
        exchange = told.exchange
        return {"offer": exchange.offer_interested, "need": exchange.need_interested}

    @extend_schema_field(_BOTH_SIDES)
    def get_names_shared(self, told: DisclosedExchange) -> dict[str, bool]:
        exchange = told.exchange
        return {"offer": exchange.offer_shared, "need": exchange.need_shared}

    @extend_schema_field(_FIGURES)
    def get_figures(self, told: DisclosedExchange) -> dict[str, Any] | None:
        figures, kind = told.figures, _kind(told)
        if figures is None:
            return None
        low, high = figures.price_low_cents, figures.price_high_cents
        prices = None
        if low is not None and high is not None:
            prices = {"low": _money(low, kind), "high": _money(high, kind)}
        return {
            "quantity": _amount(figures.base_quantity, kind),
            "value": euros(figures.value_cents),
            "haulage": euros(figures.haulage_cents),
            "co2e_kg": figures.co2e_kg,
            "road_km": f"{figures.road_m // 1000}.{figures.road_m % 1000 // 100}",
            "price_range": prices,
        }

    @extend_schema_field(_RESERVED)
    def get_reserved(self, told: DisclosedExchange) -> dict[str, Any] | None:
        if not told.party:
            return None
        exchange, kind = told.exchange, _kind(told)
        return {
            "offer": _amount(exchange.offer_reserved, kind),
            "need": _amount(exchange.need_reserved, kind),
        }

    @extend_schema_field(LEGALITY)
    def get_legality(self, told: DisclosedExchange) -> dict[str, Any] | None:
        """As things stand today; null once closed."""
        verdict = self.context["verdicts"].get(told.exchange.pk)
        both = bool(self.context.get("all_languages"))
        return None if verdict is None else legality(verdict, both=both)

    @extend_schema_field({"type": ["string", "null"], "enum": [*REASONS, None]})
    def get_loss_reason(self, told: DisclosedExchange) -> str | None:
        return told.exchange.loss_reason or None


def _kind(told: DisclosedExchange) -> ResourceKind:
    return ResourceKind(told.offer.material.kind)


def _amount(base: int, kind: ResourceKind) -> dict[str, str]:
    return {"value": str(base), "unit": BASE_UNIT[kind]}


def _money(cents: int, kind: ResourceKind) -> dict[str, str]:
    return {"amount": euros(cents), "currency": "EUR", "per": PRICE_UNIT[kind]}


class OpenAsk(Ask):
    """Which proposal to take up."""

    proposal = Words(max_length=100)


class MoveAsk(Ask):
    """One move; what it needs stands in ``possible_moves`` of the exchange."""

    move = Word(choices=MADE_HERE)
    reason = Word(choices=REASONS, required=False)
    outcome = Word(choices=list(Outcome.values), required=False)
    terms = WholeNumber(min_value=1, max_value=10_000, required=False)
    due_on = CalendarDay(required=False)
    next_action_note = Words(max_length=300, allow_blank=True, required=False)
    note = Words(max_length=LONGEST_NOTE, allow_blank=True, required=False)
    role = Word(choices=ACTING_ROLES, required=False)


def details_of(values: dict[str, Any]) -> MoveDetails:
    """Validated values of a move's body in the words of the service."""
    reason, outcome, role = (values.get(name) for name in ("reason", "outcome", "role"))
    return MoveDetails(
        reason=LossReason(reason) if reason else None,
        outcome=Outcome(outcome) if outcome else None,
        terms_number=values.get("terms"),
        due_on=values.get("due_on"),
        next_action_note=values.get("next_action_note", ""),
        note=values.get("note", ""),
        role=Role(role) if role else None,
    )


class EventAnswer(Answer):
    """A move as it was made. The note is the parties' own."""

    number = serializers.IntegerField()
    object = serializers.SerializerMethodField()
    move = serializers.ChoiceField(choices=MOVES)
    role = serializers.ChoiceField(choices=ROLES)
    from_state = serializers.ChoiceField(choices=ANY_STATES, source="source")
    to_state = serializers.ChoiceField(choices=STATES, source="target")
    reason = serializers.CharField()
    outcome = serializers.CharField()
    terms = serializers.IntegerField(source="terms_number", allow_null=True)
    due_on = CalendarDay(allow_null=True)
    note = serializers.SerializerMethodField()
    at = Moment()

    @extend_schema_field({"type": "string", "const": "move"})
    def get_object(self, event: Event) -> str:
        return "move"

    @extend_schema_field(_STRING)
    def get_note(self, event: Event) -> str:
        return event.note if self.context.get("party") else ""


class TermsAnswer(Answer):
    """What one side proposed."""

    number = serializers.IntegerField()
    object = serializers.SerializerMethodField()
    by = serializers.ChoiceField(choices=SIDES, source="role")
    quantity = serializers.SerializerMethodField()
    price = serializers.SerializerMethodField()
    starts_on = CalendarDay()
    ends_on = CalendarDay(allow_null=True)
    incoterm = serializers.ChoiceField(choices=Incoterm.values)
    haulage_borne_by = serializers.ChoiceField(choices=HaulageBorneBy.values)
    carrier = serializers.CharField()
    quality = serializers.CharField()
    note = serializers.CharField()
    created_at = Moment()

    @extend_schema_field({"type": "string", "const": "terms"})
    def get_object(self, terms: Terms) -> str:
        return "terms"

    @extend_schema_field({**_AMOUNT, "required": ["value", "unit", "basis"]})
    def get_quantity(self, terms: Terms) -> dict[str, str]:
        return quantity_body(terms.quantity)

    @extend_schema_field(MONEY)
    def get_price(self, terms: Terms) -> dict[str, str]:
        return _money(terms.price_cents, ResourceKind(self.context["kind"]))


class TermsAsk(Ask):
    """Quantity, price and from when; a negative price is paid by the holder."""

    read_only_names = frozenset({"number", "by", "created_at", "object"})

    quantity = QuantityAsk()
    price = MoneyAsk()
    starts_on = CalendarDay()
    ends_on = CalendarDay(allow_null=True, required=False)
    incoterm = Word(choices=list(Incoterm.values), required=False)
    haulage_borne_by = Word(choices=list(HaulageBorneBy.values), required=False)
    carrier = Words(max_length=200, allow_blank=True, required=False)
    quality = Words(max_length=LONGEST_MESSAGE, allow_blank=True, required=False)
    note = Words(max_length=LONGEST_NOTE, allow_blank=True, required=False)


def terms_draft_of(values: dict[str, Any]) -> TermsDraft:
    """Validated values of a body in the words of the service."""
    rest = dict(values)
    quantity, price = rest.pop("quantity"), rest.pop("price")
    return TermsDraft(
        quantity_value=quantity["value"],
        quantity_unit=quantity["unit"],
        quantity_basis=quantity["basis"],
        price_cents=int(price["amount"] * 100),
        **rest,
    )


class MessageAnswer(Answer):
    """What one side wrote."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    by = serializers.ChoiceField(choices=SIDES, source="role")
    body = serializers.CharField()
    created_at = Moment()

    @extend_schema_field({"type": "string", "const": "message"})
    def get_object(self, message: Message) -> str:
        return "message"


class MessageAsk(Ask):
    body = Words(max_length=LONGEST_MESSAGE)


class DocumentAnswer(Answer):
    """A file one side gave the other, without its bytes."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    by = serializers.ChoiceField(choices=SIDES, source="role")
    kind = serializers.ChoiceField(choices=DOCUMENT_KINDS)
    name = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = Moment()

    @extend_schema_field({"type": "string", "const": "document"})
    def get_object(self, document: Document) -> str:
        return "document"


class WholeDocument(DocumentAnswer):
    """A document with its bytes."""

    content = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "format": "byte"})
    def get_content(self, document: Document) -> str:
        return b64encode(content_of(document)).decode()


@extend_schema_field({"type": "string", "format": "byte"})
class Base64(serializers.Field):  # type: ignore[type-arg]
    """Bytes in Base64 (RFC 4648, with padding)."""

    default_error_messages = {"not_base64": _("Base64 is needed.")}

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str):
            self.fail("not_base64")
        try:
            return b64decode(data, validate=True)
        except (NotBase64, ValueError):
            self.fail("not_base64")


class DocumentAsk(Ask):
    """A file; a body is 2.5 MB at most, larger ones go through the pages."""

    name = Words(max_length=150)
    kind = Word(choices=DOCUMENT_KINDS, required=False)
    content = Base64()
