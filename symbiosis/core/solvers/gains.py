"""The generalised flow solved: the linear optimum by HiGHS, whole kilograms, integer prices.

HiGHS (through scipy) finds the linear optimum and its dual prices in floating point. Neither is
believed: flows are rounded down and lowered until every limit holds in integers, and prices are
rounded up and raised until they prove a bound in integers. What both cost is the gap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from symbiosis.core.errors import PlanError
from symbiosis.core.gains import (
    FULL,
    NO_WAY_ON,
    PRICE_UNIT,
    GainPlan,
    GainProblem,
    excesses,
    gain_bound,
    least_giver_prices,
    unpassed,
)
from symbiosis.core.problem import Ints, exact_dot

KG_PER_UNIT = 1_000.0
NEARLY = 1e-4
PASSES = 1_000


def solve_gains(problem: GainProblem) -> GainPlan:
    """The linear optimum in whole kilograms, with prices that prove how good it is.

    Guarantee: every limit holds exactly; the gap is that of rounding, a few kilograms an arc used.
    Complexity: that of HiGHS; in practice a second or two at 1e5 arcs (docs/algorithms).
    """
    if not problem.arcs:
        none = np.zeros(0, np.int64)
        return GainPlan(
            none, np.zeros(problem.givers, np.int64), np.zeros(len(problem.demand), np.int64),
            np.zeros(len(problem.capacity), np.int64), 0, 0,
        )  # fmt: skip
    matrix, relay = _matrix(problem), np.zeros(problem.givers + len(problem.demand), bool)
    relay[len(problem.supply) : problem.givers] = True
    relay = np.concatenate([relay, np.zeros(len(problem.capacity), bool)])
    limits = np.concatenate(
        [problem.supply, np.zeros(problem.relays), problem.demand, problem.capacity]
    )
    told = linprog(
        -problem.value.astype(float),
        A_ub=matrix[~relay],
        b_ub=limits[~relay] / KG_PER_UNIT,
        A_eq=matrix[relay] if problem.relays else None,
        b_eq=np.zeros(problem.relays) if problem.relays else None,
        method="highs",
    )
    if told.status != 0:
        raise PlanError(f"the linear programme was not solved: {told.message}")
    flow = _whole(problem, np.asarray(told.x))
    price = np.maximum(0.0, -np.asarray(told.ineqlin.marginals))
    offers, needs = len(problem.supply), len(problem.demand)
    _offer, need, meter = np.split(price, [offers, offers + needs])
    plan = GainPlan(
        flow=flow,
        giver_price=np.zeros(problem.givers, np.int64),
        need_price=_up(need),
        meter_price=_up(meter),
        objective=exact_dot(problem.value, flow),
        bound=0,
    )
    return certified(problem, plan)


def certified(problem: GainProblem, plan: GainPlan) -> GainPlan:
    """The plan with the least prices of offers and relays that its other prices allow, its bound.

    Relays lead only to needs or to relays that lead to needs, so two passes settle them.
    """
    price = np.zeros(problem.givers, np.int64)
    for _ in range(problem.relays + 2):
        least = least_giver_prices(problem, plan.need_price, plan.meter_price, price)
        raised = np.zeros(problem.givers, np.int64)
        raised[len(problem.supply) :] = NO_WAY_ON
        np.maximum.at(raised, problem.tail, least)
        if (raised == price).all():
            break
        price = raised
    settled = GainPlan(
        plan.flow, price, plan.need_price, plan.meter_price, plan.objective, plan.objective
    )
    bound = max(plan.objective, gain_bound(problem, settled))
    return GainPlan(
        plan.flow, price, plan.need_price, plan.meter_price, plan.objective, bound
    )  # fmt: skip


def _matrix(problem: GainProblem) -> Any:
    """Rows: what leaves offers and relays less what arrives, what needs take, what meters count."""
    arcs = np.arange(problem.arcs)
    givers, needs = problem.givers, len(problem.demand)
    into = problem.into_need
    gain = problem.gain_permille / FULL
    rows: list[Any] = [problem.tail, problem.head, givers + needs + problem.meter]
    columns: list[Any] = [arcs, arcs, problem.metered]
    data: list[Any] = [
        np.ones(problem.arcs),
        np.where(into, 1.0, -gain),
        np.ones(len(problem.metered)),
    ]
    return coo_array(
        (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))),
        shape=(givers + needs + len(problem.capacity), problem.arcs),
    ).tocsr()


def _up(price: Any) -> Ints:
    whole: Ints = np.ceil(price * PRICE_UNIT).astype(np.int64)
    return whole


def _whole(problem: GainProblem, units: np.ndarray) -> Ints:
    """Whole kilograms under every limit: rounded down, then lowered where a limit is still passed.

    Flows only ever fall, the least valuable first, so this ends.
    """
    flow: Ints = np.floor(np.maximum(units, 0.0) * KG_PER_UNIT + NEARLY).astype(np.int64)
    offers, givers = len(problem.supply), problem.givers
    every = np.arange(problem.arcs)
    groups: dict[str, tuple[Any, Any]] = {
        "offer": (problem.tail, every),
        "relay": (problem.tail - offers, every),
        "need": (problem.head - givers, every),
        "meter": (problem.meter, problem.metered),
    }
    for _ in range(PASSES):
        settled = True
        for name, over in excesses(problem, flow).items():
            rows, arcs = groups[name]
            beyond = -(-over // FULL) if name == "relay" else over
            for row in np.flatnonzero(beyond > 0).tolist():
                settled = False
                _lower(problem, flow, arcs[rows == row], int(beyond[row]))
        for row in np.flatnonzero(-excesses(problem, flow)["relay"] > unpassed(problem)).tolist():
            settled = False
            kept = -int(excesses(problem, flow)["relay"][row])
            _take_less(problem, flow, np.flatnonzero(problem.head == offers + row), kept)
        if settled:
            return flow
    raise PlanError("the plan does not settle in whole kilograms")


def _lower(problem: GainProblem, flow: Ints, arcs: Any, over: int) -> None:
    """Take so many kilograms off some arcs."""
    for arc in arcs[np.argsort(problem.value[arcs], kind="stable")].tolist():
        less = min(over, int(flow[arc]))
        flow[arc] -= less
        over -= less


def _take_less(problem: GainProblem, flow: Ints, arcs: Any, kept: int) -> None:
    """Lower what a relay takes by what it does not pass on, given in thousandths of a kilogram."""
    for arc in arcs[np.argsort(problem.value[arcs], kind="stable")].tolist():
        less = min(int(flow[arc]), kept // int(problem.gain_permille[arc]))
        flow[arc] -= less
        kept -= less * int(problem.gain_permille[arc])
