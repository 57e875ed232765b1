"""Random negotiations against the database: what the table forbids changes nothing, history folds
to the state, and no tonne is held twice."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from marketplace.errors import MarketplaceError
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.exchanges.process import IllegalMove, advance
from marketplace.exchanges.selectors import act_of, agrees_with_history
from marketplace.exchanges.services import (
    MoveDetails,
    make_move,
    move_by_calendar,
    propose_terms,
)
from marketplace.exchanges.words import LossReason, Move, Outcome
from marketplace.firms.viewers import Viewer
from marketplace.models import Need, Offer
from tests.exchange_stories import NOW, Pair, draft
from tests.factories import NeedFactory, OfferFactory

MOVES = [move for move in Move if move not in (Move.OPEN, Move.PROPOSE_TERMS, Move.EXPIRE)]


class Negotiations(RuleBasedStateMachine):
    """One offer of 100 t, two needs of 60 t: two exchanges that compete for the offer."""

    @initialize(basis=st.sampled_from(["total", "year"]))
    def begin(self, basis: str) -> None:
        offer = OfferFactory(quantity_basis=basis)
        needs = [NeedFactory(quantity_value=60, quantity_basis=basis) for _ in range(2)]
        self.pairs = [Pair(offer, need) for need in needs]
        self.now = NOW
        self.exchanges = [pair.opened() for pair in self.pairs]
        admin = Viewer(secretariat=True)
        self.viewers = [(pair.holder, pair.receiver, admin) for pair in self.pairs]

    @rule(
        which=st.integers(0, 1),
        who=st.integers(0, 2),
        move=st.sampled_from(MOVES),
        reason=st.none() | st.sampled_from(LossReason),
        outcome=st.none() | st.sampled_from(Outcome),
        back=st.integers(0, 1),
        ahead=st.none() | st.integers(-3, 400),
    )
    def move(
        self, which: int, who: int, move: Move, reason: Any, outcome: Any, back: int, ahead: Any
    ) -> None:
        exchange = self._fresh(which)
        details = MoveDetails(
            reason=reason,
            outcome=outcome,
            terms_number=max((exchange.terms_number or 0) - back, 0) or None,
            due_on=None if ahead is None else self.now.date() + timedelta(days=ahead),
        )
        self._try(
            exchange,
            lambda: make_move(
                viewer=self.viewers[which][who],
                exchange=exchange,
                move=move,
                now=self.now,
                details=details,
            ),
        )

    @rule(which=st.integers(0, 1), who=st.integers(0, 1), tonnes=st.sampled_from([0, 30, 60, 90]))
    def propose(self, which: int, who: int, tonnes: int) -> None:
        exchange = self._fresh(which)
        self._try(
            exchange,
            lambda: propose_terms(
                viewer=self.viewers[which][who],
                exchange=exchange,
                draft=draft(tonnes),
                now=self.now,
            ),
        )

    @rule(which=st.integers(0, 1))
    def follow_the_obvious_path(self, which: int) -> None:
        """Random walks seldom agree; this step takes the next action that is due."""
        for viewer in self.viewers[which][:2]:
            exchange = self._fresh(which)
            if exchange.next_action in ("", Move.PROPOSE_TERMS):
                return
            due = partial(
                make_move,
                viewer=viewer,
                exchange=exchange,
                move=Move(exchange.next_action),
                now=self.now,
                details=MoveDetails(outcome=Outcome.FITS, terms_number=exchange.terms_number),
            )
            self._try(exchange, due)

    @rule(which=st.integers(0, 1), days=st.integers(1, 60))
    def time_passes(self, which: int, days: int) -> None:
        self.now += timedelta(days=days)
        exchange = self._fresh(which)
        self._try(
            exchange,
            lambda: move_by_calendar(exchange=exchange, move=Move.EXPIRE, now=self.now),
        )

    def _fresh(self, which: int) -> Exchange:
        return Exchange.objects.get(pk=self.exchanges[which].pk)

    def _try(self, exchange: Exchange, act: Any) -> None:
        """Either the act is an event that the table allows, or nothing at all has changed."""
        before = self._everything()
        standing = exchange.standing
        events = Event.objects.count()
        try:
            act()
        except MarketplaceError:
            assert self._everything() == before
            return
        assert Event.objects.count() == events + 1
        event = exchange.events.order_by("number").last()
        try:
            reached = advance(standing, act_of(event))
        except IllegalMove as illegal:  # pragma: no cover - the finding itself
            raise AssertionError(f"{event.move} was let through") from illegal
        assert self._fresh_of(exchange).standing == reached

    def _fresh_of(self, exchange: Exchange) -> Exchange:
        return Exchange.objects.get(pk=exchange.pk)

    def _everything(self) -> list[Any]:
        models = (Offer, Need, Exchange, Event, Terms)
        return [list(model.objects.order_by("pk").values()) for model in models]

    @invariant()
    def history_folds_to_the_state(self) -> None:
        for exchange in Exchange.objects.all():
            assert agrees_with_history(exchange)

    @invariant()
    def no_tonne_is_held_twice(self) -> None:
        for model, side in ((Offer, "offer"), (Need, "need")):
            for listing in model.objects.all():
                held = listing.exchanges.aggregate(n=Sum(f"{side}_reserved", default=0))["n"]
                assert listing.base_reserved == held <= listing.base_quantity


Negotiations.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
class TestNegotiations(Negotiations.TestCase, TestCase):
    """The machine inside a test database; every example is rolled back."""
