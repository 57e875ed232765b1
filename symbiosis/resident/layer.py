"""A market held at its optimum over every compatible pair, change by change. No database here.

The core's Resident repairs flows and prices over the pairs it knows. A pair it does not know can
improve the plan only if it is worth more than the prices of its two ends, and after a change that
can only be so where an end became cheaper. So after every change the listings that became cheaper
look for such pairs in the market's trees, those pairs are added and repaired in, and so on until
none is left: the plan is then optimal over all pairs again, and its prices prove it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.candidates import Index
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.core.national import match_market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints, Plan, Problem
from symbiosis.core.solvers.resident import Resident, SideName

FOUND_AT_ONCE = 20
"""Pairs a listing brings in one round of pricing; more follow in the next while there are any."""

ROUNDS = 200

FEW_PAIRS = 200
PAIRS_A_REPAIR_IS_WORTH = 500
"""Repairing one left-out pair in costs about as much as solving five hundred pairs from nothing
(measured at 200,000 pairs: 1 ms against 1.3 us a pair)."""

OFF_THE_MARKET = 2**45
"""Price of a listing with nothing left: above any value, so nobody finds it."""

OTHER: dict[SideName, SideName] = {"offer": "need", "need": "offer"}


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """The plan as it stands: rows of both sides, kg, and the problem it is proven for."""

    offer: Ends
    need: Ends
    problem: Problem
    plan: Plan


class Layer:
    """One allocation kept at its optimum.

    Rows are those of the listings it was given, later ones after them in the order of `arrive`.
    A row whose quantity is zero is off the market; it may come back.
    """

    def __init__(
        self,
        listings: dict[SideName, Listings],
        quantity: dict[SideName, Ints],
        pairs: MaterialPairs,
        params: Params,
    ) -> None:
        self.params = params.but(all_pairs_gap=0.0)
        self._pairs = pairs
        self._listings = {side: _in_any_amount(rows) for side, rows in listings.items()}
        self._pairable = {
            "offer": _flags(pairs.offered, pairs),
            "need": _flags(pairs.needed, pairs),
        }
        self.resident = Resident(self._solved(quantity, params))
        self._index()
        self._seen: dict[SideName, Ints] = {
            side: np.full(self.resident.rows(side), OFF_THE_MARKET, np.int64) for side in OTHER
        }
        self.proven = self.settle()

    def arrive(self, side: SideName, listings: Listings, quantity: Ints) -> None:
        """New rows; call `settle` when all changes of a batch are in."""
        self._listings[side] = joined(self._listings[side], _in_any_amount(listings))
        nobody = np.zeros(0, np.int64)
        for kg in quantity.tolist():
            self.resident.arrive(side, quantity=kg, partners=nobody, values=nobody)
        fresh = np.full(len(quantity), OFF_THE_MARKET, np.int64)
        self._seen[side] = np.concatenate([self._seen[side], fresh])
        self._later_index.clear()

    def set_quantity(self, side: SideName, row: int, kg: int) -> None:
        """Another amount of a row; zero takes it off the market."""
        self.resident.set_quantity(side, row, kg)

    def settle(self) -> bool:
        """Bring in every pair that could improve the plan; whether none is left."""
        more: dict[SideName, Ints] = {"offer": np.zeros(0, np.int64), "need": np.zeros(0, np.int64)}
        for _round in range(ROUNDS):
            asking: dict[SideName, Ints] = {}
            for side in OTHER:
                price = self._prices(side)
                asking[side] = np.union1d(np.flatnonzero(price < self._seen[side]), more[side])
                self._seen[side] = price
            if not any(map(len, asking.values())):
                return True
            more = self._bring_in(asking)
        return False

    def plan(self) -> LayerPlan:
        """The plan with its certificate, over the rows that are or were on the market."""
        plan = self.resident.plan()
        problem = self.resident.problem()
        return LayerPlan(
            problem.offer, problem.need, problem, replace(plan, complete_over_all_pairs=self.proven)
        )

    # -- how pairs are found --------------------------------------------------------------------

    def _solved(self, quantity: dict[SideName, Ints], params: Params) -> Problem:
        """The national solve over what is on the market, renumbered to all rows."""
        on = {side: np.flatnonzero(kg > 0) for side, kg in quantity.items()}
        offers, needs = (
            replace(taken(self._listings[side], on[side]), kg=quantity[side][on[side]])
            for side in OTHER
        )
        market = Market(offers, needs, self._pairs)
        answer = match_market(market, params)
        return Problem(
            supply=quantity["offer"],
            demand=quantity["need"],
            offer=on["offer"][answer.offer].astype(np.int32),
            need=on["need"][answer.need].astype(np.int32),
            value=answer.problem.value,
        )

    def _index(self) -> None:
        """Trees over everything known now; later rows are kept in small trees of their own."""
        market = Market(self._listings["offer"], self._listings["need"], self._pairs)
        self._indexed = {side: len(rows) for side, rows in self._listings.items()}
        self._main_index = {
            side: Index(market, self.params, from_offers=side == "offer") for side in OTHER
        }
        self._later_index: dict[SideName, Index] = {}

    def _indexes(self, asking: SideName) -> list[tuple[Index, slice]]:
        """Trees to be asked by a side, each with the rows of the other side that it holds."""
        other = OTHER[asking]
        first = self._indexed[other]
        indexes = [(self._main_index[asking], slice(0, first))]
        if first < len(self._listings[other]):
            if asking not in self._later_index:
                later = taken(self._listings[other], np.arange(first, len(self._listings[other])))
                farthest = int(np.argmax(np.abs(self._listings[asking].latitude)))
                sides = (taken(self._listings[asking], np.array([farthest])), later)
                market = Market(*(sides if asking == "offer" else sides[::-1]), self._pairs)
                self._later_index[asking] = Index(
                    market, self.params, from_offers=asking == "offer"
                )
            indexes.append((self._later_index[asking], slice(first, None)))
        return indexes

    def _bring_in(self, asking: dict[SideName, Ints]) -> dict[SideName, Ints]:
        """Add the pairs worth more than their prices; returns the rows that may have still more."""
        if any(self._beyond(side) for side in OTHER):
            self._index()
        offers, needs, values = [], [], []
        more: dict[SideName, Ints] = {}
        for side, rows in asking.items():
            able = self._pairable[side][np.minimum(self._materials(side, rows), self._last)]
            rows = rows[able & (self._prices(side)[rows] < OFF_THE_MARKET)]
            mine, theirs, value = self._find(side, rows)
            counts = np.bincount(mine, minlength=1)
            more[side] = np.flatnonzero(counts >= FOUND_AT_ONCE)
            offers.append(mine if side == "offer" else theirs)
            needs.append(theirs if side == "offer" else mine)
            values.append(value)
        offer, need, value = map(np.concatenate, (offers, needs, values))
        if len(offer):
            width = np.int64(max(1, self.resident.rows("need")))
            _keys, once = np.unique(offer * width + need, return_index=True)
            self._add(offer[once].astype(np.int32), need[once].astype(np.int32), value[once])
        return more

    def _add(self, offer: Ends, need: Ends, value: Ints) -> None:
        """A few pairs are repaired in; so many that solving anew is quicker, are solved anew."""
        if len(offer) <= max(FEW_PAIRS, self.resident.arcs // PAIRS_A_REPAIR_IS_WORTH):
            self.resident.add_arcs(offer, need, value)
            return
        held = self.resident.problem()
        self.resident = Resident(
            replace(
                held,
                offer=np.concatenate([held.offer, offer]),
                need=np.concatenate([held.need, need]),
                value=np.concatenate([held.value, value]),
            )
        )

    def _find(self, side: SideName, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """Pairs of the rows worth more than both prices: own row, other row, cents per tonne."""
        none = np.zeros(0, np.int64)
        mine, theirs, values = [none], [none], [none]
        if not len(rows):
            return none, none, none
        listings = taken(self._listings[side], rows)
        floor, price = self._prices(side)[rows], self._prices(OTHER[side])
        for index, held in self._indexes(side):
            found = index.asked_by(listings).search(FOUND_AT_ONCE, floor=floor, price=price[held])
            other = found.other.astype(np.int64) + held.start
            mine.append(rows[found.row])
            theirs.append(other)
            values.append(found.gain + price[other])
        return np.concatenate(mine), np.concatenate(theirs), np.concatenate(values)

    def _prices(self, side: SideName) -> Ints:
        """Dual prices, and no finding whoever has nothing left."""
        on = self.resident.quantities(side) > 0
        return np.where(on, self.resident.prices(side), OFF_THE_MARKET)

    def _materials(self, side: SideName, rows: Ints) -> Ends:
        return self._listings[side].material[rows]

    @property
    def _last(self) -> int:
        return len(self._pairable["offer"]) - 1

    def _beyond(self, side: SideName) -> bool:
        """Whether a later row lies outside what the main trees can bound."""
        latitude = np.abs(self._listings[side].latitude)
        known = self._indexed[side]
        return bool(
            len(latitude) > known
            and float(latitude[known:].max()) > float(latitude[:known].max(initial=0.0))
        )


def taken(listings: Listings, rows: NDArray[np.int64]) -> Listings:
    """Some rows of one side."""
    return Listings(**{part.name: getattr(listings, part.name)[rows] for part in fields(listings)})


def joined(first: Listings, then: Listings) -> Listings:
    """The rows of one side and more after them."""
    return Listings(
        **{
            part.name: np.concatenate([getattr(first, part.name), getattr(then, part.name)])
            for part in fields(first)
        }
    )


def _in_any_amount(listings: Listings) -> Listings:
    """Without lots: the resident plan is divisible; whole_lots.py keeps them when it is saved."""
    nothing = np.zeros(len(listings), np.int64)
    return replace(listings, min_lot_kg=nothing, min_intake_kg=nothing)


def _flags(materials: Ends, pairs: MaterialPairs) -> NDArray[np.bool_]:
    """By material, whether it is in any pair; the last entry stands for all beyond."""
    most = 1 + max(int(pairs.offered.max(initial=-1)), int(pairs.needed.max(initial=-1)))
    flags = np.zeros(most + 1, np.bool_)
    flags[materials] = True
    return flags
