"""The market kept solved: listings come, go and change, and each change is repaired exactly.

Flows and prices stay in memory. A repair looks only at the neighbourhood through which the change
spreads, typically a few dozen listings, whatever the size of the market; afterwards the objective
equals that of a cold solve. The state can be rebuilt from a Problem at any time.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np

from symbiosis.core.errors import ProblemError, UnknownListingError
from symbiosis.core.kernels.build import rows_by_value
from symbiosis.core.kernels.repair import add_to_rows, enter, leave_and_enter, reorder, resize
from symbiosis.core.problem import Ends, Ints, Plan, Problem, whole_numbers
from symbiosis.core.solvers.flow import carrying_lists, scratch, solve_flow
from symbiosis.core.verify import dual_bound

SideName: TypeAlias = Literal["offer", "need"]
SPARE_ROWS = 256
SPARE_ARCS = 4_096


class _Side:
    """Rows of one side, with room to grow; `tuple()` is what the kernels take."""

    def __init__(self, quantity: Ints, price: Ints, rows: Ends, value: Ints) -> None:
        self.count = len(quantity)
        start, arcs = rows_by_value(rows, value, self.count)
        self.start, self.end = start[:-1].copy(), start[1:].copy()
        self.room = self.end - self.start
        self.arcs = arcs
        self.tail = len(arcs)
        self.quantity, self.price = quantity.copy(), price.copy()
        self.free = np.zeros(self.count, np.int64)

    def reserve_rows(self, more: int) -> bool:
        """Make room for more rows; whether arrays were replaced."""
        if self.count + more <= len(self.quantity):
            return False
        rows = (self.count + more) * 5 // 4 + SPARE_ROWS
        for name in ("start", "end", "room", "quantity", "price", "free"):
            setattr(self, name, _longer(getattr(self, name), rows))
        return True

    def reserve_arcs(self, more: int) -> None:
        """Make room in the arc ranges for `more` entries, each of which may move its range."""
        longest = int((self.end - self.start).max(initial=0))
        needed = self.tail + min(more * 2 * (longest + more + 4), 4 * (self.tail + 2 * more) + 64)
        if needed > len(self.arcs):
            self.arcs = _longer(self.arcs, needed * 5 // 4)


def _longer(array: Any, length: int) -> Any:
    grown = np.zeros(length, array.dtype)
    grown[: len(array)] = array
    return grown


class Resident:
    """A divisible market held at its optimum; `objective` is always exact.

    >>> market = Resident(Problem([5], [4], [0], [0], [30]))
    >>> market.objective
    120
    >>> row = market.arrive("offer", quantity=3, partners=[0], values=[50])
    >>> market.objective, market.price("offer", row), market.set_quantity("need", 0, 10)
    (180, 20, 120)
    """

    def __init__(self, problem: Problem) -> None:
        if problem.whole:
            raise ProblemError("min_lot", "a resident market is divisible: no lots or fixed costs")
        placed = min(sum(problem.supply.tolist()), sum(problem.demand.tolist()))
        if placed * int(np.abs(problem.value).max(initial=0)) >= 2**62:
            raise ProblemError("value", "times quantity does not fit 64 bits")
        solved = solve_flow(problem)
        self._offer: Ends = problem.offer.copy()
        self._need: Ends = problem.need.copy()
        self._value: Ints = problem.value.copy()
        self._flow: Ints = solved.flow
        self._arcs = problem.arcs
        self._sides = {
            "offer": _Side(problem.supply, solved.offer_price, problem.offer, problem.value),
            "need": _Side(problem.demand, solved.need_price, problem.need, problem.value),
        }
        self._reserve(0)
        used = np.flatnonzero(solved.flow)
        for name, ends in (("offer", problem.offer), ("need", problem.need)):
            side = self._sides[name]
            side.free[: side.count] = side.quantity[: side.count]
            np.subtract.at(side.free, ends[used], solved.flow[used])
        self._link(used)
        self.objective = sum(
            v * f
            for v, f in zip(problem.value[used].tolist(), solved.flow[used].tolist(), strict=True)
        )

    # -- what changes ---------------------------------------------------------------------------

    def arrive(self, side: SideName, *, quantity: int, partners: Any, values: Any) -> int:
        """A new listing with its arcs; returns its row. O(arcs of the listing) + the repair."""
        other: SideName = "need" if side == "offer" else "offer"
        partners = whole_numbers("partners", partners, np.int32)
        values = whole_numbers("values", values, np.int64)
        if len(partners) != len(values):
            raise ProblemError("values", f"has {len(values)} entries for {len(partners)} partners")
        if partners.size and not 0 <= int(partners.min()) <= int(partners.max()) < self.rows(other):
            raise UnknownListingError(f"a partner is not among the {self.rows(other)} {other}s")
        mine = self._sides[side]
        row = mine.count
        if mine.reserve_rows(1):
            self._reserve(len(partners), rebuild=True)
        mine.count += 1
        mine.start[row] = mine.end[row] = mine.tail
        ends = np.full(len(partners), row, np.int32)
        offers, needs = (ends, partners) if side == "offer" else (partners, ends)
        self._append(offers, needs, values)
        self._enter(side, row, quantity)
        return row

    def set_quantity(self, side: SideName, row: int, quantity: int) -> int:
        """Another quantity, zero to take the listing off; returns the change of the objective."""
        self._check(side, row, quantity)
        if self._sides[side].quantity[row] == 0:
            return self._enter(side, row, quantity)
        src, dst, work = self._tuples(side)
        change = int(
            resize(np.int64(row), np.int64(quantity), src, dst, self._value, self._flow, work,
                   self._touched)
        )  # fmt: skip
        self.objective += change
        return change

    def set_values(self, arcs: Any, values: Any) -> int:
        """New values for some arcs; returns the change of the objective."""
        arcs = whole_numbers("arcs", arcs, np.int32)
        values = whole_numbers("values", values, np.int64)
        if arcs.size and not 0 <= int(arcs.min()) <= int(arcs.max()) < self._arcs:
            raise UnknownListingError(f"an arc is not among the {self._arcs} arcs")
        offers = np.unique(self._offer[arcs])
        before = self.objective
        for offer in offers:
            mine = arcs[self._offer[arcs] == offer]
            quantity = int(self._sides["offer"].quantity[offer])
            self.set_quantity("offer", int(offer), 0)
            self._value[mine] = values[self._offer[arcs] == offer]
            for name, rows in (("offer", np.array([offer])), ("need", np.unique(self._need[mine]))):
                side = self._sides[name]
                reorder(rows.astype(np.int64), side.start, side.end, side.arcs, self._value)
            self._enter("offer", int(offer), quantity)
        return int(self.objective - before)

    def add_arcs(self, offers: Any, needs: Any, values: Any) -> int:
        """More arcs between present listings; returns the change of the objective."""
        offers = whole_numbers("offers", offers, np.int32)
        needs = whole_numbers("needs", needs, np.int32)
        values = whole_numbers("values", values, np.int64)
        self._append(offers, needs, values)
        short = values > self.prices("offer")[offers] + self.prices("need")[needs]
        rows = np.unique(offers[short]).astype(np.int64)
        src, dst, work = self._tuples("offer")
        change = int(leave_and_enter(rows, src, dst, self._value, self._flow, work, self._touched))
        self.objective += change
        return change

    # -- what is known --------------------------------------------------------------------------

    def rows(self, side: SideName) -> int:
        """How many listings the side has ever had."""
        return self._sides[side].count

    def price(self, side: SideName, row: int) -> int:
        """Dual price of a listing, cents per tonne."""
        self._check(side, row, 0)
        return int(self._sides[side].price[row])

    def prices(self, side: SideName) -> Ints:
        """Dual prices of a side; a copy."""
        held = self._sides[side]
        return held.price[: held.count].copy()

    @property
    def arcs(self) -> int:
        """How many arcs are held."""
        return self._arcs

    def quantities(self, side: SideName) -> Ints:
        """Kilograms of a side; a copy."""
        held = self._sides[side]
        return held.quantity[: held.count].copy()

    def problem(self) -> Problem:
        """The market as it stands, arcs in the order of their arrival."""
        return Problem(
            supply=self._sides["offer"].quantity[: self.rows("offer")].copy(),
            demand=self._sides["need"].quantity[: self.rows("need")].copy(),
            offer=self._offer[: self._arcs].copy(),
            need=self._need[: self._arcs].copy(),
            value=self._value[: self._arcs].copy(),
        )

    def plan(self, *, seconds: float = 0.0) -> Plan:
        """The plan as it stands, with its certificate, for `problem()`."""
        problem = self.problem()
        offer_price, need_price = self.prices("offer"), self.prices("need")
        return Plan(
            flow=self._flow[: self._arcs].copy(),
            offer_price=offer_price,
            need_price=need_price,
            objective=self.objective,
            bound=dual_bound(problem, offer_price, need_price),
            solver="resident flow",
            seconds=seconds,
            problem_digest=problem.digest(),
        )

    # -- how it is held -------------------------------------------------------------------------

    def _check(self, side: SideName, row: int, quantity: int) -> None:
        if not 0 <= row < self.rows(side):
            raise UnknownListingError(f"{side} {row} is not among the {self.rows(side)} rows")
        if quantity < 0:
            raise ProblemError("quantity", f"must not be negative, is {quantity}")

    def _enter(self, side: SideName, row: int, quantity: int) -> int:
        self._check(side, row, quantity)
        src, dst, work = self._tuples(side)
        change = int(
            enter(np.int64(row), np.int64(quantity), src, dst, self._value, self._flow, work)
        )
        self.objective += change
        return change

    def _append(self, offers: Ends, needs: Ends, values: Ints) -> None:
        more = len(values)
        self._reserve(more)
        new = np.arange(self._arcs, self._arcs + more, dtype=np.int32)
        self._offer[new], self._need[new], self._value[new] = offers, needs, values
        self._flow[new] = 0
        self._arcs += more
        for name, ends in (("offer", self._offer), ("need", self._need)):
            side = self._sides[name]
            side.reserve_arcs(more)
            side.tail = add_to_rows(
                new, side.start, side.end, side.room, side.arcs, side.tail, ends, self._value
            )

    def _reserve(self, more: int, *, rebuild: bool = False) -> None:
        """Room for more arcs; the working arrays and carrying lists follow the sizes."""
        grow = self._arcs + more > len(self._value) or not hasattr(self, "_lists")
        if grow:
            room = (self._arcs + more) * 9 // 8 + SPARE_ARCS
            for name in ("_offer", "_need", "_value", "_flow"):
                setattr(self, name, _longer(getattr(self, name), room))
        if not (grow or rebuild):
            return
        for side in self._sides.values():
            side.reserve_rows(SPARE_ROWS)
        offers, needs = (len(self._sides[name].quantity) for name in ("offer", "need"))
        self._work = scratch(offers, needs, len(self._value))
        forward = self._work
        self._mirror = (*forward[2:4], *forward[:2], forward[5], forward[4], *forward[6:])
        self._touched = np.empty(len(self._value) + 1, np.int64)
        self._lists = {
            "offer": carrying_lists(offers, len(self._value)),
            "need": carrying_lists(needs, len(self._value)),
        }
        self._link(np.flatnonzero(self._flow[: self._arcs]))

    def _link(self, used: Any) -> None:
        """Thread the carrying arcs through both sides' lists."""
        for name, ends in (("offer", self._offer), ("need", self._need)):
            head, following, previous = self._lists[name]
            head.fill(-1)
            for arc in used[np.argsort(ends[used], kind="stable")].tolist():
                first = head[ends[arc]]
                following[arc], previous[arc] = first, -1
                if first >= 0:
                    previous[first] = arc
                head[ends[arc]] = arc

    def _tuples(self, side: SideName) -> tuple[Any, Any, Any]:
        """The changing side, the other side and the working arrays, as the kernels take them."""
        both = []
        for name, ends in (("offer", self._offer), ("need", self._need)):
            held = self._sides[name]
            both.append(
                (held.start, held.end, held.arcs, ends, held.price, held.free, held.quantity,
                 *self._lists[name])
            )  # fmt: skip
        if side == "offer":
            return both[0], both[1], self._work
        return both[1], both[0], self._mirror
