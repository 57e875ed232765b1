"""Lots, fixed costs and least intakes: all-or-nothing choices on top of the flow.

Two ways meet. Slope scaling solves the divisible problem again and again, charging each arc its
fixed cost spread over what it carried, and drops arcs that cannot reach their lot; it gives a good
plan at any size. HiGHS then searches each connected component with that plan as its start, largest
component first, within the time asked for. Whatever is not proven is bounded by the divisible
optimum of the component, so the gap told is always true.

References: Kim and Pardalos, A solution approach to the fixed charge network flow problem using a
dynamic slope scaling procedure, OR Letters 24 (1999) 195-203; Huangfu and Hall, Parallelizing the
dual revised simplex method, Math. Prog. Comp. 10 (2018) 119-142 (HiGHS).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from symbiosis.core.params import Params
from symbiosis.core.problem import Ints, Problem, exact_dot
from symbiosis.core.solvers.exact import search_component
from symbiosis.core.solvers.flow import solve_flow
from symbiosis.core.verify import objective_of, row_totals

SLOPE_ROUNDS = 24
EXACT_ARCS = 60_000


@dataclass(frozen=True)
class Lots:
    """A plan that keeps lots and intakes, what it is worth, and what is proven."""

    flow: Ints
    objective: int
    bound: int
    proven: int
    components: int


def solve_lots(problem: Problem, params: Params) -> Lots:
    """The best plan found in `params.exact_seconds` of wall time, with a proven bound."""
    ends_at = time.monotonic() + params.exact_seconds
    usable = usable_arcs(problem)
    arcs = np.flatnonzero(usable)
    problem_in = part_of(problem, arcs)
    flow = slope_scaling(problem_in)
    bound_of, flow_of = 0, np.zeros(problem.arcs, np.int64)
    components = split(problem_in)
    proven = 0
    for at, inside in enumerate(components):
        small = part_of(problem_in, inside)
        left = max(0.05, ends_at - time.monotonic())
        share = len(inside) / sum(len(rest) for rest in components[at:])
        found = search_component(
            small,
            start=flow[inside],
            seconds=left * max(share, 0.05) if at + 1 < len(components) else left,
            gap=params.exact_gap,
        ) if len(inside) <= EXACT_ARCS else None  # fmt: skip
        limit = divisible_bound(small)
        mine, value = flow[inside], objective_of(small, flow[inside])
        if found is not None:
            limit = min(limit, found.bound)
            if found.objective > value:
                mine, value = found.flow, found.objective
        proven += value >= limit
        bound_of += max(limit, value)
        flow_of[arcs[inside]] = mine
    return Lots(
        flow=flow_of,
        objective=objective_of(problem, flow_of),
        bound=bound_of,
        proven=proven,
        components=len(components),
    )


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


def divisible_bound(problem: Problem) -> int:
    """What the divisible optimum proves."""
    relaxed = tightened(problem)
    return exact_dot(relaxed.value, solve_flow(relaxed).flow)


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
