"""One component with lots, fixed costs and intakes as a mixed-integer programme for HiGHS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array

from symbiosis.core.problem import VALUE_LIMIT, Ints, Problem
from symbiosis.core.solvers.flow import solve_flow
from symbiosis.core.verify import objective_of, row_totals

EAGER_EFFORT = 0.3
"""Share of the search spent on finding plans where a proof is not asked for; HiGHS takes 0.05."""

BOUND_TOLERANCE = 1e-7
"""The solver's bound holds within its own tolerance of 1e-7: it is told that much larger."""


@dataclass(frozen=True)
class Searched:
    """What the search found and proved; no bound where it was cut short before its first one."""

    flow: Ints
    objective: int
    bound: int | None


def search_component(
    problem: Problem, *, start: Ints, seconds: float, gap: float, eager: bool = False
) -> Searched:
    """Search one component from a feasible start, the answer where nothing better is found.

    Columns: flow of each arc, use of each arc with a lot or a fixed cost, use of each need with an
    intake. The choices made are kept; flows are then settled in whole kilograms by the flow kernel
    with each lot reserved. `eager` looks for better plans rather than for a proof.
    """
    programme = _Programme(problem)
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", max(0.05, seconds))
    solver.setOptionValue("mip_rel_gap", gap)
    if eager:
        solver.setOptionValue("mip_heuristic_effort", EAGER_EFFORT)
    solver.passModel(programme.model())
    solution = highspy.HighsSolution()
    solution.col_value = programme.columns(start)
    solver.setSolution(solution)
    solver.run()
    info = solver.getInfo()
    bound = None
    if math.isfinite(info.mip_dual_bound):
        proven = info.mip_dual_bound * programme.scale
        bound = math.floor(proven + BOUND_TOLERANCE * abs(proven))
    flow = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        flow = programme.settled(np.array(solver.getSolution().col_value))
    if flow is None or objective_of(problem, flow) < objective_of(problem, start):
        flow = start
    return Searched(flow, objective_of(problem, flow), bound)


