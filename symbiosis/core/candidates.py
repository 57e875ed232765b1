"""Which pairs are worth looking at: the best of every listing by cents per tonne, not by nearness.

`Index` holds one side of the market in trees (see kernels/tree.py, search.py) and is searched from
the other.
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
from symbiosis.core.kernels.search import best_pairs, listed
from symbiosis.core.kernels.tree import figures_of_worth, hilbert, pack
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
    """One side as the kernel takes it (material, places, marks), its rows in the given order."""
    places = np.column_stack(
        [
            side.latitude,
            side.longitude,
            earth_centred(side.latitude, side.longitude),
            planar,
            side.worth_cents,
        ]
    )
    marks = np.column_stack(
        [side.firm, side.first_day, side.last_day, side.months, side.papers, side.trade]
    ).astype(np.int64)
    return np.ascontiguousarray(side.material[order]), places[order], marks[order]


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
        self._first, self._last, self._figures, self._root, self._leaves = pack(
            count, planar_sought[self.order, 0].copy(), planar_sought[self.order, 1].copy()
        )
        self._pairs(params)

    def _pairs(self, params: Params) -> None:
        pairs, rate = self.market.pairs, rates(self.market, params)
        mine, theirs = (pairs.offered, pairs.needed)
        if not self.from_offers:
            mine, theirs = theirs, mine
        order = np.argsort(mine, kind="stable")
        terms = np.column_stack(
            [
                pairs.substitution_permille,
                pairs.processing_cents,
                rate.haulage_cents_per_km,
                rate.reach_km,
                pairs.saved_grams_co2e,
            ]
        )
        self._table = (
            np.searchsorted(mine[order], np.arange(len(self._root) + 1)),
            order.astype(np.int32),
            np.ascontiguousarray(theirs[order]),
            np.ascontiguousarray(terms, np.float64),
            float(rate.carbon_cents_per_gram),
            float(rate.grams_per_km),
            self.from_offers,
        )

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

    def arrays(self) -> tuple[Any, Any, Any]:
        """The searching side, the sought side in the order of the trees, and the table of pairs."""
        return self._source, self._sought, self._table

    def tree(self, price: Ints) -> tuple[Any, ...]:
        """The trees as the kernels take them, with figures for these prices in their order."""
        figures = self._figures.copy()
        figures_of_worth(self._first, self._last, self._leaves, self._sought[1], price, figures)
        return self._first, self._last, self._leaves, figures, self._root

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
        tree = self.tree(price)
        k = max(1, min(k, len(self.order)))
        found = np.empty((len(walk), k), np.int32)
        gain = np.empty((len(walk), k), np.int64)
        kept = np.zeros(len(walk), np.int32)

        def part(low: int) -> None:
            high = low + step
            best_pairs(
                walk[low:high], floor, k, self._source, self._sought, price, tree, self._table,
                found[low:high], gain[low:high], kept[low:high],
            )  # fmt: skip

        step = max(CHUNK, -(-len(walk) // (4 * self.threads)))
        if self.threads == 1 or len(walk) <= CHUNK:
            step = max(1, len(walk))
            part(0)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(part, range(0, len(walk), step)))
        return Found(*listed(walk, self.order, found, gain, kept))
