"""No pair on the wrong side of its reach: the geodesic decides, in every direction and latitude."""

from __future__ import annotations

import numpy as np
import pytest
from geopy.distance import geodesic

from symbiosis.core.candidates import Index
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.core.params import Params

REACHES_KM = (0.5, 8.0, 50.0, 300.0)
METRES_OFF = (-20.0, -1.0, -0.05, -0.005, 0.005, 0.05, 1.0, 20.0)
"""How far from the reach the others lie; 5 mm is five times what the kernel promises."""


def at(places: np.ndarray, worth: int, firm: int) -> Listings:
    rows = len(places)
    return Listings(
        latitude=places[:, 0],
        longitude=places[:, 1],
        material=np.zeros(rows, np.int32),
        kg=np.full(rows, 1_000),
        firm=np.arange(rows) + firm,
        worth_cents=np.full(rows, worth),
    )


@pytest.mark.parametrize("reach_km", REACHES_KM)
@pytest.mark.parametrize("origin", [(42.7, 23.3), (0.1, 10.0), (-33.9, 151.2), (69.6, 18.9)])
def test_the_geodesic_decides_on_either_side_of_the_reach(
    reach_km: float, origin: tuple[float, float]
) -> None:
    bearings = np.arange(0.0, 360.0, 11.25)
    off = np.resize(METRES_OFF, len(bearings))
    ends = [
        geodesic(kilometers=reach_km + metres / 1_000).destination(origin, bearing)
        for bearing, metres in zip(bearings.tolist(), off.tolist(), strict=True)
    ]
    ring = np.array([[end.latitude, end.longitude] for end in ends])
    within = np.array([geodesic(origin, place).km <= reach_km for place in ring.tolist()])
    assert (within == (off < 0)).all()  # the reference agrees with how the ring was made
    centre, others = at(np.array([origin]), 90_000, 0), at(ring, 90_000, 1)
    pairs = MaterialPairs([0], [0], [1_000], [0], [reach_km])
    params = Params(haulage_cents_per_tonne_km=0.5, threads=1)
    for market, from_offers in ((Market(centre, others, pairs), True),
                                (Market(others, centre, pairs), False)):  # fmt: skip
        found = Index(market, params, from_offers=from_offers).search(len(ring))
        assert sorted(found.other.tolist()) == np.flatnonzero(within).tolist()
        back = Index(market, params, from_offers=not from_offers).search(len(ring))
        assert sorted(back.row.tolist()) == np.flatnonzero(within).tolist()
