"""Instances shaped like a national market, made from a seed.

Firms gather round cities of unequal size, material families follow Zipf's law, quantities are
log-normal, and the worth of a pair falls with the distance. Whole tonnes, whole cents per tonne.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from symbiosis.core.problem import Problem

COUNTRY_KM = (500.0, 300.0)
CITIES = 30
FAMILIES = 40
RURAL_SHARE = 0.15
REACH_KM = 150.0
HAULAGE_CENTS_PER_TONNE_KM = 15.6
NEIGHBOURS = 20


@dataclass(frozen=True)
class Shape:
    """One size of instance: how many firms, and whether families replace their neighbours."""

    name: str
    firms: int
    chained: bool = False


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("1e3", 150),
        Shape("1e4", 680),
        Shape("1e5", 4_482),
        Shape("1e6", 41_051),
        Shape("3e6", 125_517),
        Shape("1e5c", 4_600, chained=True),
        Shape("1e6c", 42_400, chained=True),
    )
}


@dataclass(frozen=True)
class _Listings:
    xy: NDArray[np.float64]
    family: NDArray[np.int64]
    firm: NDArray[np.int64]
    tonnes: NDArray[np.int64]
    cents: NDArray[np.float64]


def _places(rng: np.random.Generator, firms: int) -> NDArray[np.float64]:
    cities = rng.random((CITIES, 2)) * COUNTRY_KM
    size = 1.0 / np.arange(1, CITIES + 1)
    city = rng.choice(CITIES, firms, p=size / size.sum())
    near_city = cities[city] + rng.normal(0.0, 12.0, (firms, 2))
    rural = rng.random((firms, 2)) * COUNTRY_KM
    return np.where((rng.random(firms) < RURAL_SHARE)[:, None], rural, near_city)


def _listings(rng: np.random.Generator, places: NDArray[np.float64]) -> _Listings:
    weight = 1.0 / np.arange(1, FAMILIES + 1)
    count = round(len(places) * 1.2)
    firm = rng.integers(0, len(places), count)
    family = rng.choice(FAMILIES, count, p=weight / weight.sum())
    tonnes = np.maximum(1, np.rint(rng.lognormal(np.log(150.0), 1.5, count))).astype(np.int64)
    return _Listings(places[firm], family, firm, tonnes, rng.normal(1.0, 0.15, count))


def market_problem(shape: Shape, *, seed: int = 1, neighbours: int = NEIGHBOURS) -> Problem:
    """The allocation problem of a market: each offer with its nearest compatible needs."""
    rng = np.random.default_rng(seed)
    places = _places(rng, shape.firms)
    offers, needs = _listings(rng, places), _listings(rng, places)
    worth = rng.uniform(1_000.0, 9_000.0, FAMILIES)
    gate_fee = rng.uniform(1_000.0, 5_000.0, FAMILIES)
    offer_arcs, need_arcs, value = [], [], []
    for family in range(FAMILIES):
        for served in {family, (family + 1) % FAMILIES} if shape.chained else {family}:
            mine = np.flatnonzero(offers.family == family)
            theirs = np.flatnonzero(needs.family == served)
            if not len(mine) or not len(theirs):
                continue
            share = neighbours // 2 if shape.chained else neighbours
            distance, where = cKDTree(needs.xy[theirs]).query(
                offers.xy[mine], k=np.arange(1, share + 1), distance_upper_bound=REACH_KM
            )
            row, column = np.nonzero(np.isfinite(distance))
            i, j = mine[row], theirs[where[row, column]]
            substitution = 1.0 if served == family else 0.8
            cents = (
                worth[served] * needs.cents[j] * substitution
                + gate_fee[family] * offers.cents[i]
                - HAULAGE_CENTS_PER_TONNE_KM * distance[row, column]
            ) * rng.normal(1.0, 0.15, len(i))
            keep = (cents >= 1.0) & (offers.firm[i] != needs.firm[j])
            offer_arcs.append(i[keep])
            need_arcs.append(j[keep])
            value.append(np.rint(cents[keep]).astype(np.int64))
    return Problem(
        supply=offers.tonnes,
        demand=needs.tonnes,
        offer=np.concatenate(offer_arcs).astype(np.int32),
        need=np.concatenate(need_arcs).astype(np.int32),
        value=np.concatenate(value),
    )
