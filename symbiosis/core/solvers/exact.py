"""One component with lots, fixed costs and intakes as a mixed-integer programme for HiGHS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy.sparse import coo_array

from symbiosis.core.problem import Ints, Problem
from symbiosis.core.solvers.flow import solve_flow
from symbiosis.core.verify import objective_of, row_totals


@dataclass(frozen=True)
class Searched:
    """What the search found and proved."""

    flow: Ints
    objective: int
    bound: int


def search_component(
    problem: Problem, *, start: Ints, seconds: float, gap: float
) -> Searched | None:
    """Search one component from a feasible start; None where nothing was found.

    Columns: flow of each arc, use of each arc with a lot or a fixed cost, use of each need with an
    intake. The choices made are kept; flows are then settled in whole kilograms by the flow kernel
    with each lot reserved.
    """
    programme = _Programme(problem)
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("time_limit", max(0.05, seconds))
    solver.setOptionValue("mip_rel_gap", gap)
    solver.passModel(programme.model())
    solution = highspy.HighsSolution()
    solution.col_value = programme.columns(start)
    solver.setSolution(solution)
    solver.run()
    info = solver.getInfo()
    bound = math.floor(info.mip_dual_bound * programme.scale + 1e-6 * abs(info.mip_dual_bound))
    if not math.isfinite(info.mip_dual_bound):
        return None
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Searched(start, objective_of(problem, start), bound)
    columns = np.array(solver.getSolution().col_value)
    flow = programme.settled(columns)
    if flow is None:
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
        rest = Problem(
            supply=supply,
            demand=demand,
            offer=problem.offer[used],
            need=problem.need[used],
            value=problem.value[used],
        )
        flow = base.copy()
        flow[used] += solve_flow(rest).flow
        intake = row_totals(problem.need, flow, len(problem.demand))
        if problem.min_intake is not None and ((intake > 0) & (intake < problem.min_intake)).any():
            return None
        return flow
