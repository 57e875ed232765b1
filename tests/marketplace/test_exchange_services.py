"""Exchanges through their services: who may act, what is held, what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Sum

from marketplace.errors import Conflict, InvalidInput, MarketplaceError, NotPermitted
from marketplace.exchanges.selectors import agrees_with_history
from marketplace.exchanges.services import (
    MoveDetails,
    make_move,
    move_by_calendar,
    propose_terms,
)
from marketplace.exchanges.words import LossReason, Move, Role, State
from marketplace.firms.viewers import Viewer
from marketplace.listings.locking import LockOutsideTransaction, lock_pair
from marketplace.listings.services import revise_listing
from marketplace.models import Event, Exchange, Message, Need, Offer, Terms
from tests.exchange_stories import NOW, TODAY, accept, draft, pair
from tests.factories import OrganisationFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db


def code_of(refusal: pytest.ExceptionInfo[MarketplaceError]) -> str:
    return refusal.value.problems[0].code


def free(*listings: Offer | Need) -> list[int]:
    return [type(row).objects.get(pk=row.pk).base_remaining for row in listings]


def test_a_party_that_opens_is_interested_and_the_other_is_asked() -> None:
    two = pair()
    exchange = two.opened(value_cents=5_000, road_m=1_200)
    assert exchange.state == State.INTEREST_ONE
    assert exchange.next_action == Move.INTEREST
    assert exchange.next_action_on == TODAY + timedelta(days=14)
    assert (exchange.value_cents, exchange.road_m) == (5_000, 1_200)
    assert [(e.move, e.role) for e in exchange.events.all()] == [
        (Move.OPEN, Role.OFFER),
        (Move.INTEREST, Role.OFFER),
    ]


def test_a_chamber_opens_and_speaks_for_nobody() -> None:
    region = RegionFactory()
    chamber = OrganisationFactory(type="chamber", region=region)
    two = pair(offer__site=SiteFactory(region=region))
    officer = Viewer(
        organisation_ids=frozenset({chamber.pk}), chamber_region_ids=frozenset({region.pk})
    )
    exchange = two.opened(officer)
    assert (exchange.state, exchange.facilitator) == (State.OPENED, chamber)
    with pytest.raises(NotPermitted):
        make_move(viewer=officer, exchange=exchange, move=Move.INTEREST, now=NOW)


def test_strangers_may_neither_open_nor_move() -> None:
    two = pair()
    stranger = pair().holder
    with pytest.raises(NotPermitted):
        two.opened(stranger)
    assert not Exchange.objects.exists()
    exchange = two.opened()
    with pytest.raises(NotPermitted):
        make_move(viewer=stranger, exchange=exchange, move=Move.INTEREST, now=NOW)


def test_a_pair_has_one_open_exchange() -> None:
    two = pair()
    two.opened()
    with pytest.raises(Conflict) as refusal:
        two.opened(two.receiver)
    assert code_of(refusal) == "already_open"
    assert Exchange.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"need__status": "paused"}, "not_open"),
        ({"offer__available_until": date(2026, 3, 1)}, "not_open"),
        ({"offer__origin": "inferred"}, "inferred"),
    ],
)
def test_only_open_posted_listings_are_taken_up(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Conflict) as refusal:
        pair(**fields).opened()
    assert code_of(refusal) == code


def test_agreeing_holds_the_quantity_on_both_sides() -> None:
    two = pair()
    exchange = two.agreed(30)
    assert exchange.state == State.AGREED
    assert free(two.offer, two.need) == [70_000, 70_000]
    assert exchange.agreed_terms == Terms.objects.get()
    assert agrees_with_history(exchange)


def test_what_is_held_is_not_agreed_again() -> None:
    first = pair()
    other = pair()
    first.agreed(60)
    second = type(first)(first.offer, other.need)
    exchange = second.with_terms(50)
    with pytest.raises(Conflict) as refusal:
        accept(second.receiver, exchange)
    assert code_of(refusal) == "not_free"
    exchange.refresh_from_db()
    assert exchange.state == State.TERMS
    assert free(first.offer, other.need) == [40_000, 100_000]


def test_the_database_refuses_what_a_check_would_miss() -> None:
    two = pair()
    with pytest.raises(IntegrityError, match="no_tonne_twice"), transaction.atomic():
        Offer.objects.filter(pk=two.offer.pk).update(base_reserved=100_001)


def test_a_listing_is_not_cut_below_what_is_agreed() -> None:
    two = pair()
    two.agreed(60)
    with pytest.raises(InvalidInput) as refusal:
        revise_listing(
            viewer=two.holder,
            listing=two.offer,
            changes={"quantity_value": Decimal(59)},
            expected_version=None,
        )
    assert code_of(refusal) == "below_reserved"


def test_only_the_other_side_accepts_and_only_the_latest() -> None:
    two = pair()
    exchange = two.with_terms(10)
    with pytest.raises(Conflict):
        accept(two.holder, exchange)
    first = exchange.all_terms.get()
    propose_terms(viewer=two.holder, exchange=exchange, draft=draft(20), now=NOW)
    with pytest.raises(Conflict) as refusal:
        accept(two.receiver, exchange, first)
    assert code_of(refusal) == "others_latest_terms"
    assert free(two.offer) == [100_000]


@pytest.mark.parametrize("move", [Move.LOSE, Move.COMPLETE])
def test_a_flow_is_free_again_when_the_exchange_ends(move: Move) -> None:
    two = pair()
    exchange = two.agreed(30)
    exchange = make_move(viewer=two.holder, exchange=exchange, move=Move.START, now=NOW)
    details = MoveDetails(reason=LossReason.PRICE if move is Move.LOSE else None)
    exchange = make_move(viewer=two.holder, exchange=exchange, move=move, now=NOW, details=details)
    assert (exchange.offer_reserved, exchange.need_reserved) == (0, 0)
    assert free(two.offer, two.need) == [100_000, 100_000]
    assert agrees_with_history(exchange)


def test_of_a_stock_what_was_delivered_is_gone() -> None:
    two = pair(offer__quantity_basis="total")
    exchange = two.agreed(30)
    Exchange.objects.filter(pk=exchange.pk).update(delivered_base=12_000)
    exchange.refresh_from_db()
    lost = make_move(
        viewer=two.receiver,
        exchange=exchange,
        move=Move.LOSE,
        now=NOW,
        details=MoveDetails(reason=LossReason.QUALITY),
    )
    assert (lost.offer_reserved, lost.need_reserved) == (12_000, 0)
    assert free(two.offer, two.need) == [88_000, 100_000]


def test_the_calendar_expires_what_is_overdue_and_frees_it() -> None:
    two = pair()
    exchange = two.agreed(30)
    assert exchange.next_action_on == TODAY + timedelta(days=30)
    early = NOW + timedelta(days=44)
    with pytest.raises(Conflict):
        move_by_calendar(exchange=exchange, move=Move.EXPIRE, now=early)
    late = NOW + timedelta(days=45)
    expired = move_by_calendar(exchange=exchange, move=Move.EXPIRE, now=late)
    assert (expired.state, expired.loss_reason) == (State.EXPIRED, LossReason.NO_ANSWER)
    assert free(two.offer, two.need) == [100_000, 100_000]


def test_reopening_keeps_known_names_and_asks_all_else_again() -> None:
    two = pair()
    exchange = two.agreed(30)
    exchange = make_move(
        viewer=two.holder,
        exchange=exchange,
        move=Move.LOSE,
        now=NOW,
        details=MoveDetails(reason=LossReason.LEGAL),
    )
    exchange = make_move(viewer=two.receiver, exchange=exchange, move=Move.REOPEN, now=NOW)
    assert (exchange.state, exchange.round, exchange.agreed_terms) == (State.DISCLOSED, 2, None)
    with pytest.raises(Conflict):
        accept(two.receiver, exchange)
    assert agrees_with_history(exchange)


def test_a_stale_version_changes_nothing() -> None:
    two = pair()
    exchange = two.opened()
    with pytest.raises(Conflict) as refusal:
        make_move(
            viewer=two.receiver,
            exchange=exchange,
            move=Move.INTEREST,
            now=NOW,
            expected_version=1,
        )
    assert code_of(refusal) == "stale"
    assert exchange.events.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity_value": Decimal(0)}, "quantity.value"),
        ({"quantity_unit": "kWh"}, "quantity.value"),
        ({"incoterm": "CIF"}, "incoterm"),
        ({"haulage_borne_by": "nobody"}, "haulage_borne_by"),
        ({"ends_on": date(2026, 3, 31)}, "ends_on"),
        ({"price_cents": 200_000_000}, "price"),
        ({"note": "\u202e"}, "note"),
    ],
)
def test_unsound_terms_are_named_and_not_written(changes: dict[str, Any], field: str) -> None:
    two = pair()
    exchange = two.disclosed()
    with pytest.raises(InvalidInput) as refusal:
        propose_terms(viewer=two.holder, exchange=exchange, draft=draft(10, **changes), now=NOW)
    assert field in refusal.value.by_field()
    assert not Terms.objects.exists()


def test_what_was_said_cannot_be_changed() -> None:
    two = pair()
    exchange = two.with_terms()
    Message.objects.create(exchange=exchange, role=Role.OFFER, body="Суха ли е?", created_at=NOW)
    for rows in (Terms.objects.all(), Event.objects.all(), Message.objects.all()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(role=Role.NEED)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.delete()


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused() -> None:
    two = pair()
    with pytest.raises(LockOutsideTransaction):
        lock_pair(offer_id=two.offer.pk, need_id=two.need.pk)


def test_reservations_of_listings_are_the_sum_of_their_exchanges() -> None:
    first = pair()
    second = type(first)(first.offer, pair().need)
    first.agreed(10)
    second.agreed(25)
    held = Exchange.objects.filter(offer=first.offer).aggregate(n=Sum("offer_reserved"))["n"]
    assert Offer.objects.get(pk=first.offer.pk).base_reserved == held == 35_000
