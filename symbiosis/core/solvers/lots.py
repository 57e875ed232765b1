"""Lots, fixed costs and least intakes: all-or-nothing choices on top of the flow.

Three steps, each component of the market by itself and several at a time. Slope scaling solves the
divisible problem again and again, charging each arc its fixed cost spread over what it carried, and
drops arcs that cannot reach their lot; it gives a good plan at any size. HiGHS then searches the
component over its likeliest arcs only, a fraction of all, which finds most of what is left to gain.
Last it searches over all arcs, where that is not proven yet, the largest remaining gaps with most
of the time. Whatever is not proven is bounded by the divisible optimum of the component, so the gap
told is always true.

References: Kim and Pardalos, A solution approach to the fixed charge network flow problem using a
dynamic slope scaling procedure, OR Letters 24 (1999) 195-203; Huangfu and Hall, Parallelizing the
dual revised simplex method, Math. Prog. Comp. 10 (2018) 119-142 (HiGHS); searching a core of likely
columns first: Balas and Zemel, Operations Research 28 (1980) 1130-1154.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from symbiosis.core.params import Params
from symbiosis.core.problem import Ints, Problem, exact_dot
from symbiosis.core.solvers.exact import search_component
from symbiosis.core.solvers.flow import Flow, solve_flow
from symbiosis.core.verify import objective_of, row_totals

SLOPE_ROUNDS = 24
EXACT_ARCS = 60_000
CORE_PER_ROW = 3
CORE_SHARE = 0.4
"""Share of the time for the search over the likeliest arcs; the rest goes to the proof."""
WORTH_A_CORE = 400
"""Components of fewer arcs are searched whole at once."""


@dataclass(frozen=True)
class Lots:
    """A plan that keeps lots and intakes, what it is worth, and what is proven."""

    flow: Ints
    objective: int
    bound: int
    proven: int
    components: int


def solve_lots(problem: Problem, params: Params) -> Lots:
    """The best plan found in `params.exact_seconds` of wall time, with a proven bound.

    Components are searched on `params.threads` threads; HiGHS runs outside the interpreter's lock.
    """
    began = time.monotonic()
    arcs = np.flatnonzero(usable_arcs(problem))
    inside = part_of(problem, arcs)
    flow = slope_scaling(inside)
    parts = [_Component(inside, rows, flow[rows], params) for rows in split(inside)]
    with ThreadPoolExecutor(params.threads) as pool:
        for look, weight, until in (
            (_Component.look_at_core, _Component.size, CORE_SHARE),
            (_Component.look_at_all, _Component.open_gap, 1.0),
        ):
            ends_at = began + until * params.exact_seconds
            _in_turn(pool, parts, look, weight, ends_at, params.threads)
    found = np.zeros(problem.arcs, np.int64)
    for part in parts:
        found[arcs[part.rows]] = part.flow
    return Lots(
        flow=found,
        objective=objective_of(problem, found),
        bound=sum(part.bound for part in parts),
        proven=sum(part.proven for part in parts),
        components=len(parts),
    )


class _Component:
    """One connected component: the best plan so far and what is proven of it."""

    def __init__(self, problem: Problem, rows: NDArray[np.intp], flow: Ints, params: Params):
        self.rows, self.problem, self.flow = rows, part_of(problem, rows), flow
        self.value = objective_of(self.problem, flow)
        self._gap = params.exact_gap
        self._relaxed = tightened(self.problem)
        self._divisible: Flow = solve_flow(self._relaxed)
        limit = exact_dot(self._relaxed.value, self._divisible.flow)
        self.bound = max(limit, self.value)

    @property
    def proven(self) -> bool:
        """Whether the plan is within the gap asked for."""
        return self.bound - self.value <= self._gap * self.bound

    def size(self) -> float:
        """Weight of the search for a plan."""
        return float(len(self.rows))

    def open_gap(self) -> float:
        """Weight of the search for a proof."""
        return float(self.bound - self.value)

    def look_at_core(self, seconds: float) -> None:
        """Search over the arcs in use and those that the divisible prices leave closest to use."""
        if self.proven or len(self.rows) < WORTH_A_CORE:
            return
        core = self._core()
        found = search_component(
            part_of(self.problem, core),
            start=self.flow[core], seconds=seconds, gap=self._gap, eager=True,
        )  # fmt: skip
        if found.objective > self.value:
            self.flow = np.zeros(len(self.rows), np.int64)
            self.flow[core] = found.flow
            self.value = found.objective
            self.bound = max(self.bound, self.value)

    def look_at_all(self, seconds: float) -> None:
        """Search over every arc, for what the core lacks and for the bound."""
        if self.proven or len(self.rows) > EXACT_ARCS:
            return
        found = search_component(self.problem, start=self.flow, seconds=seconds, gap=self._gap)
        if found.objective > self.value:
            self.flow, self.value = found.flow, found.objective
        if found.bound is not None:
            self.bound = min(self.bound, found.bound)
        self.bound = max(self.bound, self.value)

    def _core(self) -> NDArray[np.intp]:
        """Arcs in use, and of every offer and need those with the least slack."""
        problem, divisible = self.problem, self._divisible
        slack = (
            divisible.offer_price[problem.offer]
            + divisible.need_price[problem.need]
            - self._relaxed.value
        )
        chosen = (self.flow > 0) | (divisible.flow > 0)
        for rows in (problem.offer, problem.need):
            order = np.lexsort((slack, rows))
            first = np.searchsorted(rows[order], rows[order])
            chosen[order[np.arange(len(order)) - first < CORE_PER_ROW]] = True
        return np.flatnonzero(chosen)


def _in_turn(
    pool: ThreadPoolExecutor,
    parts: Sequence[_Component],
    look: Callable[[_Component, float], None],
    weight: Callable[[_Component], float],
    ends_at: float,
    threads: int,
) -> None:
    """Look at every unproven component, lightest first, each for its share of the time left.

    What a light one leaves unused passes on to the heavier ones.
    """
    waiting = sorted((part for part in parts if not part.proven), key=weight)
    weights = [max(weight(part), 1.0) for part in waiting]

    def one(at: int) -> None:
        left = ends_at - time.monotonic()
        share = weights[at] / sum(weights[at:])
        look(waiting[at], max(0.05, min(left, threads * left * share)))

    list(pool.map(one, range(len(waiting))))


def usable_arcs(problem: Problem) -> NDArray[np.bool_]:
    """Arcs that could carry their lot and pay their fixed cost at all."""
    room = np.minimum(problem.supply[problem.offer], problem.demand[problem.need])
    usable = (problem.value > 0) & (room > 0)
    if problem.min_lot is not None:
        usable &= problem.min_lot <= room
    if problem.min_intake is not None:
        usable &= (problem.min_intake <= problem.demand)[problem.need]
    if problem.fixed_cost is not None:
        usable &= problem.value.astype(float) * room > problem.fixed_cost
    return usable


def part_of(problem: Problem, arcs: NDArray[np.intp]) -> Problem:
    """The problem over some of its arcs, with only the rows they touch."""
    offers, offer = np.unique(problem.offer[arcs], return_inverse=True)
    needs, need = np.unique(problem.need[arcs], return_inverse=True)
    return Problem(
        supply=problem.supply[offers],
        demand=problem.demand[needs],
        offer=offer.astype(np.int32),
        need=need.astype(np.int32),
        value=problem.value[arcs],
        min_lot=None if problem.min_lot is None else problem.min_lot[arcs],
        fixed_cost=None if problem.fixed_cost is None else problem.fixed_cost[arcs],
        min_intake=None if problem.min_intake is None else problem.min_intake[needs],
    )


def split(problem: Problem) -> list[NDArray[np.intp]]:
    """Arcs by connected component, smallest component first."""
    rows = len(problem.supply) + len(problem.demand)
    graph = coo_array(
        (np.ones(problem.arcs, np.int8), (problem.offer, problem.need + len(problem.supply))),
        shape=(rows, rows),
    )
    _, label = connected_components(graph, directed=False)
    order = np.argsort(label[problem.offer], kind="stable")
    cuts = np.flatnonzero(np.diff(label[problem.offer][order])) + 1
    return sorted((group for group in np.split(order, cuts) if len(group)), key=len)


def tightened(problem: Problem, charge: NDArray[np.float64] | None = None) -> Problem:
    """The divisible problem that bounds it: each fixed cost spread over the most its arc can carry.

    With `charge` (cents per tonne by arc) that is charged instead. Rounded down, so that the bound
    holds.
    """
    value = problem.value
    if charge is None and problem.fixed_cost is not None:
        room = np.minimum(problem.supply[problem.offer], problem.demand[problem.need])
        charge = (problem.fixed_cost // np.maximum(1, room)).astype(float)
    if charge is not None:
        value = value - np.floor(charge).astype(np.int64)
    return replace(problem, value=value, min_lot=None, fixed_cost=None, min_intake=None)


def slope_scaling(problem: Problem) -> Ints:
    """A feasible plan: charges follow the flow, arcs below their lot leave, the best is kept."""
    room = np.minimum(problem.supply[problem.offer], problem.demand[problem.need])
    fixed = np.zeros(problem.arcs) if problem.fixed_cost is None else problem.fixed_cost
    charge = fixed / np.maximum(1, room)
    best, best_value = np.zeros(problem.arcs, np.int64), 0
    barred = np.zeros(problem.arcs, bool)
    for step in range(SLOPE_ROUNDS):
        trial = tightened(problem, np.where(barred, problem.value, charge))
        flow = solve_flow(trial).flow
        kept = cleaned(problem, flow)
        value = objective_of(problem, kept)
        if value > best_value:
            best, best_value = kept, value
        used = flow > 0
        charge[used] = fixed[used] / flow[used]
        short = used & (kept == 0)
        if not short.any() and step > SLOPE_ROUNDS // 2:
            break
        if step % 2:
            barred |= short
    return best


def cleaned(problem: Problem, flow: Ints) -> Ints:
    """Only what keeps lots, intakes and pays its fixed cost; freed quantities are placed again."""
    kept = flow.copy()
    for _ in range(3):
        kept = dropped(problem, kept)
        refill(problem, kept)
        kept = dropped(problem, kept)
    return kept


def dropped(problem: Problem, flow: Ints) -> Ints:
    """The flow without arcs below their lot or cost and needs below their intake."""
    kept = flow.copy()
    if problem.min_lot is not None:
        kept[kept < problem.min_lot] = 0
    if problem.fixed_cost is not None:
        kept[problem.value.astype(float) * kept <= problem.fixed_cost] = 0
    if problem.min_intake is not None:
        intake = row_totals(problem.need, kept, len(problem.demand))
        kept[(intake < problem.min_intake)[problem.need]] = 0
    return kept


def refill(problem: Problem, flow: Ints) -> None:
    """Top up arcs already used with what is left at both ends, best value first."""
    supply = problem.supply - row_totals(problem.offer, flow, len(problem.supply))
    demand = problem.demand - row_totals(problem.need, flow, len(problem.demand))
    used = np.flatnonzero(flow)
    for arc in used[np.argsort(-problem.value[used], kind="stable")].tolist():
        i, j = problem.offer[arc], problem.need[arc]
        more = min(supply[i], demand[j])
        flow[arc] += more
        supply[i] -= more
        demand[j] -= more
