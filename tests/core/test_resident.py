"""A market held at its optimum: any sequence of changes ends where a cold solve would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from symbiosis.core.errors import CoreError, UnknownListingError
from symbiosis.core.match import match
from symbiosis.core.problem import Problem
from symbiosis.core.solvers.resident import Resident
from symbiosis.core.verify import verify
from tests.core.test_match import problems

SIDES = st.sampled_from(["offer", "need"])
QUANTITIES = st.integers(0, 50)
VALUES = st.integers(-10, 200)


class ChangingMarket(RuleBasedStateMachine):
    """Listings arrive, leave, grow, shrink and change their worth in any order."""

    @initialize(problem=problems())
    def opens(self, problem: Problem) -> None:
        self.market = Resident(problem)

    @rule(side=SIDES, quantity=QUANTITIES, data=st.data())
    def arrives(self, side: str, quantity: int, data: st.DataObject) -> None:
        other = "need" if side == "offer" else "offer"
        partners = data.draw(st.lists(st.integers(0, self.market.rows(other) - 1), max_size=5))
        values = data.draw(st.lists(VALUES, min_size=len(partners), max_size=len(partners)))
        self.market.arrive(side, quantity=quantity, partners=partners, values=values)

    @rule(side=SIDES, quantity=QUANTITIES, data=st.data())
    def changes_quantity(self, side: str, quantity: int, data: st.DataObject) -> None:
        row = data.draw(st.integers(0, self.market.rows(side) - 1))
        before = self.market.objective
        change = self.market.set_quantity(side, row, quantity)
        assert self.market.objective == before + change

    @rule(value=VALUES, data=st.data())
    def changes_worth(self, value: int, data: st.DataObject) -> None:
        arcs = self.market.problem().arcs
        if arcs:
            self.market.set_values([data.draw(st.integers(0, arcs - 1))], [value])

    @rule(value=VALUES, data=st.data())
    def gains_a_pair(self, value: int, data: st.DataObject) -> None:
        offer = data.draw(st.integers(0, self.market.rows("offer") - 1))
        need = data.draw(st.integers(0, self.market.rows("need") - 1))
        self.market.add_arcs([offer], [need], [value])

    @invariant()
    def is_at_the_optimum(self) -> None:
        if hasattr(self, "market"):
            problem = self.market.problem()
            verify(problem, self.market.plan())
            assert self.market.objective == match(problem).objective


TestChangingMarket = ChangingMarket.TestCase
TestChangingMarket.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)


def test_unknown_listings_and_negative_quantities_are_refused() -> None:
    market = Resident(Problem([1], [1], [0], [0], [5]))
    with pytest.raises(UnknownListingError):
        market.set_quantity("offer", 1, 3)
    with pytest.raises(UnknownListingError):
        market.arrive("offer", quantity=1, partners=np.array([4]), values=np.array([3]))
    with pytest.raises(CoreError):
        market.set_quantity("need", 0, -1)
    assert market.objective == match(market.problem()).objective
