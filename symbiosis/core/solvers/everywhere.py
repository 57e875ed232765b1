"""The divisible optimum over every compatible pair of a market, without listing them first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from symbiosis.core.candidates import Index
from symbiosis.core.kernels.lazy import LONGEST, place_over_all
from symbiosis.core.kernels.lists import FAR, NONE
from symbiosis.core.market import Market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints

ARCS_A_LISTING = 32
ENTRIES_AN_ARC = 3


@dataclass(frozen=True)
class FlowOverAll:
    """An optimal flow with its prices, and the pairs that were looked at on the way to it."""

    offer: Ends
    need: Ends
    value: Ints
    flow: Ints
    offer_price: Ints
    need_price: Ints


def solve_over_all_pairs(market: Market, params: Params) -> FlowOverAll:
    """The optimum over all pairs, which the prices prove: no pair is worth more than its ends.

    Guarantee: exact in integers. Complexity: that of solve_flow over the pairs looked at, and a
    look-up in the trees for every dozen of them, or more where a listing's list is long.
    """
    index = Index(market, params, from_offers=True)
    offers, needs = len(market.offers), len(market.needs)
    need_price = np.zeros(needs, np.int64)
    tree = index.tree(need_price)
    source, sought, table = index.arrays()
    offer_price = np.zeros(offers, np.int64)
    offer_state = (
        offer_price,
        *(np.zeros(offers, np.int64) for _free_and_frontier in range(2)),
        np.zeros(offers, np.bool_),
        *(np.zeros(offers, np.int64) for _waste_and_cursor in range(2)),
    )
    need_free = market.needs.kg[index.order].copy()
    held = _Held(offers, needs)
    fixed, looking = _working(offers, needs, len(tree[0]))
    sequence = np.argsort(-market.offers.kg, kind="stable").astype(np.int32)
    used = np.zeros(3, np.int64)
    done = 0
    while True:
        done = place_over_all(
            sequence, done, market.offers.kg, source, sought, tree, table,
            offer_state, (need_price, need_free, *held.carrying),
            (*held.ranges, *held.entries), held.arcs, used, (*fixed, *held.heap, *looking),
        )  # fmt: skip
        if done == len(sequence):
            break
        held.grow()
    offer, need, value, flow = (array[: int(used[0])].copy() for array in held.arcs)
    price = np.empty(needs, np.int64)
    price[index.order] = need_price
    return FlowOverAll(offer, index.order[need].astype(np.int32), value, flow, offer_price, price)


class _Held:
    """The arrays that grow with the number of pairs looked at."""

    def __init__(self, offers: int, needs: int) -> None:
        room = ARCS_A_LISTING * offers + LONGEST
        self.ranges = tuple(np.zeros(offers, np.int64) for _start_end_room in range(3))
        self.arcs = _empty(room, "iill")
        self.entries = _empty(ENTRIES_AN_ARC * room, "li")
        self.carrying = (np.full(needs, NONE, np.int32), *_empty(room, "ii"))
        self.heap = _heap(room)

    def grow(self) -> None:
        """Twice the room."""
        room = 2 * len(self.arcs[0])
        self.arcs = tuple(_longer(array, room) for array in self.arcs)
        self.entries = tuple(_longer(array, ENTRIES_AN_ARC * room) for array in self.entries)
        head, following, previous = self.carrying
        self.carrying = (head, _longer(following, room), _longer(previous, room))
        self.heap = _heap(room)


def _heap(room: int) -> tuple[Any, ...]:
    return *_empty(room, "i"), *_empty(2 * room, "li")


def _working(offers: int, needs: int, nodes: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Working arrays of a search through the market, and of a look-up in the trees."""
    walking = (
        np.full(offers, FAR, np.int64), *_empty(offers, "i"),
        np.full(needs, FAR, np.int64), *_empty(needs, "i"),
        *_empty(offers + 1, "i"), *_empty(needs + 1, "i"),
    )  # fmt: skip
    looking = (
        np.zeros(needs, np.int32), np.empty(nodes + 1, np.float64), *_empty(nodes + 1, "l"),
        *_empty(LONGEST + 1, "ll"),
    )  # fmt: skip
    return walking, looking


def _empty(length: int, kinds: str) -> tuple[Any, ...]:
    """Arrays of 32 (i) and 64 bit (l) whole numbers."""
    return tuple(np.empty(length, np.int32 if kind == "i" else np.int64) for kind in kinds)


def _longer(array: Any, length: int) -> Any:
    grown = np.empty(length, array.dtype)
    grown[: len(array)] = array
    return grown
