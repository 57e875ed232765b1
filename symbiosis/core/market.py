"""The market as arrays: what the engine needs to know of every listing, and nothing else.

This is the door for whoever holds listings in a database. Fill two `Listings` and one
`MaterialPairs`, make a `Market`, and call `symbiosis.core.national.match_market(market, params)`:
it finds the candidates, values them, allocates the whole market and proves the optimum over all
compatible pairs. Nothing more is needed; row numbers in the answer are row numbers of the arrays.

>>> from symbiosis.core.national import match_market
>>> from symbiosis.core.params import Params
>>> offers = Listings(latitude=[42.70], longitude=[23.32], material=[0], kg=[90_000],
...                   firm=[1], worth_cents=[4_500])      # pays 45 EUR/t to be rid of it
>>> needs = Listings(latitude=[42.14, 43.21], longitude=[24.75, 27.91], material=[1, 1],
...                  kg=[60_000, 60_000], firm=[2, 3], worth_cents=[3_000, 3_100])
>>> pairs = MaterialPairs(offered=[0], needed=[1], substitution_permille=[900],
...                       processing_cents=[800])
>>> answer = match_market(Market(offers, needs, pairs), Params())
>>> answer.offer.tolist(), answer.need.tolist(), answer.plan.flow.tolist()
([0, 0], [0, 1], [60000, 30000])
>>> answer.plan.complete_over_all_pairs, answer.plan.gap
(True, 0.0)
>>> parts = answer.parts
>>> parts.haulage[0] == round(0.12 * 100 * 1.3 * parts.km[0])
np.True_
>>> int(parts.value[0]) == 4_500 + 2_700 - 800 - int(parts.haulage[0]) == answer.problem.value[0]
np.True_
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.errors import ProblemError
from symbiosis.core.problem import Ends, Ints, whole_numbers

ALWAYS_FROM, ALWAYS_TO = 1, 3_652_059
ALL_MONTHS = 0xFFF
FULL = 1_000
BY_DEFAULT: Any = None


@dataclass(frozen=True)
class Listings:
    """One side of the market, one row a listing.

    latitude, longitude   degrees, WGS 84
    material              row of the material in the caller's own numbering, from 0
    kg                    quantity on offer or asked for
    firm                  whoever lists it; nobody trades with himself
    worth_cents           cents per tonne. Of an offer: what getting rid of it costs today (below
                          zero where it is sold). Of a need: what the bought material costs today
    first_day, last_day   date.toordinal() of the window, both days included; default always
    months                bit m set: available in month m + 1; default all twelve
    papers                of an offer: bits of the permits its taker must hold; of a need: bits of
                          the permits its firm holds; up to 63 kinds in the caller's numbering
    min_lot_kg            no exchange below this; default none
    min_intake_kg         of a need: takes nothing, or at least this much in all; default none
    trade                 line of business that a listing was merely inferred from, 0 for none:
                          two inferences from one trade are not paired
    """

    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    material: Ends
    kg: Ints
    firm: Ints
    worth_cents: Ints
    first_day: Ends = BY_DEFAULT
    last_day: Ends = BY_DEFAULT
    months: Ends = BY_DEFAULT
    papers: Ints = BY_DEFAULT
    min_lot_kg: Ints = BY_DEFAULT
    min_intake_kg: Ints = BY_DEFAULT
    trade: Ints = BY_DEFAULT

    def __post_init__(self) -> None:
        for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
            object.__setattr__(self, name, _degrees(name, getattr(self, name), limit))
        rows = len(self.latitude)
        for name, dtype, default in (
            ("material", np.int32, None),
            ("kg", np.int64, None),
            ("firm", np.int64, None),
            ("worth_cents", np.int64, None),
            ("first_day", np.int32, ALWAYS_FROM),
            ("last_day", np.int32, ALWAYS_TO),
            ("months", np.int32, ALL_MONTHS),
            ("papers", np.int64, 0),
            ("min_lot_kg", np.int64, 0),
            ("min_intake_kg", np.int64, 0),
            ("trade", np.int64, 0),
        ):
            given = getattr(self, name)
            if given is None:
                given = np.full(rows, default, dtype)
            object.__setattr__(self, name, whole_numbers(name, given, dtype))
            if len(getattr(self, name)) != rows:
                raise ProblemError(name, f"has {len(getattr(self, name))} entries for {rows} rows")
        for name in ("longitude", "material", "kg", "papers", "min_lot_kg", "min_intake_kg"):
            array = getattr(self, name)
            if len(array) != rows:
                raise ProblemError(name, f"has {len(array)} entries for {rows} rows")
            if name != "longitude" and rows and int(array.min()) < 0:
                raise ProblemError(name, "holds a negative number")
        if rows and int(np.abs(self.worth_cents).max()) > 2**40:
            raise ProblemError("worth_cents", f"holds more than {2**40} either way")

    def __len__(self) -> int:
        return len(self.latitude)


def _degrees(name: str, given: Any, limit: float) -> NDArray[np.float64]:
    array = np.array(given, dtype=np.float64)
    if array.ndim != 1:
        raise ProblemError(name, f"must be one-dimensional, has {array.ndim} dimensions")
    if not np.isfinite(array).all() or (array.size and float(np.abs(array).max()) > limit):
        raise ProblemError(name, f"holds a value outside -{limit}..{limit} degrees")
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class MaterialPairs:
    """Which material may feed which need, one row a pair; each (offered, needed) at most once.

    substitution_permille   bought material that a thousand parts of by-product replace
    processing_cents        cents per tonne to make it fit; default 0
    reach_km                no farther than this in a straight line; default without limit
    haulage_permille        haulage against the standard rate: tankers, refrigerated, hazardous
    saved_grams_co2e        grams CO2e per tonne avoided before haulage: substitution x (primary -
                            secondary) + disposal avoided - processing; default 0
    """

    offered: Ends
    needed: Ends
    substitution_permille: Ints
    processing_cents: Ints = BY_DEFAULT
    reach_km: NDArray[np.float64] = BY_DEFAULT
    haulage_permille: Ints = BY_DEFAULT
    saved_grams_co2e: Ints = BY_DEFAULT

    def __post_init__(self) -> None:
        rows = len(np.asarray(self.offered))
        for name, dtype, default in (
            ("offered", np.int32, None),
            ("needed", np.int32, None),
            ("substitution_permille", np.int64, None),
            ("processing_cents", np.int64, 0),
            ("haulage_permille", np.int64, FULL),
            ("saved_grams_co2e", np.int64, 0),
        ):
            given = getattr(self, name)
            if given is None:
                given = np.full(rows, default, dtype)
            array = whole_numbers(name, given, dtype)
            if len(array) != rows:
                raise ProblemError(name, f"has {len(array)} entries for {rows} pairs")
            if name != "saved_grams_co2e" and rows and int(array.min()) < 0:
                raise ProblemError(name, "holds a negative number")
            object.__setattr__(self, name, array)
        reach = np.full(rows, np.inf) if self.reach_km is None else self.reach_km
        reach = np.array(reach, dtype=np.float64)
        if reach.shape != (rows,) or np.isnan(reach).any() or (reach < 0).any():
            raise ProblemError("reach_km", f"must hold {rows} distances of at least 0 km")
        object.__setattr__(self, "reach_km", reach)
        if len(np.unique(self.keys())) != rows:
            raise ProblemError("offered", "lists a pair of materials twice")

    def __len__(self) -> int:
        return len(self.offered)

    def keys(self) -> Ints:
        """One number for each (offered, needed)."""
        return self.offered.astype(np.int64) << 32 | self.needed

    def rows_of(self, offered: Ends, needed: Ends) -> Ints:
        """The row of each pair of materials, -1 where it may not be."""
        keys = self.keys()
        order = np.argsort(keys)
        wanted = offered.astype(np.int64) << 32 | needed
        if not len(keys):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
        return np.where(keys[order][at] == wanted, order[at], -1).astype(np.int64)


@dataclass(frozen=True)
class Market:
    """Everything listed, at one moment."""

    offers: Listings
    needs: Listings
    pairs: MaterialPairs

    def __post_init__(self) -> None:
        if len(self.needs) and int(self.needs.worth_cents.min()) < 0:
            raise ProblemError("worth_cents", "of a need is below zero: list it as an offer")
