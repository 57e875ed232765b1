"""A plan is checked against its problem, in linear time, before anyone acts on it."""

from __future__ import annotations

import numpy as np

from symbiosis.core.errors import PlanError
from symbiosis.core.problem import Ints, Plan, Problem, exact_dot


def dual_bound(problem: Problem, offer_price: Ints, need_price: Ints) -> int:
    """What the prices prove: no divisible allocation is worth more (weak duality).

    Raises PlanError where a price is negative or an arc is worth more than its ends' prices.
    """
    for name, price in (("offer_price", offer_price), ("need_price", need_price)):
        if price.size and int(price.min()) < 0:
            raise PlanError(f"{name}[{int(price.argmin())}] is negative")
    excess = problem.value - offer_price[problem.offer] - need_price[problem.need]
    if excess.size and int(excess.max()) > 0:
        arc = int(excess.argmax())
        raise PlanError(f"arc {arc} is worth {int(excess[arc])} more than the prices of its ends")
    return exact_dot(offer_price, problem.supply) + exact_dot(need_price, problem.demand)


def row_totals(rows: np.ndarray, flow: Ints, count: int) -> Ints:
    """Kilograms by row, exact in integers."""
    totals = np.zeros(count, np.int64)
    used = np.flatnonzero(flow)
    np.add.at(totals, rows[used], flow[used])
    return totals


def verify(problem: Problem, plan: Plan) -> None:
    """Raise PlanError unless the plan belongs to the problem, keeps every limit and adds up.

    A divisible plan (no lots, fixed costs or intakes) must be proven optimal by its own prices;
    any other must stay under a bound that its prices or its solver prove.
    """
    if plan.problem_digest != problem.digest():
        raise PlanError("the plan was made for another problem")
    _check_shapes(problem, plan)
    _check_quantities(problem, plan.flow)
    _check_lots(problem, plan.flow)
    objective = objective_of(problem, plan.flow)
    if objective != plan.objective:
        raise PlanError(f"objective is {objective}, the plan says {plan.objective}")
    proven = dual_bound(problem, plan.offer_price, plan.need_price)
    if not problem.whole and proven != plan.objective:
        raise PlanError(f"the prices prove {proven}, the flow reaches {plan.objective}")
    if plan.bound < plan.objective:
        raise PlanError(f"bound {plan.bound} is below the objective {plan.objective}")
    if plan.bound > proven and not plan.complete_over_all_pairs:
        raise PlanError(f"bound {plan.bound} is above {proven}, which the prices prove")


def objective_of(problem: Problem, flow: Ints) -> int:
    """Value of a flow less the fixed costs of the arcs it uses."""
    objective = exact_dot(problem.value, flow)
    if problem.fixed_cost is not None:
        objective -= sum(problem.fixed_cost[flow > 0].tolist())
    return objective


def _check_shapes(problem: Problem, plan: Plan) -> None:
    for name, array, length in (
        ("flow", plan.flow, problem.arcs),
        ("offer_price", plan.offer_price, len(problem.supply)),
        ("need_price", plan.need_price, len(problem.demand)),
    ):
        if len(array) != length:
            raise PlanError(f"{name} has {len(array)} entries, the problem {length}")


def _check_quantities(problem: Problem, flow: Ints) -> None:
    if flow.size and int(flow.min()) < 0:
        raise PlanError(f"arc {int(flow.argmin())} carries less than nothing")
    for side, rows, limit in (
        ("offer", problem.offer, problem.supply),
        ("need", problem.need, problem.demand),
    ):
        over = row_totals(rows, flow, len(limit)) - limit
        if over.size and int(over.max()) > 0:
            row = int(over.argmax())
            raise PlanError(f"{side} {row} is used {int(over[row])} kg beyond its quantity")


def _check_lots(problem: Problem, flow: Ints) -> None:
    if problem.min_lot is not None:
        short = (flow > 0) & (flow < problem.min_lot)
        if short.any():
            raise PlanError(f"arc {int(short.argmax())} carries less than its least lot")
    if problem.min_intake is not None:
        intake = row_totals(problem.need, flow, len(problem.demand))
        short = (intake > 0) & (intake < problem.min_intake)
        if short.any():
            raise PlanError(f"need {int(short.argmax())} takes less than its least intake")
