"""Which exchanges a viewer may see, and what of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import F, Model, Q, QuerySet

from marketplace.exchanges.correspondence import Document, Message
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.exchanges.process import PARTIES, Act, Row, fold, moves_for
from marketplace.exchanges.querysets import ExchangeQuerySet
from marketplace.exchanges.roles import acts_as, is_party, pair_actors, seen_as
from marketplace.exchanges.words import LossReason, Move, Outcome, Role
from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect, QuantityBand, quantity_band
from marketplace.listings.disclosure import DisclosedListing, disclose, withheld
from marketplace.listings.models import Need, Offer

ModelT = TypeVar("ModelT", bound=Model)


def exchanges_visible_to(viewer: Viewer) -> ExchangeQuerySet:
    """Those of the viewer's organisations, of the regions its chamber serves, or all of them."""
    return Exchange.objects.filter(_visible(viewer)).with_parties()


def _visible(viewer: Viewer) -> Q:
    if viewer.secretariat:
        return Q()
    party = Q(offer_organisation_id__in=viewer.organisation_ids) | Q(
        need_organisation_id__in=viewer.organisation_ids
    )
    regions = viewer.chamber_region_ids
    return party | Q(offer__public_region_id__in=regions) | Q(need__public_region_id__in=regions)


def exchanges_of_organisations(viewer: Viewer) -> ExchangeQuerySet:
    """Exchanges to which the viewer's organisations are a party, the most pressing first."""
    return (
        exchanges_visible_to(viewer)
        .of_organisations(viewer.organisation_ids)
        .order_by("next_action_on", "id")
    )


def exchanges_to_facilitate(viewer: Viewer) -> ExchangeQuerySet:
    """Exchanges of the regions whose chamber the viewer serves, the most pressing first."""
    return (
        exchanges_visible_to(viewer)
        .in_regions(viewer.chamber_region_ids)
        .order_by("next_action_on", "id")
    )


def may_open(viewer: Viewer, offer: Offer, need: Need) -> bool:
    """Whether the viewer could take up the pair: a party or its chamber, both sides posted."""
    return not (offer.inferred or need.inferred) and bool(pair_actors(viewer, offer, need))


def open_exchange_between(viewer: Viewer, offer: Offer, need: Need) -> Exchange | None:
    """The open exchange of a pair, where the viewer may see it."""
    found: Exchange | None = (
        exchanges_visible_to(viewer).open().filter(offer=offer, need=need).first()
    )
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """What the matcher reckoned, for the whole quantity; cents, kg and metres."""

    base_quantity: int
    road_m: int
    value_cents: int
    haulage_cents: int
    co2e_kg: int
    price_low_cents: int | None
    price_high_cents: int | None


@dataclass(frozen=True, slots=True)
class DisclosedExchange:
    """An exchange as far as one viewer may know it.

    ``figures`` None where they would tell an anonymous side's exact amount or price; ``band``
    stands in for the quantity. ``moves``: rows of the table the viewer could take on the day.
    ``party``: the viewer acts for a side, so terms, messages and documents are its own to read.
    """

    exchange: Exchange
    offer: DisclosedListing
    need: DisclosedListing
    figures: Figures | None
    band: QuantityBand
    roles: frozenset[Role]
    moves: tuple[Row, ...]

    @property
    def version(self) -> int:
        return self.exchange.version

    @property
    def party(self) -> bool:
        return bool(self.roles & PARTIES)


_IN_THE_FIGURES = frozenset({Aspect.QUANTITY, Aspect.PRICE, Aspect.PLACE})
"""Aspects that amount, value or haulage of the pair would give away."""


def disclose_exchange(exchange: Exchange, viewer: Viewer, *, on: date) -> DisclosedExchange:
    """The exchange in the form this viewer may have; assumes that it may see it at all.

    An anonymous side has a name only once both sides have opted in.
    """
    known = exchange.names_shared
    kept = withheld(exchange.offer, viewer) | withheld(exchange.need, viewer)
    hidden = not known and bool(kept & _IN_THE_FIGURES)
    return DisclosedExchange(
        exchange=exchange,
        offer=disclose(exchange.offer, viewer, opted_in=known),
        need=disclose(exchange.need, viewer, opted_in=known),
        figures=None if hidden else _figures(exchange),
        band=quantity_band(exchange.proposed_base),
        roles=seen_as(viewer, exchange),
        moves=moves_for(exchange.standing, acts_as(viewer, exchange), on=on),
    )


def _figures(exchange: Exchange) -> Figures:
    return Figures(
        base_quantity=exchange.proposed_base,
        road_m=exchange.road_m,
        value_cents=exchange.value_cents,
        haulage_cents=exchange.haulage_cents,
        co2e_kg=exchange.co2e_kg,
        price_low_cents=exchange.price_low_cents,
        price_high_cents=exchange.price_high_cents,
    )


def events_of(exchange: Exchange) -> QuerySet[Event]:
    """The whole history in order."""
    return exchange.events.select_related("user").order_by("number")


def agreed_terms_of(exchanges: Iterable[Exchange]) -> dict[int, Terms]:
    """The terms that hold, by exchange, in one query; none for an exchange without agreed terms."""
    rows = Terms.objects.filter(
        exchange__in=[row.pk for row in exchanges if row.agreed_number is not None],
        number=F("exchange__agreed_number"),
    )
    return {terms.exchange_id: terms for terms in rows}


def terms_of(exchange: Exchange, viewer: Viewer) -> QuerySet[Terms]:
    """All terms in order, to a party; nothing to anybody else."""
    return _for_parties(exchange, viewer, exchange.all_terms.order_by("number"))


def messages_of(exchange: Exchange, viewer: Viewer) -> QuerySet[Message]:
    """What the parties wrote, in order, to a party; nothing to anybody else."""
    return _for_parties(exchange, viewer, exchange.messages.select_related("user").order_by("id"))


def documents_of(exchange: Exchange, viewer: Viewer) -> QuerySet[Document]:
    """What the parties gave each other, in order, to a party; nothing to anybody else."""
    return _for_parties(exchange, viewer, exchange.documents.select_related("user").order_by("id"))


def _for_parties(exchange: Exchange, viewer: Viewer, rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
    return rows if is_party(viewer, exchange) else rows.none()


def documents_visible_to(viewer: Viewer) -> QuerySet[Document]:
    """Documents of exchanges to which the viewer's organisations are a party: nobody else's, not
    even the secretariat's."""
    own = viewer.organisation_ids
    return Document.objects.filter(
        Q(exchange__offer_organisation_id__in=own) | Q(exchange__need_organisation_id__in=own)
    ).select_related("exchange")


def act_of(event: Event) -> Act:
    """The act that an event records, as the process table reads it."""
    return Act(
        move=Move(event.move),
        role=Role(event.role),
        on=event.on,
        reason=LossReason(event.reason) if event.reason else None,
        outcome=Outcome(event.outcome) if event.outcome else None,
        terms=event.terms_number,
        due_on=event.due_on,
        note=event.note,
    )


def agrees_with_history(exchange: Exchange) -> bool:
    """Whether the stored state is what the events fold to."""
    history = exchange.events.order_by("number")
    return fold(act_of(event) for event in history) == exchange.standing
