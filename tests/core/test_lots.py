"""All-or-nothing markets against brute force, and the gap they tell."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from symbiosis.core.match import match
from symbiosis.core.params import Params
from symbiosis.core.problem import Problem
from symbiosis.core.verify import verify
from tests.core.test_match import random_problem


def by_trying_everything(problem: Problem) -> int:
    best = 0
    room = np.minimum(problem.supply[problem.offer], problem.demand[problem.need])
    for flow in itertools.product(*(range(most + 1) for most in room.tolist())):
        f = np.array(flow)
        sent = np.bincount(problem.offer, f, len(problem.supply))
        taken = np.bincount(problem.need, f, len(problem.demand))
        if (sent > problem.supply).any() or (taken > problem.demand).any():
            continue
        if ((f > 0) & (f < problem.min_lot)).any():
            continue
        if ((taken > 0) & (taken < problem.min_intake)).any():
            continue
        best = max(best, int(f @ problem.value) - int(problem.fixed_cost[f > 0].sum()))
    return best


def test_tiny_markets_reach_the_best_of_all_allocations() -> None:
    rng = np.random.default_rng(4)
    for _ in range(25):
        problem = Problem(
            supply=rng.integers(0, 5, 2),
            demand=rng.integers(0, 5, 3),
            offer=rng.integers(0, 2, 5),
            need=rng.integers(0, 3, 5),
            value=rng.integers(-3, 30, 5),
            min_lot=rng.integers(0, 4, 5),
            fixed_cost=rng.integers(0, 20, 5),
            min_intake=rng.integers(0, 5, 3),
        )
        plan = match(problem, Params(exact_gap=0.0))
        verify(problem, plan)
        assert plan.objective == by_trying_everything(problem) <= plan.bound


def test_lots_and_fixed_costs_only_take_away_and_the_bound_holds() -> None:
    problem = random_problem(np.random.default_rng(5), 60, 60, 500)
    divisible = match(problem)
    arcs = problem.arcs
    lots = replace(problem, min_lot=np.full(arcs, 12))
    fixed = replace(problem, fixed_cost=np.full(arcs, 900))
    pooled = replace(problem, min_intake=np.full(len(problem.demand), 25))
    for whole in (lots, fixed, pooled):
        plan = match(whole, Params(exact_seconds=5.0))
        verify(whole, plan)
        assert plan.objective <= plan.bound <= divisible.objective
        assert plan.gap < 0.01
