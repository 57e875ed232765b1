"""From a score to the share of such scores that are right: isotonic regression and its look-up.

Pool-adjacent-violators (Ayer et al. 1955): the non-decreasing step function nearest to the hits in
squares; read between the middles of its steps by straight lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def isotonic_knots(scores: Floats, hits: Floats, *, least: int = 25) -> list[tuple[float, float]]:
    """(score, share of hits) of each step with at least ``least`` members, both rising.

    >>> isotonic_knots(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1]), least=1)
    [(0.15, 0.0), (0.85, 1.0)]
    """
    levels, at = np.unique(scores, return_inverse=True)
    members = np.bincount(at)
    right = np.bincount(at, weights=hits)
    blocks: list[list[float]] = []
    for level, hit, count in zip(levels, right, members, strict=True):
        blocks.append([float(level * count), float(hit), float(count)])
        while len(blocks) > 1 and _joins(blocks[-2], blocks[-1], least):
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    if len(blocks) > 1 and blocks[-1][2] < least:
        last = blocks.pop()
        blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    return [(score / count, hit / count) for score, hit, count in blocks]


def _joins(left: Sequence[float], right: Sequence[float], least: int) -> bool:
    return left[2] < least or left[1] / left[2] >= right[1] / right[2]


def calibrated(scores: NDArray[np.float32], knots: Sequence[tuple[float, float]]) -> Floats:
    """Scores read through the knots; flat beyond the first and the last."""
    at, share = zip(*knots, strict=True)
    read: Floats = np.interp(scores, at, share)
    return read


def expected_error(shares: Floats, hits: Floats, *, bins: int = 10) -> float:
    """Mean distance of stated and seen shares over equal bins, weighted by their members."""
    place = np.minimum((shares * bins).astype(int), bins - 1)
    return float(
        sum(
            np.mean(place == n) * abs(shares[place == n].mean() - hits[place == n].mean())
            for n in np.unique(place)
        )
    )
