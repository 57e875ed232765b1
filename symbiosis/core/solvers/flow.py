"""The divisible problem, solved exactly: arrays in, an optimal flow with its dual prices out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symbiosis.core.kernels.build import place_all, rows_by_value
from symbiosis.core.kernels.lists import FAR, NONE
from symbiosis.core.problem import Ints, Problem


@dataclass(frozen=True)
class Flow:
    """An optimal allocation of the divisible problem; prices in cents per tonne."""

    flow: Ints
    offer_price: Ints
    need_price: Ints


def scratch(src: int, dst: int, arcs: int) -> tuple[Any, ...]:
    """Working arrays of one search, from `src` rows over `dst` rows; pages are used as touched."""
    return (
        np.full(src, FAR, np.int64),
        np.empty(src, np.int32),
        np.full(dst, FAR, np.int64),
        np.empty(dst, np.int32),
        np.empty(src + 1, np.int32),
        np.empty(dst + 1, np.int32),
        np.empty(arcs + 1, np.int32),
        np.empty(arcs + 1, np.int64),
        np.empty(arcs + 1, np.int32),
    )


def carrying_lists(rows: int, arcs: int) -> tuple[Any, ...]:
    """Empty lists (head, next, previous) of the arcs that carry, by row."""
    return np.full(rows, NONE, np.int32), np.empty(arcs, np.int32), np.empty(arcs, np.int32)


def solve_flow(problem: Problem) -> Flow:
    """The optimum of the divisible problem (lots, fixed costs and intakes are not looked at).

    Listings are placed largest first, which costs less than half the work of smallest first.
    Guarantee: exact in integers. Complexity: pseudo-polynomial in theory; the measured growth with
    the number of arcs is in docs/benchmarks.md. Memory: about 36 bytes an arc.
    """
    offers, needs = len(problem.supply), len(problem.demand)
    start, arcs = rows_by_value(problem.offer, problem.value, offers)
    flow = np.zeros(len(arcs), np.int64)
    offer_price = np.zeros(offers, np.int64)
    need_price = np.zeros(needs, np.int64)
    place_all(
        np.argsort(-problem.supply, kind="stable").astype(np.int32),
        start[:-1], start[1:],
        problem.need[arcs], problem.offer[arcs], problem.value[arcs], flow,
        offer_price, problem.supply.copy(), need_price, problem.demand.copy(),
        carrying_lists(needs, len(arcs)),
        scratch(offers, needs, len(arcs)),
    )  # fmt: skip
    in_order = np.empty(len(arcs), np.int64)
    in_order[arcs] = flow
    return Flow(in_order, offer_price, need_price)
