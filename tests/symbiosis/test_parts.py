"""A market cut into jobs ends where one process would, wherever the jobs ran and whatever died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from bench.country import country
from symbiosis.core.market import Market, MaterialPairs
from symbiosis.core.national import match_market, verify_over_all_pairs
from symbiosis.core.params import Params
from symbiosis.parts import cut, groups_of_materials, match_in_parts

EXACT = Params().but(all_pairs_gap=0.0, threads=1, pricing_rounds=200)


def families(rows: int, *, count: int, seed: int = 3) -> Market:
    """A market whose concepts fall into so many families that share nothing."""
    market = country(rows, seed=seed, materials=6 * count)
    pairs = market.pairs
    kept = pairs.offered % count == pairs.needed % count
    return Market(
        market.offers,
        market.needs,
        MaterialPairs(
            pairs.offered[kept],
            pairs.needed[kept],
            pairs.substitution_permille[kept],
            pairs.processing_cents[kept],
            pairs.reach_km[kept],
        ),
    )


@pytest.fixture(scope="module")
def market() -> Market:
    return families(1_500, count=3)


@pytest.fixture(scope="module")
def whole(market):
    return match_market(market, EXACT)


@pytest.mark.parametrize("listings_a_job", [50, 700, 10**6])
def test_every_listing_is_in_one_part(market, listings_a_job):
    parts = cut(market, listings_a_job=listings_a_job)
    for side, rows in (("offers", market.offers), ("needs", market.needs)):
        taken = np.concatenate([getattr(part, side) for part in parts])
        assert len(np.unique(taken)) == len(taken) <= len(rows)


def test_parts_of_families_share_no_pair(market):
    label = groups_of_materials(market)
    count = len(label) // 2
    pairs = market.pairs
    assert (label[pairs.offered] == label[pairs.needed + count]).all()
    assert len(np.unique(label[pairs.offered])) >= 3


def test_jobs_on_this_machine_reach_the_optimum_of_the_whole(market, whole):
    answer = match_in_parts(market, EXACT, processes=2, listings_a_job=400)
    verify_over_all_pairs(market, EXACT, answer)
    assert whole.plan.objective == whole.plan.bound
    assert answer.plan.objective == whole.plan.objective


def test_one_group_cut_into_blocks_is_reconciled_by_prices(market):
    joined = country(600, seed=8, materials=5)
    whole = match_market(joined, EXACT)
    answer = match_in_parts(joined, EXACT, processes=2, listings_a_job=200)
    assert len(cut(joined, listings_a_job=200)) > 3
    assert answer.rounds  # pairs across the cuts were missing and were priced in
    assert answer.plan.objective == answer.plan.bound == whole.plan.objective


@contextmanager
def dask_worker(address, name):
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--name", name,
         "--nthreads", "1", "--no-dashboard", "--no-nanny"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.slow
def test_a_dask_worker_killed_half_way_changes_nothing(market, whole):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    cluster = distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address=None, protocol="tcp"
    )
    address = cluster.scheduler_address
    with cluster, dask_worker(address, "first") as first, dask_worker(address, "second"):
        with distributed.Client(cluster, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=120)
        killed = threading.Event()

        def kill_first_when_busy() -> None:
            end = time.monotonic() + 120
            while time.monotonic() < end:
                busy = {
                    str(state.name): len(state.processing)
                    for state in list(cluster.scheduler.workers.values())
                }
                if busy.get("first"):
                    os.kill(first.pid, signal.SIGKILL)
                    killed.set()
                    return
                time.sleep(0.002)

        killer = threading.Thread(target=kill_first_when_busy)
        killer.start()
        answer = match_in_parts(
            market,
            EXACT,
            processes=2,
            scheduler=cluster.scheduler_address,
            listings_a_job=100,
        )
        killer.join()
    assert killed.is_set()
    assert answer.plan.objective == answer.plan.bound == whole.plan.objective
