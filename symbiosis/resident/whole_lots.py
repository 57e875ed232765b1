"""What a divisible plan leaves when no exchange may be smaller than its least lot.

The resident plan is divisible, so that every repair is exact. Where a listing names a minimum lot,
exchanges below it are taken out and what they free goes, best first, to pairs that can take a whole
lot of it. The divisible optimum stays the proven bound; the gap is stored with the run, and the
national run (services.run_matching) searches lots exactly.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from symbiosis.core.problem import Ints
from symbiosis.core.verify import objective_of, row_totals
from symbiosis.resident.layer import LayerPlan


def in_whole_lots(divisible: LayerPlan, offer_lot: Ints, need_lot: Ints) -> LayerPlan:
    """The plan with every exchange at least its lot (kg by row); the same one where none asks."""
    lot = np.maximum(offer_lot[divisible.offer], need_lot[divisible.need])
    if not lot.any():
        return divisible
    problem = replace(divisible.problem, min_lot=lot)
    flow = divisible.plan.flow.copy()
    short = (flow > 0) & (flow < lot)
    flow[short] = 0
    if short.any():
        _fill(divisible, flow, lot)
    plan = replace(
        divisible.plan,
        flow=flow,
        objective=objective_of(problem, flow),
        problem_digest=problem.digest(),
        solver="resident flow in whole lots",
    )
    return replace(divisible, problem=problem, plan=plan)


def _fill(divisible: LayerPlan, flow: Ints, lot: Ints) -> None:
    """Give what is free to pairs that carry already or can take a whole lot, best value first."""
    problem = divisible.problem
    offer_free = problem.supply - row_totals(divisible.offer, flow, len(problem.supply))
    need_free = problem.demand - row_totals(divisible.need, flow, len(problem.demand))
    room = np.minimum(offer_free[divisible.offer], need_free[divisible.need])
    able = np.flatnonzero((problem.value > 0) & (room > 0) & ((flow > 0) | (room >= lot)))
    for arc in able[np.argsort(-problem.value[able], kind="stable")].tolist():
        offer, need = divisible.offer[arc], divisible.need[arc]
        kg = min(offer_free[offer], need_free[need])
        if kg > 0 and (flow[arc] > 0 or kg >= lot[arc]):
            flow[arc] += kg
            offer_free[offer] -= kg
            need_free[need] -= kg