class _Programme:
    """The mixed-integer programme of a component, quantities in units of `unit` kilograms."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.room = np.minimum(problem.supply[problem.offer], problem.demand[problem.need])
        self.unit = float(max(1, int(np.median(self.room)) if problem.arcs else 1))
        self.worth = float(max(1, int(np.median(problem.value)) if problem.arcs else 1))
        self.scale = self.unit * self.worth
        none = np.zeros(problem.arcs, np.int64)
        self.lot = none if problem.min_lot is None else problem.min_lot
        self.fixed = none if problem.fixed_cost is None else problem.fixed_cost
        self.chosen = np.flatnonzero((self.lot > 1) | (self.fixed > 0))
        intake = problem.min_intake
        self.intake = np.flatnonzero(intake > 1) if intake is not None else np.empty(0, np.int64)

    def model(self) -> highspy.HighsLp:
        """Maximise value x flow - fixed x use under quantities, lots and intakes."""
        problem, arcs = self.problem, self.problem.arcs
        uses, takes = len(self.chosen), len(self.intake)
        offers, needs = len(problem.supply), len(problem.demand)
        use = arcs + np.arange(uses)
        take = arcs + uses + np.arange(takes)
        place = np.full(needs, -1)
        place[self.intake] = np.arange(takes)
        rows: list[Any] = []
        cols: list[Any] = []
        data: list[Any] = []
        low: list[Any] = []
        high: list[Any] = []

        def block(row: Any, col: Any, value: Any, lower: Any, upper: Any) -> None:
            base = sum(len(part) for part in low)
            rows.append(np.asarray(row) + base)
            cols.append(np.asarray(col))
            data.append(np.asarray(value, float))
            low.append(np.asarray(lower, float))
            high.append(np.asarray(upper, float))

        every, ones = np.arange(arcs), np.ones(arcs)
        infinite = highspy.kHighsInf
        block(problem.offer, every, ones, np.full(offers, -infinite), problem.supply / self.unit)
        block(problem.need, every, ones, np.full(needs, -infinite), problem.demand / self.unit)
        lots = np.arange(uses)
        room, lot = self.room[self.chosen] / self.unit, self.lot[self.chosen] / self.unit
        block(
            np.concatenate([lots, lots]), np.concatenate([self.chosen, use]),
            np.concatenate([np.ones(uses), -room]), np.full(uses, -infinite), np.zeros(uses),
        )  # fmt: skip
        block(
            np.concatenate([lots, lots]), np.concatenate([self.chosen, use]),
            np.concatenate([np.ones(uses), -lot]), np.zeros(uses), np.full(uses, infinite),
        )  # fmt: skip
        into = np.flatnonzero(place[problem.need] >= 0)
        which = place[problem.need[into]]
        limit = problem.min_intake
        least = np.zeros(0) if limit is None else limit[self.intake] / self.unit
        most = problem.demand[self.intake] / self.unit
        for factor, lower, upper in ((-least, 0.0, infinite), (-most, -infinite, 0.0)):
            block(
                np.concatenate([which, np.arange(takes)]), np.concatenate([into, take]),
                np.concatenate([np.ones(len(into)), factor]),
                np.full(takes, lower), np.full(takes, upper),
            )  # fmt: skip
        columns = arcs + uses + takes
        matrix = coo_array(
            (np.concatenate(data), (np.concatenate(rows), np.concatenate(cols))),
            shape=(sum(len(part) for part in low), columns),
        ).tocsc()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = columns, matrix.shape[0]
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.concatenate(
            [problem.value / self.worth, -self.fixed[self.chosen] / self.scale, np.zeros(takes)]
        )
        model.col_lower_ = np.zeros(columns)
        model.col_upper_ = np.concatenate([self.room / self.unit, np.ones(uses + takes)])
        model.row_lower_, model.row_upper_ = np.concatenate(low), np.concatenate(high)
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        kinds = [highspy.HighsVarType.kContinuous] * arcs
        model.integrality_ = kinds + [highspy.HighsVarType.kInteger] * (uses + takes)
        return model

    def columns(self, flow: Ints) -> list[float]:
        """A flow as a full solution."""
        intake = row_totals(self.problem.need, flow, len(self.problem.demand))
        used = [flow / self.unit, flow[self.chosen] > 0, intake[self.intake] > 0]
        return [float(value) for value in np.concatenate(used)]

    def settled(self, columns: np.ndarray) -> Ints | None:
        """The best whole-kilogram flow under the choices made; None where they cannot be kept.

        Arcs not chosen carry nothing; the lot of each chosen arc is sent first, and what is left at
        both ends is allocated by the flow kernel.
        """
        problem, arcs = self.problem, self.problem.arcs
        on = np.ones(arcs, bool)
        on[self.chosen] = columns[arcs : arcs + len(self.chosen)] > 0.5
        closed = np.zeros(len(problem.demand), bool)
        closed[self.intake] = columns[arcs + len(self.chosen) :] < 0.5
        on &= ~closed[problem.need]
        base = np.where(on, self.lot, 0)
        supply = problem.supply - row_totals(problem.offer, base, len(problem.supply))
        demand = problem.demand - row_totals(problem.need, base, len(problem.demand))
        if (supply.size and supply.min() < 0) or (demand.size and demand.min() < 0):
            return None
        used = np.flatnonzero(on)
        flow = base.copy()
        flow[used] += self._allocated(supply, demand, used)
        intake = row_totals(problem.need, flow, len(problem.demand))
        if problem.min_intake is not None and ((intake > 0) & (intake < problem.min_intake)).any():
            return None
        return flow

    def _allocated(self, supply: Ints, demand: Ints, used: np.ndarray) -> Ints:
        """The best flow over some arcs in which every need first gets what its intake still lacks.

        Such a need is two rows for the kernel: what it must get, worth more a tonne than any chain
        of exchanges of partners could gain, and what it may get beyond.
        """
        problem = self.problem
        offer, need, value = problem.offer[used], problem.need[used], problem.value[used]
        lacking = np.zeros(len(demand), np.int64)
        if problem.min_intake is not None:
            sent = problem.demand - demand
            lacking[self.intake] = np.maximum(0, problem.min_intake - sent)[self.intake]
            served = np.zeros(len(demand), bool)
            served[need] = True
            lacking[~served] = 0
        must = np.flatnonzero(lacking)
        if not len(must):
            return solve_flow(Problem(supply, demand, offer, need, value)).flow
        row = np.full(len(demand), -1)
        row[must] = len(demand) + np.arange(len(must))
        twice = np.flatnonzero(row[need] >= 0)
        above_all = min(
            (len(supply) + len(demand)) * int(np.abs(value).max(initial=1)), VALUE_LIMIT // 2
        )
        flow = solve_flow(
            Problem(
                supply=supply,
                demand=np.concatenate([demand - lacking, lacking[must]]),
                offer=np.concatenate([offer, offer[twice]]),
                need=np.concatenate([need, row[need[twice]].astype(np.int32)]),
                value=np.concatenate([value, np.minimum(value[twice] + above_all, VALUE_LIMIT)]),
            )
        ).flow
        whole = flow[: len(used)].copy()
        whole[twice] += flow[len(used) :]
        return whole
