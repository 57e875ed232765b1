"""Which pairs are worth looking at: the best of every listing by cents per tonne, not by nearness.

`Index` holds one side of the market in trees (see kernels/tree.py) and is searched from the other.
The same search serves the first candidate list (no prices), the pricing of left-out pairs (with
dual prices) and the ranking for one listing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.errors import ProblemError
from symbiosis.core.kernels.geodesy import earth_centred
from symbiosis.core.kernels.tree import best_pairs, bounds_of_worth, hilbert, pack
from symbiosis.core.market import Listings, Market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints
from symbiosis.core.scoring import rates

KM_PER_DEGREE_NORTH = 110.574
KM_PER_DEGREE_EAST = 111.319
EARTH_DIAMETERS_KM = 8 * 6_371.0
CHUNK = 256


@dataclass(frozen=True)
class Found:
    """Pairs found from one side: the searching row, the row found, value - price of the latter."""

    row: Ends
    other: Ends
    gain: Ints


def _planar(market: Market, params: Params, side: Listings) -> NDArray[np.float64]:
    """Kilometres in a plane in which no two places are farther apart than on the earth.

    East is shrunk by the cosine of the northernmost latitude any geodesic of the market reaches.
    """
    latitudes = np.concatenate([market.offers.latitude, market.needs.latitude, [0.0]])
    extreme = min(89.0, float(np.abs(latitudes).max()))
    bulge = params.reach_km**2 / EARTH_DIAMETERS_KM * np.tan(np.radians(extreme))
    extreme = min(89.9, extreme + bulge / KM_PER_DEGREE_NORTH)
    return np.column_stack(
        [
            side.longitude * KM_PER_DEGREE_EAST * np.cos(np.radians(extreme)),
            side.latitude * KM_PER_DEGREE_NORTH,
        ]
    )


def _arrays(side: Listings, planar: NDArray[np.float64], order: Ints) -> tuple[Any, ...]:
    """One side as the kernel takes it, its rows in the given order."""
    attributes = np.column_stack(
        [side.firm, side.first_day, side.last_day, side.months, side.papers, side.trade]
    ).astype(np.int64)
    place = np.column_stack([earth_centred(side.latitude, side.longitude), planar])
    degrees = np.column_stack([side.latitude, side.longitude])
    return (
        np.ascontiguousarray(side.material[order]),
        degrees[order],
        place[order],
        attributes[order],
        side.worth_cents[order],
    )


class Index:
    """One side of a market, ready to be searched from the other.

    `from_offers` says who searches: True looks for needs on behalf of offers. Building is
    O(n log n); a search opens a few dozen nodes whatever the size of the market.
    """

    def __init__(self, market: Market, params: Params, *, from_offers: bool) -> None:
        self.market, self.from_offers, self.threads = market, from_offers, params.threads
        self.params = params
        source, sought = market.offers, market.needs
        if not from_offers:
            source, sought = sought, source
        planar_source = _planar(market, params, source)
        planar_sought = _planar(market, params, sought)
        curve = hilbert(planar_sought[:, 0].copy(), planar_sought[:, 1].copy())
        self.order: Ints = np.lexsort((curve, sought.material))
        curve = hilbert(planar_source[:, 0].copy(), planar_source[:, 1].copy())
        self.walk: Ints = np.lexsort((curve, source.material))
        self._source = _arrays(source, planar_source, np.arange(len(source)))
        self._sought = _arrays(sought, planar_sought, self.order)
        pairs = market.pairs
        materials = 1 + max(
            int(column.max(initial=0))
            for column in (source.material, sought.material, pairs.offered, pairs.needed)
        )
        count = np.bincount(sought.material, minlength=materials)
        places = self._sought[2]
        self._first, self._last, self._box, self._root, self._leaves = pack(
            count, places[:, 3].copy(), places[:, 4].copy()
        )
        self._pairs(params)

    def _pairs(self, params: Params) -> None:
        pairs, rate = self.market.pairs, rates(self.market, params)
        mine, theirs = (pairs.offered, pairs.needed)
        if not self.from_offers:
            mine, theirs = theirs, mine
        order = np.argsort(mine, kind="stable")
        self._pair_start = np.searchsorted(mine[order], np.arange(len(self._root) + 1))
        self._pair_row = order.astype(np.int32)
        self._pair_to = np.ascontiguousarray(theirs[order])
        self._pair_terms = (
            pairs.substitution_permille,
            pairs.processing_cents,
            rate.haulage_cents_per_km,
            rate.reach_km,
            pairs.saved_grams_co2e,
        )
        self._carbon = (rate.carbon_cents_per_gram, rate.grams_per_km)

    def asked_by(self, listings: Listings) -> Index:
        """The same index for other searchers than it was built with; O(their number).

        Raises ProblemError for one farther from the equator than every listing of the index's own
        market: the plane that bounds distances would not hold for it.
        """
        own = (self.market.offers.latitude, self.market.needs.latitude)
        extreme = max(float(np.abs(side).max(initial=0.0)) for side in own)
        if float(np.abs(listings.latitude).max(initial=0.0)) > extreme:
            raise ProblemError("latitude", f"lies beyond {extreme} degrees, where the index ends")
        asked = copy(self)
        everyone = np.arange(len(listings))
        asked._source = _arrays(listings, _planar(self.market, self.params, listings), everyone)
        asked.walk = everyone
        return asked

    def search(
        self,
        k: int,
        *,
        rows: Ints | None = None,
        floor: Ints | None = None,
        price: Ints | None = None,
    ) -> Found:
        """For each searching row the k pairs with the greatest value - price, above its floor.

        rows    which listings search (default all); floor, price   cents per tonne by searching
        and by sought row (default 0). Guarantee: exact; a pair is within reach by the geodesic.
        """
        walk = self.walk if rows is None else np.asarray(rows, np.int64)
        floor = np.zeros(len(self._source[0]), np.int64) if floor is None else floor
        price = np.zeros(len(self.order), np.int64) if price is None else price[self.order]
        best = bounds_of_worth(self._first, self._last, self._leaves, self._sought[4], price)
        tree = (self._first, self._last, self._leaves, self._box, best, self._root, price)
        k = max(1, min(k, len(self.order)))
        found = np.full((len(walk), k), -1, np.int32)
        gain = np.zeros((len(walk), k), np.int64)

        def part(low: int) -> None:
            high = low + step
            best_pairs(
                walk[low:high], floor, k, self._source, self._sought, tree,
                self._pair_start, self._pair_row, self._pair_to, self._pair_terms, self._carbon,
                self.from_offers, found[low:high], gain[low:high],
            )  # fmt: skip

        step = max(CHUNK, -(-len(walk) // (4 * self.threads)))
        if self.threads == 1 or len(walk) <= CHUNK:
            step = max(1, len(walk))
            part(0)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(part, range(0, len(walk), step)))
        at, column = np.nonzero(found >= 0)
        other = self.order[found[at, column]]
        return Found(walk[at].astype(np.int32), other.astype(np.int32), gain[at, column])
