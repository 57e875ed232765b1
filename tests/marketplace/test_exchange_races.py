"""No tonne twice under concurrent clients, and the proof that these tests can see an oversell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.utils import timezone

from marketplace.errors import MarketplaceError
from marketplace.exchanges import services
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.exchanges.services import MoveDetails, make_move, move_by_calendar
from marketplace.exchanges.words import LossReason, Move, State
from marketplace.firms.viewers import Viewer
from marketplace.listings.locking import LockedPair
from marketplace.listings.services import revise_listing, withdraw_listing
from marketplace.models import Need, Offer
from symbiosis.catalogue import current_catalogue
from symbiosis.problems import load_market
from tests.exchange_stories import NOW, TODAY, Pair, accept
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory, SiteFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

DUELS = 200
RUNS, CLIENTS, ACCEPTS_EACH = 20, 16, 8


def offers_alike(count: int) -> list[Offer]:
    """Offers of 100 t of one firm, written in bulk."""
    first = OfferFactory()
    alike = {"site": first.site, "organisation": first.organisation, "material": first.material}
    return Offer.objects.bulk_create(OfferFactory.build(**alike) for _ in range(count))


def rivals(offer: Offer, count: int, tonnes: int) -> list[Exchange]:
    """Exchanges of one offer with the holder's terms on the table."""
    (found,) = rivals_for([offer], count, tonnes)
    return found


def rivals_for(offers: list[Offer], count: int, tonnes: int) -> list[list[Exchange]]:
    """``count`` exchanges of each offer, written in bulk: what is tested begins with accepting."""
    site = SiteFactory(organisation=OrganisationFactory())
    plain = {"organisation": site.organisation, "material": offers[0].material}
    wanted = [offer for offer in offers for _ in range(count)]
    needs = Need.objects.bulk_create(
        NeedFactory.build(site=site, quantity_value=1000, **plain) for _ in wanted
    )
    now = timezone.now()
    made = Exchange.objects.bulk_create(
        Exchange(
            offer=offer,
            need=need,
            offer_organisation_id=offer.organisation_id,
            need_organisation_id=need.organisation_id,
            state=State.TERMS,
            next_action=Move.ACCEPT_TERMS,
            next_action_on=TODAY,
            offer_interested=True,
            need_interested=True,
            offer_shared=True,
            need_shared=True,
            terms_number=1,
            terms_by="offer",
            proposed_base=tonnes * 1000,
            opened_at=now,
            moved_at=now,
        )
        for offer, need in zip(wanted, needs, strict=True)
    )
    Terms.objects.bulk_create(
        Terms(
            exchange=exchange,
            number=1,
            role="offer",
            quantity_value=Decimal(tonnes),
            quantity_unit="t",
            base_quantity=tonnes * 1000,
            price_cents=100,
            starts_on=TODAY,
            incoterm="FCA",
            haulage_borne_by="need",
            created_at=now,
        )
        for exchange in made
    )
    return [made[start : start + count] for start in range(0, len(made), count)]


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """Run the acts in threads that start together; ``done`` or the refusal's code of each."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            act()
        except MarketplaceError as refusal:
            return refusal.problems[0].code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def accepting(exchange: Exchange) -> Callable[[], Any]:
    """As the receiver; who it is was read before, so that clients race for the offer alone."""
    own = frozenset([exchange.need_organisation_id])
    viewer = Viewer(organisation_ids=own, editable_ids=own)
    return lambda: accept(viewer, exchange)


def held(offer: Offer) -> int:
    return Exchange.objects.filter(offer=offer).aggregate(n=Sum("offer_reserved", default=0))["n"]


def sound(offer: Offer) -> bool:
    """The stored sum is the sum of the reservations and fits in the quantity."""
    now = Offer.objects.get(pk=offer.pk)
    return now.base_reserved == held(offer) <= now.base_quantity


def test_two_hundred_duels_for_the_last_tonnes() -> None:
    """Two clients want 60 t of 100 t each: one gets them, the other is told why not."""
    results = []
    offers = offers_alike(DUELS)
    with ThreadPoolExecutor(2) as pool:
        for offer, pair in zip(offers, rivals_for(offers, 2, 60), strict=True):
            gate = threading.Barrier(2)
            results.append(sorted(pool.map(_timed, [(gate, accepting(e)) for e in pair])))
            assert held(offer) == 60_000
            assert sound(offer)
        list(pool.map(_hang_up, [threading.Barrier(2)] * 2))
    assert results == [["done", "not_free"]] * DUELS


def _timed(job: tuple[threading.Barrier, Callable[[], Any]]) -> str:
    gate, act = job
    gate.wait(timeout=30)
    return _answer(act)


def test_sixteen_clients_eight_accepts_each() -> None:
    """128 accepts of 1 t on 100 t, twenty times over: exactly 100 succeed."""
    offers = offers_alike(RUNS)
    each = rivals_for(offers, CLIENTS * ACCEPTS_EACH, 1)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for offer, exchanges in zip(offers, each, strict=True):
            gate = threading.Barrier(CLIENTS)
            jobs = [(gate, exchanges[start::CLIENTS]) for start in range(CLIENTS)]
            answers = [answer for told in pool.map(_client, jobs) for answer in told]
            assert (answers.count("done"), answers.count("not_free")) == (100, 28)
            assert held(offer) == 100_000
            assert sound(offer)
        list(pool.map(_hang_up, [threading.Barrier(CLIENTS)] * CLIENTS))


def _client(job: tuple[threading.Barrier, list[Exchange]]) -> list[str]:
    gate, share = job
    gate.wait(timeout=30)
    return [_answer(accepting(exchange)) for exchange in share]


def _hang_up(everybody: threading.Barrier) -> None:
    """Close this thread's connection; the barrier makes each thread take its turn."""
    connections.close_all()
    everybody.wait(timeout=30)


