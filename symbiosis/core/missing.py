"""Missing links: which need, or which processor, placed where, would place most of what is left.

A new need takes only what no exchange of the plan takes: those kilograms have no other use, their
dual price is zero, and what they earn at the new place is gained in full. A new processor links
what offers have left to what needs still lack, where no known way leads there directly. Each link
is reckoned alone, as the only one added; two of them may want the same tonnes, so figures of
several links do not add up.

For one place the best use of a processor is found by filling it with the best offers and emptying
it into the best needs until the next tonne would lose: what passes one node is a sum of two concave
gains, so this is the optimum. O(offers x places) a pair of concepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.kernels.geodesy import distances_km, earth_centred
from symbiosis.core.market import FULL, Listings, MaterialPairs
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints

Places = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Processes:
    """Known conversions, one row each: concept rows, yield, and cents per tonne taken."""

    source: Ints
    target: Ints
    yield_permille: Ints
    cost_cents: Ints


@dataclass(frozen=True)
class Link:
    """One thing that is missing: a need for `gives`, or a processor from `takes` to `gives`.

    kg leave offers; value in cents, grams of CO2e for the whole year; `place` is a row of places.
    `offers` says how many offers would take part, `own_kg` how much of it firms posted themselves.
    """

    kind: Literal["need", "processor"]
    takes: int
    gives: int
    place: int
    kg: int
    own_kg: int
    value_cents: int
    grams_co2e: int
    offers: int
    process: int = -1


@dataclass(frozen=True)
class Left:
    """What a plan leaves: listings with their kilograms left, and which of them are inferred."""

    offers: Listings
    needs: Listings
    offer_inferred: NDArray[np.bool_]


def missing_links(
    left: Left,
    pairs: MaterialPairs,
    processes: Processes,
    worth_cents: Ints,
    places: Places,
    params: Params,
    *,
    count: int = 20,
) -> list[Link]:
    """The links that unlock most value, one for each concept or process at its best place.

    worth_cents   by concept, what a taker pays today for a tonne of what it would replace
    """
    search = _Search(left, pairs, worth_cents, places, params)
    links = [search.need(concept) for concept in np.unique(pairs.needed).tolist()]
    links += [search.processor(processes, row) for row in range(len(processes.source))]
    found = [link for link in links if link is not None and link.value_cents > 0]
    return sorted(found, key=lambda link: (-link.value_cents, link.kind, link.gives))[:count]


class _Search:
    def __init__(
        self, left: Left, pairs: MaterialPairs, worth: Ints, places: Places, params: Params
    ) -> None:
        self._left, self._pairs, self._worth, self._params = left, pairs, worth, params
        self._count = len(places[0])
        self._km = tuple(_to_places(side, places) for side in (left.offers, left.needs))
        self._rows = tuple(_by_material(side) for side in (left.offers, left.needs))
        self._direct = set(pairs.keys().tolist())

    def need(self, concept: int) -> Link | None:
        """The best place of a taker of any amount of a concept."""
        rows, gains, grams, takes = [], [], [], []
        for pair in np.flatnonzero(self._pairs.needed == concept).tolist():
            offered = int(self._pairs.offered[pair])
            mine = self._rows[0].get(offered)
            if mine is None:
                continue
            bought = int(self._worth[concept]) * int(self._pairs.substitution_permille[pair])
            fixed = bought // FULL - int(self._pairs.processing_cents[pair])
            gain, saved = self._earned(0, mine, pair, fixed)
            rows.append(mine)
            gains.append(gain)
            grams.append(saved)
            takes.append(np.full(len(mine), offered))
        if not rows:
            return None
        row, gain = np.concatenate(rows), np.concatenate(gains)
        kg = self._left.offers.kg[row]
        total = (np.maximum(gain, 0.0) * kg[:, None]).sum(axis=0) / FULL
        place = int(total.argmax())
        used = gain[:, place] > 0
        if not used.any():
            return None
        saved = np.concatenate(grams)[used, place]
        most = np.bincount(np.concatenate(takes)[used], kg[used].astype(float)).argmax()
        return self._link("need", int(most), concept, place, row[used], kg[used],
                          float(total[place]), float((saved * kg[used]).sum() / FULL))  # fmt: skip

    def processor(self, processes: Processes, at: int) -> Link | None:
        """The best place of a plant for one process, where it links what nothing links yet."""
        source, target = int(processes.source[at]), int(processes.target[at])
        mine = self._rows[0].get(source)
        into = self._pairs.rows_of(np.array([source], np.int32), np.array([source], np.int32))
        if mine is None or into[0] < 0:
            return None
        out = [
            (pair, self._rows[1][int(self._pairs.needed[pair])])
            for pair in np.flatnonzero(self._pairs.offered == target).tolist()
            if int(self._pairs.needed[pair]) in self._rows[1]
            and (source << 32 | int(self._pairs.needed[pair])) not in self._direct
        ]
        if not out:
            return None
        gain_in, _saved = self._earned(0, mine, int(into[0]), -int(processes.cost_cents[at]))
        gain_out, saved_out = [], []
        for pair, rows in out:
            worth = self._left.needs.worth_cents[rows]
            replaced = worth * self._pairs.substitution_permille[pair] // FULL
            fixed = replaced - self._pairs.processing_cents[pair]
            gain, saved = self._earned(1, rows, pair, fixed[:, None])
            gain_out.append(gain)
            saved_out.append(saved)
        needs = np.concatenate([rows for _pair, rows in out])
        share = int(processes.yield_permille[at]) / FULL
        return self._best_plant(
            (source, target, at), mine, gain_in, needs,
            np.concatenate(gain_out), np.concatenate(saved_out), share,
        )  # fmt: skip

    def _best_plant(
        self,
        what: tuple[int, int, int],
        mine: Ints,
        gain_in: NDArray[np.float64],
        needs: Ints,
        gain_out: NDArray[np.float64],
        saved_out: NDArray[np.float64],
        share: float,
    ) -> Link | None:
        supply = self._left.offers.kg[mine].astype(float)
        demand = self._left.needs.kg[needs].astype(float)
        best: tuple[float, int, NDArray[np.float64], NDArray[np.float64]] | None = None
        for place in range(self._count):
            sent, taken = _through(supply, gain_in[:, place], demand, gain_out[:, place], share)
            reached_in, reached_out = sent > 0, taken > 0
            value = float(
                (gain_in[reached_in, place] * sent[reached_in]).sum()
                + (gain_out[reached_out, place] * taken[reached_out]).sum()
            )
            if best is None or value > best[0]:
                best = value, place, sent, taken
        if best is None or best[0] <= 0:
            return None
        value, place, sent, taken = best
        used, filled = sent > 0, taken > 0
        grams = float((saved_out[filled, place] * taken[filled]).sum() / FULL)
        source, target, process = what
        return self._link("processor", source, target, place, mine[used],
                          sent[used].astype(np.int64), value / FULL, grams, process)  # fmt: skip

    def _earned(
        self, side: int, rows: Ints, pair: int, fixed: NDArray[np.int64] | int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """By row and place, cents per tonne (minus infinity beyond reach) and grams per tonne."""
        km = self._km[side][rows]
        rate = self._params.road_cents_per_tonne_km * int(self._pairs.haulage_permille[pair]) / FULL
        gain = fixed - rate * km
        if not side:
            gain = gain + self._left.offers.worth_cents[rows][:, None]
        reach = min(float(self._pairs.reach_km[pair]), self._params.reach_km)
        saved = int(self._pairs.saved_grams_co2e[pair])
        return (
            np.where(km <= reach, gain, -np.inf),
            saved - self._params.road_grams_co2e_per_tonne_km * km,
        )

    def _link(
        self,
        kind: Literal["need", "processor"],
        takes: int,
        gives: int,
        place: int,
        rows: Ints,
        kg: Ints,
        value: float,
        grams: float,
        process: int = -1,
    ) -> Link:
        own = ~self._left.offer_inferred[rows]
        return Link(
            kind, takes, gives, place, int(kg.sum()), int(kg[own].sum()),
            round(value), round(grams), len(rows), process,
        )  # fmt: skip


def _through(
    supply: NDArray[np.float64],
    gain_in: NDArray[np.float64],
    demand: NDArray[np.float64],
    gain_out: NDArray[np.float64],
    share: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of each offer enters a plant and how much each need gets of it, at best."""
    sent, taken = np.zeros(len(supply)), np.zeros(len(demand))
    ins = [i for i in np.argsort(-gain_in).tolist() if gain_in[i] > -np.inf]
    outs = [j for j in np.argsort(-gain_out).tolist() if gain_out[j] > -np.inf]
    at_in = at_out = 0
    while at_in < len(ins) and at_out < len(outs):
        i, j = ins[at_in], outs[at_out]
        if gain_in[i] + share * gain_out[j] <= 0:
            break
        room = min(supply[i] - sent[i], (demand[j] - taken[j]) / share)
        sent[i] += room
        taken[j] += room * share
        full_in = supply[i] - sent[i] <= 1e-6 * max(1.0, supply[i])
        at_in, at_out = (at_in + 1, at_out) if full_in else (at_in, at_out + 1)
    return sent, taken


def _to_places(side: Listings, places: Places) -> NDArray[np.float64]:
    """Kilometres by listing and place."""
    here, there = earth_centred(side.latitude, side.longitude), earth_centred(*places)
    count = len(places[0])
    rows = np.repeat(np.arange(len(side)), count).astype(np.int32)
    columns = np.tile(np.arange(count), len(side)).astype(np.int32)
    km: NDArray[np.float64] = distances_km(here, rows, there, columns)
    return km.reshape(len(side), count)


def _by_material(side: Listings) -> dict[int, Ints]:
    order = np.argsort(side.material, kind="stable")
    order = order[side.kg[order] > 0]
    if not len(order):
        return {}
    materials, first = np.unique(side.material[order], return_index=True)
    return dict(zip(materials.tolist(), np.split(order, first[1:]), strict=True))
