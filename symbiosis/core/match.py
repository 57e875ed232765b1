"""The one door: a problem goes in, a plan with its certificate comes out."""

from __future__ import annotations

import time

from symbiosis.core.params import Params
from symbiosis.core.problem import Plan, Problem, exact_dot
from symbiosis.core.solvers.flow import solve_flow
from symbiosis.core.solvers.lots import solve_lots
from symbiosis.core.verify import dual_bound


def match(problem: Problem, params: Params | None = None) -> Plan:
    """Allocate the whole market at once, to a proven optimum.

    Guarantee: a divisible problem is solved exactly (gap 0.0) and the prices prove it. With lots,
    fixed costs or intakes the plan keeps them all and carries the gap to a proven bound; the search
    ends at `params.exact_gap` or after `params.exact_seconds`.

    >>> plan = match(Problem(supply=[4, 3], demand=[5], offer=[0, 1], need=[0, 0], value=[9, 7]))
    >>> plan.flow.tolist(), plan.objective, plan.gap
    ([4, 1], 43, 0.0)
    >>> plan.offer_price.tolist(), plan.need_price.tolist()
    ([2, 0], [7])
    """
    began = time.process_time()
    if problem.whole:
        return _in_lots(problem, params or Params(), began)
    flow = solve_flow(problem)
    return Plan(
        flow=flow.flow,
        offer_price=flow.offer_price,
        need_price=flow.need_price,
        objective=exact_dot(problem.value, flow.flow),
        bound=dual_bound(problem, flow.offer_price, flow.need_price),
        solver="flow",
        seconds=time.process_time() - began,
        problem_digest=problem.digest(),
    )


def _in_lots(problem: Problem, params: Params, began: float) -> Plan:
    """Prices are those of the divisible market: they bound the plan and guide what comes next."""
    found = solve_lots(problem, params)
    flow = solve_flow(problem)
    proven = dual_bound(problem, flow.offer_price, flow.need_price)
    return Plan(
        flow=found.flow,
        offer_price=flow.offer_price,
        need_price=flow.need_price,
        objective=found.objective,
        bound=min(found.bound, proven),
        solver="lots",
        seconds=time.process_time() - began,
        problem_digest=problem.digest(),
        notes=(f"{found.proven} of {found.components} components proven",),
    )
