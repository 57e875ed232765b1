"""The divisible problem, solved exactly: arrays in, an optimal flow with its dual prices out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symbiosis.core.kernels.build import place_all, rows_by_value
from symbiosis.core.kernels.cold import END, FREE, PRICE, START, empty_rows, place_from_lists
from symbiosis.core.kernels.lists import FAR, NONE
from symbiosis.core.kernels.order import listed, walk
from symbiosis.core.problem import Ints, Problem

WORD_BITS = 62
SIZE_CLASS_BITS = 2
"""Listings within this many doublings of one another count as of one size."""


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

    Guarantee: exact in integers. Complexity: pseudo-polynomial in theory; the measured growth with
    the number of arcs is in docs/benchmarks.md. Memory: about 60 bytes an arc.
    """
    shift = max(1, problem.arcs.bit_length())
    top = max(-int(problem.value.min()), int(problem.value.max())) if problem.arcs else 0
    if top.bit_length() + 1 + shift > WORD_BITS:
        return _solve_plainly(problem)
    return _solve_from_lists(problem, np.int64(shift))


def compile_kernels() -> None:
    """Load or compile both ways of the cold solve, on a market of two firms."""
    ends, ones = np.array([0, 1], np.int32), np.ones(2, np.int64)
    tiny = Problem(supply=ones, demand=ones, offer=ends, need=ends, value=ones)
    solve_flow(tiny)
    _solve_plainly(tiny)


def _solve_from_lists(problem: Problem, shift: np.int64) -> Flow:
    """Lists of packed entries, rows numbered so that partners lie together.

    Large listings are placed first, which costs less than half the work of small first; among
    those of a size the walk's order keeps to one corner of the market at a time.
    """
    offers, needs, arcs = len(problem.supply), len(problem.demand), problem.arcs
    offer_at, need_place, start, by_offer = walk(problem.offer, problem.need, offers, needs)
    start, entries, ends, value, given = listed(
        offer_at, need_place, start, by_offer, problem.need, problem.value, shift
    )
    src, dst = empty_rows(offers), empty_rows(needs)
    src[:, FREE] = problem.supply[offer_at]
    src[:, START], src[:, END] = start[:-1], start[1:]
    dst[need_place, FREE] = problem.demand
    size = (np.log2(np.maximum(src[:, FREE], 1)) / SIZE_CLASS_BITS).astype(np.int8)
    flow = np.zeros(arcs, np.int64)
    place_from_lists(
        np.argsort(-size, kind="stable").astype(np.int32),
        entries, shift, ends, value, flow, src, dst,
        np.empty(arcs, np.int32), np.empty(arcs, np.int32),
    )  # fmt: skip
    in_order = np.empty(arcs, np.int64)
    in_order[given] = flow
    offer_price = np.empty(offers, np.int64)
    offer_price[offer_at] = src[:, PRICE]
    return Flow(in_order, offer_price, dst[need_place, PRICE])


def _solve_plainly(problem: Problem) -> Flow:
    """For values too large to share a word with an arc's number: two to three times slower."""
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
