"""The market worked by hand in docs/algorithms/four-firms.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from symbiosis.core.match import match
from symbiosis.core.prices import price_bands
from symbiosis.core.problem import Problem

PAGE = Path(__file__).resolve().parents[2] / "docs" / "algorithms" / "four-firms.md"
MARKET = Problem(
    supply=np.array([6, 4]),
    demand=np.array([5, 4]),
    offer=np.array([0, 0, 1, 1], np.int32),
    need=np.array([0, 1, 0, 1], np.int32),
    value=np.array([900, 700, 800, 300]),
)


def greedy(problem: Problem) -> int:
    supply, demand, worth = problem.supply.copy(), problem.demand.copy(), 0
    for arc in np.argsort(-problem.value, kind="stable"):
        i, j = problem.offer[arc], problem.need[arc]
        tonnes = min(supply[i], demand[j])
        supply[i] -= tonnes
        demand[j] -= tonnes
        worth += int(tonnes * problem.value[arc])
    return worth


def test_the_page_tells_what_the_engine_finds() -> None:
    plan = match(MARKET)
    bands = price_bands(MARKET, plan)
    assert plan.flow.tolist() == [2, 4, 3, 0]
    assert plan.objective == plan.bound == 7_000
    assert plan.offer_price.tolist() == bands.offer_least.tolist() == [100, 0]
    assert plan.need_price.tolist() == bands.need_most.tolist() == [800, 600]
    assert bands.offer_most.tolist() == [100, 0]
    page = PAGE.read_text()
    assert f"**{greedy(MARKET):,}**".replace(",", " ") in page
    assert f"**{plan.objective:,}**".replace(",", " ") in page
