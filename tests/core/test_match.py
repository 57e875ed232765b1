"""The divisible market through its one door, against brute force and an independent solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from symbiosis.core.errors import PlanError, ProblemError
from symbiosis.core.match import match
from symbiosis.core.problem import Problem
from symbiosis.core.verify import verify


def random_problem(rng: np.random.Generator, offers: int, needs: int, arcs: int) -> Problem:
    return Problem(
        supply=rng.integers(0, 60, offers),
        demand=rng.integers(0, 60, needs),
        offer=rng.integers(0, offers, arcs),
        need=rng.integers(0, needs, arcs),
        value=rng.integers(-20, 400, arcs),
    )


def linear_programme(problem: Problem) -> float:
    """The optimum by scipy's HiGHS."""
    arcs = np.arange(problem.arcs)
    ones = np.ones(problem.arcs)
    by_offer = csr_array((ones, (problem.offer, arcs)), shape=(len(problem.supply), problem.arcs))
    by_need = csr_array((ones, (problem.need, arcs)), shape=(len(problem.demand), problem.arcs))
    rows = [by_offer, by_need]
    limit = np.concatenate([problem.supply, problem.demand])
    answer = linprog(-problem.value, A_ub=vstack(rows), b_ub=limit, method="highs")
    assert answer.status == 0
    return -float(answer.fun)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    offers, needs = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    arcs = draw(st.integers(0, 20))
    quantities = st.integers(0, 40)
    return Problem(
        supply=draw(st.lists(quantities, min_size=offers, max_size=offers)),
        demand=draw(st.lists(quantities, min_size=needs, max_size=needs)),
        offer=draw(st.lists(st.integers(0, offers - 1), min_size=arcs, max_size=arcs)),
        need=draw(st.lists(st.integers(0, needs - 1), min_size=arcs, max_size=arcs)),
        value=draw(st.lists(st.integers(-30, 300), min_size=arcs, max_size=arcs)),
    )


def test_five_hundred_markets_agree_with_an_independent_solver() -> None:
    rng = np.random.default_rng(20)
    for _ in range(500):
        problem = random_problem(rng, *rng.integers(1, 14, 2), int(rng.integers(0, 90)))
        plan = match(problem)
        verify(problem, plan)
        expected = linear_programme(problem) if problem.arcs else 0
        assert plan.objective == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_values_too_large_for_packed_lists_are_solved_as_exactly() -> None:
    problem = random_problem(np.random.default_rng(6), 300, 300, 2_000)
    factor = 2**50 // 400
    larger = replace(problem, value=problem.value * factor)
    plan = match(larger)
    verify(larger, plan)
    assert plan.objective == factor * match(problem).objective


def test_a_market_of_many_sizes_and_parts_is_proven_by_its_prices() -> None:
    rng = np.random.default_rng(11)
    for arcs in (2_000, 20_000):
        rows = arcs // 8
        offer = rng.integers(0, rows, arcs)
        problem = Problem(
            supply=np.rint(rng.lognormal(5.0, 2.0, rows)).astype(np.int64),
            demand=np.rint(rng.lognormal(5.0, 2.0, rows)).astype(np.int64),
            offer=offer,
            need=(offer + rng.integers(0, 40, arcs)) % rows,
            value=rng.integers(-5, 12, arcs) * rng.integers(1, 900, arcs),
        )
        verify(problem, match(problem))


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(2, 9))
def test_scaling_quantities_scales_the_plan(problem: Problem, factor: int) -> None:
    larger = Problem(
        supply=problem.supply * factor,
        demand=problem.demand * factor,
        offer=problem.offer,
        need=problem.need,
        value=problem.value,
    )
    assert match(larger).objective == factor * match(problem).objective


@settings(max_examples=60, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_renaming_the_firms_changes_nothing_but_names(problem: Problem, random: object) -> None:
    offers = np.array(random.sample(range(len(problem.supply)), len(problem.supply)))  # type: ignore[attr-defined]
    needs = np.array(random.sample(range(len(problem.demand)), len(problem.demand)))  # type: ignore[attr-defined]
    renamed = Problem(
        supply=problem.supply[np.argsort(offers)],
        demand=problem.demand[np.argsort(needs)],
        offer=offers[problem.offer],
        need=needs[problem.need],
        value=problem.value,
    )
    assert match(renamed).objective == match(problem).objective


@settings(max_examples=60, deadline=None)
@given(problems(), st.data())
def test_more_to_offer_never_lowers_the_optimum(problem: Problem, data: st.DataObject) -> None:
    more = problem.supply.copy()
    row = data.draw(st.integers(0, len(more) - 1))
    extra = data.draw(st.integers(1, 30))
    more[row] += extra
    richer = Problem(
        supply=more,
        demand=problem.demand,
        offer=problem.offer,
        need=problem.need,
        value=problem.value,
    )
    before = match(problem)
    gain = match(richer).objective - before.objective
    assert 0 <= gain <= extra * int(before.offer_price[row])


@settings(max_examples=60, deadline=None)
@given(problems())
def test_no_pair_outside_the_plan_could_beat_its_prices(problem: Problem) -> None:
    plan = match(problem)
    gain = problem.value - plan.offer_price[problem.offer] - plan.need_price[problem.need]
    assert (gain <= 0).all()
    assert (gain[plan.flow > 0] == 0).all()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"supply": [1.5]}, "supply"),
        ({"supply": [-1]}, "supply"),
        ({"offer": [1]}, "offer"),
        ({"need": [-1]}, "need"),
        ({"value": [1, 2]}, "value"),
        ({"value": [2**60]}, "value"),
        ({"min_lot": [1, 1]}, "min_lot"),
        ({"demand": [[1]]}, "demand"),
    ],
)
def test_a_problem_that_does_not_fit_together_names_the_array(
    change: dict[str, object], field: str
) -> None:
    sound = {"supply": [1], "demand": [1], "offer": [0], "need": [0], "value": [1]}
    with pytest.raises(ProblemError) as raised:
        Problem(**{**sound, **change})  # type: ignore[arg-type]
    assert raised.value.field == field


def test_a_corrupted_plan_is_refused() -> None:
    problem = random_problem(np.random.default_rng(3), 8, 8, 40)
    plan = match(problem)
    verify(problem, plan)
    used = int(np.flatnonzero(plan.flow)[0])
    less, more, other_price = plan.flow.copy(), plan.flow.copy(), plan.need_price.copy()
    less[used] -= 1
    more[used] += 1
    other_price[int(problem.need[used])] += 1
    for corrupted in (
        replace(plan, flow=less),
        replace(plan, flow=more),
        replace(plan, flow=plan.flow[1:]),
        replace(plan, flow=-plan.flow),
        replace(plan, objective=plan.objective + 1, bound=plan.bound + 1),
        replace(plan, bound=plan.bound + 1),
        replace(plan, need_price=other_price),
        replace(plan, offer_price=plan.offer_price - 1),
        replace(plan, problem_digest="0" * 32),
    ):
        with pytest.raises(PlanError):
            verify(problem, corrupted)
