"""A national market of listings, made from a seed."""

from __future__ import annotations

import numpy as np

from symbiosis.core.market import Listings, Market, MaterialPairs

SOUTH, NORTH, WEST, EAST = 41.3, 44.1, 22.5, 28.5
CITIES = 30


def _side(rng: np.random.Generator, rows: int, materials: int, worth: float) -> Listings:
    cities = np.column_stack([rng.uniform(SOUTH, NORTH, CITIES), rng.uniform(WEST, EAST, CITIES)])
    size = 1.0 / np.arange(1, CITIES + 1)
    city = rng.choice(CITIES, rows, p=size / size.sum())
    place = cities[city] + rng.normal(0.0, 0.12, (rows, 2))
    rural = np.column_stack([rng.uniform(SOUTH, NORTH, rows), rng.uniform(WEST, EAST, rows)])
    place = np.where((rng.random(rows) < 0.2)[:, None], rural, place)
    weight = 1.0 / np.arange(1, materials + 1)
    material = rng.choice(materials, rows, p=weight / weight.sum())
    tonnes = np.maximum(1, np.rint(rng.lognormal(np.log(150.0), 1.5, rows))).astype(np.int64)
    return Listings(
        latitude=place[:, 0],
        longitude=place[:, 1],
        material=material.astype(np.int32),
        kg=tonnes * 1_000,
        firm=rng.integers(0, max(2, rows // 2), rows),
        worth_cents=np.maximum(0, np.rint(worth * rng.normal(1.0, 0.15, rows))).astype(np.int64),
    )


def country(
    rows: int, *, seed: int = 1, materials: int = 400, siblings: int = 5, reach_km: float = 150.0
) -> Market:
    """A market of `rows` offers and `rows` needs; each material serves itself and some siblings."""
    rng = np.random.default_rng(seed)
    offered, needed, permille, processing = [], [], [], []
    for material in range(materials):
        others = rng.choice(materials, siblings, replace=False)
        for other in [material, *others[others != material]]:
            offered.append(material)
            needed.append(int(other))
            permille.append(1_000 if other == material else int(rng.integers(400, 800)))
            processing.append(0 if other == material else int(rng.integers(0, 1_500)))
    return Market(
        _side(rng, rows, materials, 1_500.0),
        _side(rng, rows, materials, 2_500.0),
        MaterialPairs(offered, needed, permille, processing, np.full(len(offered), reach_km)),
    )
