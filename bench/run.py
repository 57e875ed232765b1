"""Ratios against peers in one run: `python -m bench.run [--quick] [--sections NAME ...]`.

Every solver runs in a process of its own, one after another, on the same stored instance; times are
process CPU of build and solve, medians over the rounds; every objective must be the same integer.
Keeps what was measured, section by section with the load it met, in bench/measured.json, and writes
from that the page docs/benchmarks.md and its plot.
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
from bench.report import plot, report
from bench.sections import ROOT, Row, all_pairs_rows, lots_rows, repair_rows, store
from symbiosis.core.candidates import Index
from symbiosis.core.market import Listings, Market
from symbiosis.core.params import Params

MEASURED = ROOT / "bench" / "measured.json"
REPEATED = ("allocation", "candidates")
SECTIONS = ("allocation", "changes", "pairs", "candidates", "lots")
REACHES = {"networkx": {"1e3", "1e4", "1e5"}}
FULL_SIZES, QUICK_SIZES = ("1e4", "1e5", "1e6", "1e6c"), ("1e3", "1e4")
NEAREST = 20


def solver_rows(sizes: tuple[str, ...], rounds: int, folder: Path) -> list[Row]:
    """Median seconds by instance and solver; raises AssertionError on differing objectives."""
    rows: list[Row] = []
    for size in sizes:
        problem = market_problem(SHAPES[size])
        path = store(problem, folder / f"{size}.npz")
        times: dict[str, list[float]] = {}
        megabytes: dict[str, list[float]] = {}
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
                megabytes.setdefault(peer, []).append(result["megabytes"])
                objectives.add(result["objective"])
        assert len(objectives) == 1, f"{size}: objectives differ: {objectives}"
        rows.append(
            {
                "size": size,
                "arcs": problem.arcs,
                "objective": objectives.pop(),
                **{peer: median(seconds) for peer, seconds in times.items()},
                "megabytes": {peer: median(held) for peer, held in megabytes.items()},
            }
        )
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


def candidate_rows(sizes: tuple[int, ...], rounds: int) -> list[Row]:
    """Wall seconds of the national list, against the pool of k-d trees."""
    params = Params(threads=2)
    Index(even_market(500), params, from_offers=True).search(NEAREST)
    rows: list[Row] = []
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


def measure(section: str, rounds: int, folder: Path, *, quick: bool) -> list[Row]:
    """The rows of one section."""
    sizes = QUICK_SIZES if quick else FULL_SIZES
    if section == "allocation":
        return solver_rows(sizes, rounds, folder)
    if section == "changes":
        return repair_rows(sizes, folder)
    if section == "pairs":
        return all_pairs_rows((1_000,) if quick else (5_000, 10_000, 20_000), 1)
    if section == "candidates":
        return candidate_rows((2_000,) if quick else (10_000, 100_000), rounds)
    return lots_rows(("1e3",) if quick else ("1e4", "1e5"), 5.0 if quick else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    given = parser.parse_args()
    kept = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for section in given.sections:
            loads = [os.getloadavg()[0]]
            rounds = 1 if given.quick else given.rounds
            rows = measure(section, rounds, Path(folder), quick=given.quick)
            loads.append(os.getloadavg()[0])
            taken = rounds if section in REPEATED else 1
            kept[section] = {
                "load": loads, "cores": os.cpu_count(), "rounds": taken, "rows": rows
            }  # fmt: skip
            if not given.quick:
                MEASURED.write_text(json.dumps(kept, indent=1) + "\n")
                (given.out / "benchmarks.md").write_text(report(kept))
                plot(kept, given.out / "benchmarks.svg")


if __name__ == "__main__":
    main()
