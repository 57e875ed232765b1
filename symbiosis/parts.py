"""A national market cut into jobs, on this machine's processes or on a Dask cluster.

Cut: concepts that may feed one another, directly or through others, belong together; groups that
share no concept share no exchange, so such a cut is exact (connected components). A group too large
for one job is cut once more into blocks of equal size from west to east.

Each job allocates its part and answers the pairs it listed. The whole is then solved over all pairs
listed anywhere, and pairs across a cut are priced in with the dual prices until the certificate of
the whole market holds. So the answer is that of one process, whatever the cut and wherever the jobs
ran; a job lost with its machine is run again elsewhere and changes nothing.

The jobs run through joblib: its own processes (loky) by default, a Dask cluster where
``MATCHING_SCHEDULER`` names its scheduler. Only arrays travel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from symbiosis.core.market import Listings, Market
from symbiosis.core.national import MarketPlan, match_market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints

LISTINGS_A_JOB = 50_000
"""Choice of this project; smaller jobs cost more pairs across cuts."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of the market that one job takes."""

    offers: Ints
    needs: Ints

    def __len__(self) -> int:
        return len(self.offers) + len(self.needs)


def groups_of_materials(market: Market) -> Ints:
    """Group of each material as offered, then of each as needed (twice as many entries).

    A pair joins two concepts only where the one is offered and the other needed at present.
    """
    pairs = market.pairs
    sides = (market.offers.material, market.needs.material, pairs.offered, pairs.needed)
    count = 1 + max(int(side.max(initial=0)) for side in sides)
    is_offered, is_needed = (np.zeros(count, np.bool_) for _side in range(2))
    is_offered[market.offers.material] = True
    is_needed[market.needs.material] = True
    live = is_offered[pairs.offered] & is_needed[pairs.needed]
    # An offered and a needed listing of one concept meet only through a pair, so the two uses of a
    # concept are two nodes.
    ends = pairs.offered[live], pairs.needed[live] + count
    graph = coo_array((np.ones(int(live.sum())), ends), shape=(2 * count, 2 * count))
    _groups, label = connected_components(graph, directed=False)
    groups: Ints = label.astype(np.int64)
    return groups


def cut(market: Market, *, listings_a_job: int = LISTINGS_A_JOB) -> list[Part]:
    """Parts of about so many listings, largest first; together they hold every listing once."""
    label = groups_of_materials(market)
    count = len(label) // 2
    offer_group = label[market.offers.material]
    need_group = label[market.needs.material + count]
    size = np.bincount(offer_group, minlength=len(label)) + np.bincount(
        need_group, minlength=len(label)
    )
    job, blocks = _jobs(size, listings_a_job)
    offer_job = job[offer_group] + _block(market.offers, blocks[offer_group])
    need_job = job[need_group] + _block(market.needs, blocks[need_group])
    parts = [
        Part(np.flatnonzero(offer_job == number), np.flatnonzero(need_job == number))
        for number in np.unique(np.concatenate([offer_job, need_job])).tolist()
    ]
    return sorted((part for part in parts if len(part.offers) and len(part.needs)), key=len)[::-1]


def _jobs(size: Ints, listings_a_job: int) -> tuple[Ints, Ints]:
    """By group, its first job and into how many blocks it is cut; small groups share a job."""
    job, blocks = np.zeros(len(size), np.int64), np.ones(len(size), np.int64)
    number, filled = 0, 0
    for group in np.argsort(-size, kind="stable").tolist():
        if size[group] > listings_a_job:
            blocks[group] = -(-int(size[group]) // listings_a_job)
            job[group] = number
            number += int(blocks[group])
            continue
        if filled + size[group] > listings_a_job:
            number, filled = number + 1, 0
        job[group] = number
        filled += int(size[group])
    return job, blocks


def _block(side: Listings, blocks: Ints) -> Ints:
    """Which of its group's blocks a listing lies in, counted from the west."""
    if not len(side):
        return np.zeros(0, np.int64)
    west_to_east = np.argsort(np.argsort(side.longitude, kind="stable"), kind="stable")
    return west_to_east * blocks // len(side)


def match_in_parts(
    market: Market,
    params: Params,
    *,
    processes: int,
    scheduler: str = "",
    listings_a_job: int = LISTINGS_A_JOB,
) -> MarketPlan:
    """Allocate the whole market by jobs; the same guarantee as match_market."""
    parts = cut(market, listings_a_job=listings_a_job)
    if len(parts) <= 1:
        return match_market(market, params)
    alone = params.but(threads=1)
    with _backend(processes, scheduler):
        found: list[tuple[Ends, Ends]] = Parallel()(
            delayed(pairs_of_part)(_only(market, part), alone) for part in parts
        )
    offer = np.concatenate(
        [part.offers[rows] for part, (rows, _) in zip(parts, found, strict=True)]
    )
    need = np.concatenate([part.needs[rows] for part, (_, rows) in zip(parts, found, strict=True)])
    return match_market(market, params, listed=(offer.astype(np.int32), need.astype(np.int32)))


def pairs_of_part(market: Market, params: Params) -> tuple[Ends, Ends]:
    """The job: allocate a part; the pairs it ended with, by row of the part."""
    answer = match_market(market, params)
    return answer.offer, answer.need


def _only(market: Market, part: Part) -> Market:
    return Market(_rows(market.offers, part.offers), _rows(market.needs, part.needs), market.pairs)


def _rows(side: Listings, rows: NDArray[np.int64]) -> Listings:
    return Listings(**{item.name: getattr(side, item.name)[rows] for item in fields(side)})


@contextmanager
def _backend(processes: int, scheduler: str) -> Iterator[None]:
    """joblib on this machine, or on the cluster of a Dask scheduler."""
    if not scheduler:
        with parallel_config(backend="loky", n_jobs=processes):
            yield
        return
    from distributed import Client  # only where a cluster is named

    with (
        Client(scheduler, set_as_default=False) as client,  # type: ignore[no-untyped-call]
        parallel_config(backend="dask", n_jobs=-1, client=client),
    ):
        yield
