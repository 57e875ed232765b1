"""What is measured beside the solvers themselves: changes, lots, the optimum over all pairs."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from bench.country import country
from bench.instances import SHAPES, market_problem
from symbiosis.core.__main__ import warm_up
from symbiosis.core.match import match
from symbiosis.core.national import MarketPlan, bound_over_all_pairs, match_market
from symbiosis.core.params import Params
from symbiosis.core.problem import Problem
from symbiosis.core.verify import verify

Row = dict[str, object]

ROOT = Path(__file__).resolve().parents[1]
CHANGES = 1_000
LOT_TONNES = 100
FIXED_CENTS = 200_000
SMALL_SECONDS, LARGE_SECONDS = 60.0, 120.0
SMALL_ARCS = 20_000


def store(problem: Problem, path: Path) -> Path:
    """The instance as the doors and the peers read it."""
    names = ("supply", "demand", "offer", "need", "value")
    np.savez(path, **{name: getattr(problem, name) for name in names})
    return path


def repair_rows(sizes: tuple[str, ...], folder: Path) -> list[Row]:
    """Milliseconds of removals and returns of random offers, as the `arrive` door writes them."""
    rows: list[Row] = []
    for size in sizes:
        problem = market_problem(SHAPES[size])
        instance, out = store(problem, folder / f"{size}.npz"), folder / "times.npz"
        subprocess.run(
            [sys.executable, "-m", "symbiosis.core", "arrive", str(instance),
             "--count", str(CHANGES), "--seed", "5", "--out", str(out)],
            cwd=ROOT, check=True,
        )  # fmt: skip
        with np.load(out) as told:
            assert (told["objective"] == match(problem).objective).all()
            kinds = {"return": told["seconds"], "removal": told["removal_seconds"]}
        for kind, seconds in kinds.items():
            p50, p90, p99 = np.percentile(seconds * 1e3, [50, 90, 99])
            rows.append({"size": size, "arcs": problem.arcs, "change": kind,
                         "p50": p50, "p90": p90, "p99": p99})  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def lots_rows(sizes: tuple[str, ...], seconds: float | None = None) -> list[Row]:
    """Gap to the proven bound with a least lot and with a fixed cost an exchange."""
    warm_up()
    rows: list[Row] = []
    for size in sizes:
        problem = market_problem(SHAPES[size])
        every = np.ones(problem.arcs, np.int64)
        limit = seconds or (SMALL_SECONDS if problem.arcs < SMALL_ARCS else LARGE_SECONDS)
        for kind, whole in (
            (f"lots of {LOT_TONNES} t", replace(problem, min_lot=LOT_TONNES * every)),
            (f"EUR {FIXED_CENTS // 100:,} a use", replace(problem, fixed_cost=FIXED_CENTS * every)),
        ):
            wall, cpu = time.monotonic(), time.process_time()
            plan = match(whole, Params(exact_seconds=limit))
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
            verify(whole, plan)
            rows.append({"size": size, "arcs": problem.arcs, "kind": kind, "limit": limit,
                         "wall": wall, "cpu": cpu, "gap": plan.gap,
                         "objective": plan.objective})  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def all_pairs_rows(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """CPU seconds of the best-k list with its optimum, and of the optimum over all pairs."""
    params = Params()
    listed_only = params.but(price_all_pairs=False)
    for warm in (params, listed_only):
        match_market(country(300), warm)
    rows: list[Row] = []
    for size in sizes:
        market = country(size)
        listed: list[float] = []
        complete: list[float] = []
        for _ in range(rounds):
            short, spent = _timed(market, listed_only)
            listed.append(spent)
            whole, spent = _timed(market, params)
            complete.append(spent)
        bound = min(whole.plan.bound, bound_over_all_pairs(market, params, whole.plan))
        assert whole.plan.objective <= bound
        rows.append(
            {
                "listings": size,
                "listed": median(listed),
                "complete": median(complete),
                "share": short.plan.objective / bound,
                "reached": whole.plan.objective / bound,
                "pairs": len(whole.offer),
            }
        )
        print(rows[-1], flush=True)
    return rows


def _timed(market: object, params: Params) -> tuple[MarketPlan, float]:
    began = time.process_time()
    answer = match_market(market, params)  # type: ignore[arg-type]
    return answer, time.process_time() - began
