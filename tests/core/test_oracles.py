"""Five hundred markets, each solved by two further libraries; scipy's HiGHS is in test_match."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbiosis.core.match import match
from symbiosis.core.problem import Problem
from symbiosis.core.verify import verify
from tests.core.peer_solvers import objectives_by
from tests.core.test_match import random_problem

MARKETS = 500


@pytest.fixture(scope="module")
def markets() -> list[Problem]:
    """Markets of many shapes, all with something to allocate; each pair listed once, as one of the
    peers asks."""
    rng = np.random.default_rng(41)
    made = []
    while len(made) < MARKETS:
        drawn = random_problem(rng, *rng.integers(1, 16, 2), int(rng.integers(1, 120)))
        _, first = np.unique(
            drawn.offer.astype(np.int64) << 32 | drawn.need.astype(np.int64), return_index=True
        )
        kept = first[drawn.value[first] > 0]
        if len(kept) and drawn.supply.sum() and drawn.demand.sum():
            made.append(
                Problem(
                    supply=drawn.supply, demand=drawn.demand,
                    offer=drawn.offer[kept], need=drawn.need[kept], value=drawn.value[kept],
                )
            )  # fmt: skip
    return made


@pytest.mark.parametrize("peer", ["ortools", "pot"])
def test_another_library_finds_the_same_optimum(
    peer: str, markets: list[Problem], tmp_path: Path
) -> None:
    found = objectives_by(peer, markets, tmp_path)
    assert len(found) == MARKETS
    for market, objective in zip(markets, found, strict=True):
        plan = match(market)
        verify(market, plan)
        assert plan.objective == objective
