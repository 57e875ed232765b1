"""Processors and stores between offers and needs: what they are, and the legs that touch them.

A processor gives `yield_permille` thousandths of the kilograms it takes, as something that a need
accepts, and is paid by the tonne it takes. A store keeps what it takes
from one month to another. Both are relays: rows with a place, a yield, a cost, the months in which
they take and give, and meters that limit them. A processor whose partners have seasons is a row for
every month, all on its one yearly meter; a store is a row for every pair of months that somebody
needs, on a meter for each month it is full.

Which offer may enter which relay is the caller's to say (materials, waste codes, the law): legs
are given as pairs of rows. What a leg is worth, whether it is within reach and whether the months
meet is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.gains import FULL
from symbiosis.core.kernels.geodesy import distances_km, earth_centred
from symbiosis.core.market import ALL_MONTHS, ALWAYS_FROM, ALWAYS_TO, Listings, Market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints
from symbiosis.core.scoring import GRAMS_PER_TONNE

YEAR_DAYS = 366


@dataclass(frozen=True)
class Relays:
    """One row a relay.

    latitude, longitude, firm   where it stands and whose it is
    yield_permille              kg given for a thousand kg taken
    cost_cents                  per tonne taken
    takes_months, gives_months  bit m set: month m + 1
    metered, meter              pairs of a relay and a meter that counts what it takes
    capacity                    kg by meter
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    firm: Ints
    yield_permille: Ints
    cost_cents: Ints
    takes_months: Ints
    gives_months: Ints
    metered: Ends
    meter: Ends
    capacity: Ints

    def __len__(self) -> int:
        return len(self.latitude)


@dataclass(frozen=True)
class Legs:
    """Ways in, between or out, one row a leg: rows of both ends and what the way costs or earns.

    worth_cents        per tonne leaving: disposal avoided (in), bought material avoided (out)
    processing_cents   per tonne leaving, beside the relay's own cost
    haulage_permille, reach_km, saved_grams_co2e   as in MaterialPairs
    """

    tail: Ends
    head: Ends
    worth_cents: Ints
    processing_cents: Ints
    haulage_permille: Ints
    reach_km: NDArray[np.float64]
    saved_grams_co2e: Ints

    def __len__(self) -> int:
        return len(self.tail)

    def rows(self, chosen: NDArray[np.bool_] | Ints) -> Legs:
        """Some of the legs."""
        return Legs(*(getattr(self, name)[chosen] for name in Legs.__dataclass_fields__))


@dataclass(frozen=True)
class LegParts:
    """What each leg is worth, cents per tonne leaving its tail.

    value = worth - processing - haulage + carbon; processing holds the cost of the relay a leg
    leads into.
    """

    km: NDArray[np.float64]
    worth: Ints
    processing: Ints
    haulage: Ints
    carbon: Ints
    net_grams_co2e: Ints

    @property
    def value(self) -> Ints:
        """Cents per tonne."""
        return self.worth - self.processing - self.haulage + self.carbon


def leg_parts(
    legs: Legs,
    params: Params,
    *,
    start: tuple[NDArray[np.float64], NDArray[np.float64]],
    end: tuple[NDArray[np.float64], NDArray[np.float64]],
    cost_cents: Ints | None = None,
) -> LegParts:
    """The parts of each leg between places (latitudes, longitudes) by row of either end."""
    km = distances_km(earth_centred(*start), legs.tail, earth_centred(*end), legs.head)
    haulage = params.road_cents_per_tonne_km * legs.haulage_permille / FULL * km
    grams = legs.saved_grams_co2e - params.road_grams_co2e_per_tonne_km * km
    cost = 0 if cost_cents is None else cost_cents[legs.head]
    return LegParts(
        km=km,
        worth=legs.worth_cents,
        processing=legs.processing_cents + cost,
        haulage=np.rint(haulage).astype(np.int64),
        carbon=np.rint(params.carbon_cents_per_tonne_co2e / GRAMS_PER_TONNE * grams).astype(
            np.int64
        ),
        net_grams_co2e=np.rint(grams).astype(np.int64),
    )


def months_of(listings: Listings) -> Ints:
    """Months in which each listing is there: its season, within its window where that is shorter
    than a year."""
    months = listings.months.astype(np.int64).copy()
    bounded = (listings.first_day > ALWAYS_FROM) & (listings.last_day < ALWAYS_TO)
    short = bounded & (listings.last_day - listings.first_day < YEAR_DAYS)
    for row in np.flatnonzero(short).tolist():
        months[row] &= _months_between(int(listings.first_day[row]), int(listings.last_day[row]))
    return months


def _months_between(first_day: int, last_day: int) -> int:
    days = np.arange(first_day, last_day + 1) - _EPOCH
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return int(np.bitwise_or.reduce(1 << month))


_EPOCH = 719_163
"""date(1970, 1, 1).toordinal()"""


@dataclass(frozen=True)
class Ways:
    """All legs of a market's relays that could be gone, with their parts."""

    inward: Legs
    between: Legs
    outward: Legs
    inward_parts: LegParts
    between_parts: LegParts
    outward_parts: LegParts


def ways_through(
    market: Market, params: Params, relays: Relays, inward: Legs, between: Legs, outward: Legs
) -> Ways:
    """The legs within reach whose months meet and whose firms may deal with one another."""
    offers, needs = market.offers, market.needs
    here = (relays.latitude, relays.longitude)
    kept: list[Legs] = []
    parts: list[LegParts] = []
    for legs, start, end, give, take, cost in (
        (inward, (offers.latitude, offers.longitude), here,
         months_of(offers), relays.takes_months, relays.cost_cents),
        (between, here, here, relays.gives_months, relays.takes_months, relays.cost_cents),
        (outward, here, (needs.latitude, needs.longitude),
         relays.gives_months, months_of(needs), None),
    ):  # fmt: skip
        told = leg_parts(legs, params, start=start, end=end, cost_cents=cost)
        meet = (give[legs.tail] & take[legs.head]) != 0
        near = told.km <= np.minimum(legs.reach_km, params.reach_km)
        chosen = meet & near
        kept.append(legs.rows(chosen))
        parts.append(LegParts(*(getattr(told, n)[chosen] for n in LegParts.__dataclass_fields__)))
    return Ways(kept[0], kept[1], kept[2], parts[0], parts[1], parts[2])


def store_rows(months: Ints, needed: Ints) -> list[tuple[int, int]]:
    """Pairs (month in, month out) that would bridge seasons: from 0, in one that somebody offers,
    out in another that somebody asks, neither shared by all."""
    offered_in = int(np.bitwise_or.reduce(months[months != ALL_MONTHS], initial=0))
    asked_in = int(np.bitwise_or.reduce(needed[needed != ALL_MONTHS], initial=0))
    return [
        (first, last)
        for first in range(12)
        for last in range(12)
        if first != last and offered_in >> first & 1 and asked_in >> last & 1
    ]