def _answer(act: Callable[[], Any]) -> str:
    try:
        act()
    except MarketplaceError as refusal:
        return refusal.problems[0].code
    return "done"


@contextmanager
def without(constraint: str, table: str) -> Iterator[None]:
    """The database without one constraint; what broke it meanwhile is mended before it returns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint]
        )
        definition = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET base_reserved = 0")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")


@pytest.fixture
def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients of a duel read the listings before either of them writes."""
    meeting = threading.Barrier(2)

    def read_without_lock(*, offer_id: int, need_id: int) -> LockedPair:
        pair = LockedPair(Offer.objects.get(pk=offer_id), Need.objects.get(pk=need_id))
        meeting.wait(timeout=30)
        return pair

    monkeypatch.setattr(services, "lock_pair", read_without_lock)


def test_without_lock_and_constraint_the_same_duels_oversell(no_lock: None) -> None:
    """The control: if this did not oversell, the duels above would prove nothing."""
    sold = []
    with without("offer_no_tonne_twice", "marketplace_offer"):
        for _ in range(5):
            offer = OfferFactory()
            answers = at_once([accepting(exchange) for exchange in rivals(offer, 2, 60)])
            sold.append((answers, held(offer)))
    assert sold == [(["done", "done"], 120_000)] * 5


def test_without_lock_the_database_still_refuses(no_lock: None) -> None:
    """A lock that somebody forgets costs a refusal at the last moment, never a tonne."""
    for _ in range(5):
        offer = OfferFactory()
        answers = at_once([accepting(exchange) for exchange in rivals(offer, 2, 60)])
        assert sorted(answers) == ["done", "not_free"]
        assert sound(offer)


TRIES = 20


def test_accept_against_edit() -> None:
    """Either the cut comes first and the accept is refused, or the cut is."""
    for _ in range(TRIES):
        offer, (exchange,) = _one_rival(60)
        cut = partial(
            revise_listing,
            viewer=Pair(offer, exchange.need).holder,
            listing=offer,
            changes={"quantity_value": Decimal(50)},
            expected_version=None,
        )
        answers = at_once([accepting(exchange), cut])
        assert answers in (["done", "below_reserved"], ["not_free", "done"])
        assert sound(offer)


def test_accept_against_withdrawal() -> None:
    for _ in range(TRIES):
        offer, (exchange,) = _one_rival(60)
        holder = Pair(offer, exchange.need).holder
        withdraw = partial(withdraw_listing, viewer=holder, listing=offer)
        answers = at_once([accepting(exchange), withdraw])
        assert answers in (["done", "done"], ["not_open", "done"])
        assert (held(offer) > 0) == (answers[0] == "done")
        assert sound(offer)


@pytest.mark.parametrize("move", [Move.LOSE, Move.EXPIRE])
def test_accept_against_release(move: Move) -> None:
    """A rival accepts while the holder of the quantity lets go: never more than there is."""
    for _ in range(TRIES):
        offer = OfferFactory()
        first, second = rivals(offer, 2, 60)
        accepting(first)()
        answers = at_once([accepting(second), _letting_go(first, move)])
        assert answers[1] == "done"
        assert answers[0] in ("done", "not_free")
        assert held(offer) == (60_000 if answers[0] == "done" else 0)
        assert sound(offer)


def _one_rival(tonnes: int) -> tuple[Offer, list[Exchange]]:
    offer = OfferFactory()
    return offer, rivals(offer, 1, tonnes)


def _letting_go(exchange: Exchange, move: Move) -> Callable[[], Any]:
    if move is Move.EXPIRE:
        later = NOW + timedelta(days=100)
        return partial(move_by_calendar, exchange=exchange, move=move, now=later)
    return partial(
        make_move,
        viewer=Pair(exchange.offer, exchange.need).holder,
        exchange=exchange,
        move=move,
        now=NOW,
        details=MoveDetails(reason=LossReason.PRICE),
    )


def test_one_exchange_is_accepted_once() -> None:
    """A double click: the second finds the exchange agreed."""
    offer = OfferFactory()
    (exchange,) = rivals(offer, 1, 30)
    answers = sorted(at_once([accepting(exchange)] * 4))
    assert answers == ["done", *["wrong_state"] * 3]
    assert held(offer) == 30_000
    assert Event.objects.filter(exchange=exchange, move=Move.ACCEPT_TERMS).count() == 1


def test_the_matcher_never_plans_what_is_held() -> None:
    """Loading the market meanwhile sees before or after, never more than is free."""
    offer = OfferFactory()
    exchanges = rivals(offer, 8, 10)
    seen: list[int] = []
    catalogue = current_catalogue()

    def look() -> None:
        for _ in range(10):
            seen.extend(load_market(as_of=TODAY, catalogue=catalogue).offers.listings.kg.tolist())

    at_once([look, *[accepting(exchange) for exchange in exchanges]])
    assert set(seen) <= set(range(20_000, 100_001, 10_000))
    assert seen == sorted(seen, reverse=True)
    left = load_market(as_of=TODAY, catalogue=catalogue).offers.listings.kg.tolist()
    assert left == [20_000]
