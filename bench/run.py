"""Ratios against peers in one run: `python -m bench.run [--quick] [--out docs]`.

Every solver runs in a process of its own, one after another, on the same stored instance; times are
process CPU of build and solve, medians over the rounds; every objective must be the same integer.
Writes a table (benchmarks.md) and a plot (benchmarks.svg).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from scipy.spatial import cKDTree

from bench.country import country
from bench.instances import SHAPES, market_problem
from symbiosis.core.__main__ import warm_up
from symbiosis.core.candidates import Index
from symbiosis.core.market import Listings, Market
from symbiosis.core.params import Params
from symbiosis.core.solvers.resident import Resident

ROOT = Path(__file__).resolve().parents[1]
REACHES = {"networkx": {"1e3", "1e4", "1e5"}}
FULL_SIZES, QUICK_SIZES = ("1e4", "1e5", "1e6", "1e6c"), ("1e3", "1e4")
CHANGES = 2_000
NEAREST = 20


def solver_rows(sizes: tuple[str, ...], rounds: int, folder: Path) -> list[dict[str, object]]:
    """Median seconds by instance and solver; raises AssertionError on differing objectives."""
    rows: list[dict[str, object]] = []
    for size in sizes:
        problem = market_problem(SHAPES[size])
        path = folder / f"{size}.npz"
        names = ("supply", "demand", "offer", "need", "value")
        np.savez(path, **{name: getattr(problem, name) for name in names})
        times: dict[str, list[float]] = {}
        objectives = set()
        for _ in range(rounds):
            for peer in ("engine", "ortools", "pot", "networkx"):
                if size not in REACHES.get(peer, {size}):
                    continue
                told = subprocess.run(
                    [sys.executable, "-m", "bench.peers", peer, str(path)],
                    cwd=ROOT, check=True, capture_output=True, text=True,
                )  # fmt: skip
                result = json.loads(told.stdout.splitlines()[-1])
                times.setdefault(peer, []).append(result["seconds"])
                objectives.add(result["objective"])
        assert len(objectives) == 1, f"{size}: objectives differ: {objectives}"
        rows.append(
            {
                "size": size,
                "arcs": problem.arcs,
                "objective": objectives.pop(),
                **{peer: median(seconds) for peer, seconds in times.items()},
            }
        )
        print(rows[-1], flush=True)
    return rows


def repair_rows(sizes: tuple[str, ...]) -> list[dict[str, object]]:
    """Milliseconds of one removal or return of a random offer."""
    rows = []
    for size in sizes:
        problem = market_problem(SHAPES[size])
        warm_up()
        resident = Resident(problem)
        before = resident.objective
        spent = []
        for row in np.random.default_rng(5).integers(0, len(problem.supply), CHANGES).tolist():
            for quantity in (0, int(problem.supply[row])):
                began = time.process_time()
                resident.set_quantity("offer", row, quantity)
                spent.append((time.process_time() - began) * 1e3)
        assert resident.objective == before
        p50, p90, p99 = np.percentile(spent, [50, 90, 99])
        rows.append({"size": size, "arcs": problem.arcs, "p50": p50, "p90": p90, "p99": p99})
        print(rows[-1], flush=True)
    return rows


def even_market(rows: int) -> Market:
    """A market in which worth falls with the distance alone, so that nearest is best."""
    market = country(rows, seed=4, siblings=5, reach_km=50.0)

    def side(listings: Listings, firm: int, worth: int) -> Listings:
        return Listings(
            listings.latitude, listings.longitude, listings.material, listings.kg,
            np.arange(rows) + firm, np.full(rows, worth),
        )  # fmt: skip

    return Market(side(market.offers, 0, 9_000), side(market.needs, rows, 9_000), market.pairs)


def nearest_by_trees(market: Market, params: Params) -> float:
    """The best pairs by value from one k-d tree a material, two threads over offered materials."""
    began = time.perf_counter()
    shrink = np.cos(np.radians(42.7))
    offers, needs, pairs = market.offers, market.needs, market.pairs
    from_xy = np.column_stack([offers.longitude * 111.32 * shrink, offers.latitude * 111.1])
    to_xy = np.column_stack([needs.longitude * 111.32 * shrink, needs.latitude * 111.1])
    rows_of = {m: np.flatnonzero(needs.material == m) for m in np.unique(needs.material)}
    trees = {m: cKDTree(to_xy[rows]) for m, rows in rows_of.items()}
    cents = params.road_cents_per_tonne_km

    def material(m: int) -> int:
        mine = np.flatnonzero(offers.material == m)
        values, partners = [], []
        for p in np.flatnonzero(pairs.offered == m):
            to = int(pairs.needed[p])
            if to not in trees or not len(mine):
                continue
            km, where = trees[to].query(
                from_xy[mine], k=np.arange(1, NEAREST + 1), distance_upper_bound=50.0
            )
            base = 9_000 + 9 * pairs.substitution_permille[p] - pairs.processing_cents[p]
            values.append(np.where(np.isfinite(km), base - cents * km, -np.inf))
            partners.append(rows_of[to][np.minimum(where, len(rows_of[to]) - 1)])
        if not values:
            return 0
        value, partner = np.hstack(values), np.hstack(partners)
        best = np.argpartition(-value, min(NEAREST, value.shape[1] - 1), axis=1)[:, :NEAREST]
        np.take_along_axis(partner, best, axis=1)
        return int(np.isfinite(np.take_along_axis(value, best, axis=1)).sum())

    with ThreadPoolExecutor(2) as pool:
        sum(pool.map(material, np.unique(offers.material).tolist()))
    return time.perf_counter() - began


def candidate_rows(sizes: tuple[int, ...], rounds: int) -> list[dict[str, object]]:
    """Wall seconds of the national list, against the pool of k-d trees."""
    params = Params(threads=2)
    Index(even_market(500), params, from_offers=True).search(NEAREST)
    rows: list[dict[str, object]] = []
    for size in sizes:
        market = even_market(size)
        mine, pool = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            found = Index(market, params, from_offers=True).search(NEAREST)
            mine.append(time.perf_counter() - began)
            pool.append(nearest_by_trees(market, params))
        rows.append(
            {"listings": size, "pairs": len(found.row), "engine": median(mine), "kd": median(pool)}
        )
        print(rows[-1], flush=True)
    return rows


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def report(
    solvers: list[dict[str, object]],
    repairs: list[dict[str, object]],
    candidates: list[dict[str, object]],
) -> str:
    """The page docs/benchmarks.md."""

    def seconds(row: dict[str, object], peer: str) -> str:
        return f"{row[peer]:.4f}" if peer in row else "-"

    def ratio(row: dict[str, object], peer: str) -> str:
        return f"{float(row[peer]) / float(row['engine']):.1f}x" if peer in row else "-"  # type: ignore[arg-type]

    peers = ("ortools", "pot", "networkx")
    lines = [
        "# Measured",
        "",
        "Written by `python -m bench.run`. CPU seconds of build and solve, each solver in its own",
        "process on the same instance; every objective was the same integer. A `c` marks families",
        "chained into one another.",
        f"Load average at the end of the run: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        "",
        "## Allocation",
        "",
        *table(
            ["instance", "arcs", "engine s", *(f"{peer} s" for peer in peers),
             *(f"vs {peer}" for peer in peers)],
            [
                [str(row["size"]), f"{row['arcs']:,}", seconds(row, "engine"),
                 *(seconds(row, peer) for peer in peers), *(ratio(row, peer) for peer in peers)]
                for row in solvers
            ],
        ),
        "## One change repaired (ms)",
        "",
        *table(
            ["instance", "arcs", "p50", "p90", "p99"],
            [
                [str(row["size"]), f"{row['arcs']:,}",
                 *(f"{row[name]:.4f}" for name in ("p50", "p90", "p99"))]
                for row in repairs
            ],
        ),
        "## National list, 20 best per offer (wall seconds)",
        "",
        *table(
            ["offers = needs", "pairs", "engine", "k-d trees, 2 threads", "share"],
            [
                [f"{row['listings']:,}", f"{row['pairs']:,}", f"{row['engine']:.3f}",
                 f"{row['kd']:.3f}", f"{float(row['engine']) / float(row['kd']):.2f}"]  # type: ignore[arg-type]
                for row in candidates
            ],
        ),
        "![Solve time by number of arcs](benchmarks.svg)",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def plot(rows: list[dict[str, object]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for peer in ("engine", "ortools", "pot", "networkx"):
        held = sorted((row["arcs"], row[peer]) for row in rows if peer in row)  # type: ignore[type-var]
        axes.loglog(*zip(*held, strict=True), marker="o", label=peer)
    axes.set_xlabel("arcs")
    axes.set_ylabel("CPU seconds, build and solve")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    given = parser.parse_args()
    sizes = QUICK_SIZES if given.quick else FULL_SIZES
    with tempfile.TemporaryDirectory() as folder:
        solvers = solver_rows(sizes, 1 if given.quick else given.rounds, Path(folder))
    repairs = repair_rows(sizes)
    listings = (2_000,) if given.quick else (10_000, 100_000)
    candidates = candidate_rows(listings, given.rounds)
    if given.quick:
        return
    given.out.mkdir(exist_ok=True)
    (given.out / "benchmarks.md").write_text(report(solvers, repairs, candidates))
    plot(solvers, given.out / "benchmarks.svg")


if __name__ == "__main__":
    main()
