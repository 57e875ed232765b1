"""What a tonne on an arc is worth, split into named parts that add up to the cent.

value = avoided disposal + avoided purchase - processing - haulage + carbon

All parts are whole cents per tonne. Haulage is the rate x detour x straight-line kilometres of the
pair. Carbon is the carbon price x the net saving and nothing by default. The CO2e figure is a
screening estimate for comparing exchanges, not an inventory: net = saved before haulage - freight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.kernels.geodesy import distances_km, earth_centred
from symbiosis.core.market import FULL, Market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints

GRAMS_PER_TONNE = 1_000_000


@dataclass(frozen=True)
class Parts:
    """The parts of each arc's value, cents per tonne, and its kilometres and grams CO2e per tonne.

    `value` is exactly the sum of the five; `pair` is the row of the market's MaterialPairs.
    """

    pair: Ints
    km: NDArray[np.float64]
    avoided_disposal: Ints
    avoided_purchase: Ints
    processing: Ints
    haulage: Ints
    carbon: Ints
    net_grams_co2e: Ints

    @property
    def value(self) -> Ints:
        """Cents per tonne."""
        return (
            self.avoided_disposal
            + self.avoided_purchase
            - self.processing
            - self.haulage
            + self.carbon
        )


@dataclass(frozen=True)
class Rates:
    """Per pair of materials, what a kilometre costs and how far is too far.

    `reach_km` is the least of the tenant's reach, the material's own and, where a net saving is
    required, the distance at which freight eats the saving.
    """

    haulage_cents_per_km: NDArray[np.float64]
    carbon_cents_per_gram: float
    grams_per_km: float
    reach_km: NDArray[np.float64]


def rates(market: Market, params: Params) -> Rates:
    """Rates per tonne and straight-line kilometre."""
    pairs = market.pairs
    reach = np.minimum(pairs.reach_km, params.reach_km)
    if params.require_net_saving and params.road_grams_co2e_per_tonne_km > 0:
        break_even = pairs.saved_grams_co2e / params.road_grams_co2e_per_tonne_km
        reach = np.minimum(reach, break_even)
    return Rates(
        haulage_cents_per_km=params.road_cents_per_tonne_km * pairs.haulage_permille / FULL,
        carbon_cents_per_gram=params.carbon_cents_per_tonne_co2e / GRAMS_PER_TONNE,
        grams_per_km=params.road_grams_co2e_per_tonne_km,
        reach_km=reach,
    )


def value_parts(market: Market, params: Params, offer: Ends, need: Ends) -> Parts:
    """The parts of the value of each (offer, need); every pair must be a pair of the market."""
    offers, needs, pairs = market.offers, market.needs, market.pairs
    km = distances_km(
        earth_centred(offers.latitude, offers.longitude), offer,
        earth_centred(needs.latitude, needs.longitude), need,
    )  # fmt: skip
    pair = pairs.rows_of(offers.material[offer], needs.material[need])
    rate = rates(market, params)
    saved = pairs.saved_grams_co2e[pair]
    grams = saved - rate.grams_per_km * km
    return Parts(
        pair=pair,
        km=km,
        avoided_disposal=offers.worth_cents[offer],
        avoided_purchase=needs.worth_cents[need] * pairs.substitution_permille[pair] // FULL,
        processing=pairs.processing_cents[pair],
        haulage=np.rint(rate.haulage_cents_per_km[pair] * km).astype(np.int64),
        carbon=np.rint(rate.carbon_cents_per_gram * grams).astype(np.int64),
        net_grams_co2e=np.rint(grams).astype(np.int64),
    )
