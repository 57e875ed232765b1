"""Price bands against what one kilogram more or less is worth to the whole market."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from symbiosis.core.errors import PlanError
from symbiosis.core.match import match
from symbiosis.core.prices import price_bands
from symbiosis.core.problem import Problem
from tests.core.test_match import problems, random_problem


def with_one_more(problem: Problem, side: str, row: int, more: int) -> int:
    quantity = getattr(problem, side).copy()
    quantity[row] += more
    return match(replace(problem, **{side: quantity})).objective


@settings(max_examples=80, deadline=None)
@given(problems())
def test_both_extremes_are_stable_splits(problem: Problem) -> None:
    plan = match(problem)
    bands = price_bands(problem, plan)
    for offer, need in (
        (bands.offer_least, bands.need_most),
        (bands.offer_most, bands.need_least),
    ):
        assert (offer >= 0).all()
        assert (need >= 0).all()
        left = offer[problem.offer] + need[problem.need] - problem.value
        assert (left >= 0).all()
        assert (left[plan.flow > 0] == 0).all()
        assert offer @ problem.supply + need @ problem.demand == plan.objective
    suggested = bands.offer_gain()[problem.offer] + bands.need_gain()[problem.need]
    assert (suggested >= problem.value - 1e-6).all()


def test_the_band_runs_from_one_more_to_one_less() -> None:
    rng = np.random.default_rng(8)
    for _ in range(40):
        problem = random_problem(rng, 5, 5, 14)
        plan = match(problem)
        bands = price_bands(problem, plan)
        for row in np.flatnonzero(problem.supply > 0):
            gained = with_one_more(problem, "supply", row, 1) - plan.objective
            lost = plan.objective - with_one_more(problem, "supply", row, -1)
            assert (bands.offer_least[row], bands.offer_most[row]) == (gained, lost)
        for row in np.flatnonzero(problem.demand > 0):
            gained = with_one_more(problem, "demand", row, 1) - plan.objective
            lost = plan.objective - with_one_more(problem, "demand", row, -1)
            assert (bands.need_least[row], bands.need_most[row]) == (gained, lost)


def test_no_band_is_claimed_for_lots() -> None:
    problem = Problem([5], [5], [0], [0], [9], min_lot=[2])
    with pytest.raises(PlanError):
        price_bands(problem, match(problem))
