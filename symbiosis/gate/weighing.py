"""The rules put to classes of offers, one class of receivers at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from marketplace.catalogue.models import WasteCode
from marketplace.listings.models import WasteStatus
from symbiosis.catalogue import Catalogue
from symbiosis.core.legality import Case, Effect, Party, Route, Rule, Stream, barriers
from symbiosis.gate.units import Holders, Ints, Unit, country_code
from symbiosis.legality import blocking_table, route_of, stream_of

_STATUSES = list(WasteStatus.values)

Suspects = dict[tuple[int, int], tuple[Rule, ...]]
"""By (catalogue pair, receiver's country): the rules that may bar a key of offers."""


class Weigher:
    """Puts the rules to classes of offers."""

    def __init__(self, catalogue: Catalogue, day: date, keys: Ints) -> None:
        self._catalogue, self._day = catalogue, day
        self._table = blocking_table()
        ids = np.unique(keys >> 16 & 0xFFFFF)
        self._codes = WasteCode.objects.in_bulk(ids[ids > 0].tolist()) if ids.any() else {}
        self._streams: dict[int, Stream] = {}
        self._routes: dict[int, Route] = {}

    def needed(self, pair: int) -> int:
        """Row of the concept that a pair serves."""
        return int(self._catalogue.arrays.needed[pair])

    def stream(self, key: int) -> Stream:
        if key not in self._streams:
            material = int(self._catalogue.material_ids[key >> 39])
            code = self._codes.get(key >> 16 & 0xFFFFF)
            status = _STATUSES[key >> 36 & 7]
            self._streams[key] = stream_of(self._catalogue, material, status, code)
        return self._streams[key]

    def route(self, pair: int) -> Route:
        if pair not in self._routes:
            self._routes[pair] = route_of(self._catalogue, pair)
        return self._routes[pair]

    def suspects(
        self, key: int, wanted: frozenset[int] | None, countries: Iterable[int]
    ) -> Suspects:
        """What may bar offers of this key from the concepts wanted (None: any)."""
        stream, home = self.stream(key), country_code(key & 0xFFFF)
        between = {
            country: [
                rule
                for rule in self._table.in_force(home, country_code(country))
                if rule.blocking and rule.when.of_stream(stream)
            ]
            for country in countries
        }
        found: Suspects = {}
        if not any(between.values()):
            return found
        offered = self._catalogue.arrays.offered
        first, last = np.searchsorted(offered, [key >> 39, (key >> 39) + 1]).tolist()
        for pair in range(first, last):
            if wanted is not None and self.needed(pair) not in wanted:
                continue
            for country, rules in between.items():
                case = self._case(key, pair, Party(home, 0), Party(country_code(country), 0))
                bars = tuple(rule for rule in rules if rule.when.of_way(case))
                if bars:
                    found[pair, country] = bars
        return found

    def weigh(
        self,
        suspects: Mapping[int, Suspects],
        offer_units: Iterable[Unit],
        need_units: Iterable[Unit],
        holders: Holders,
        receivers: Holders,
    ) -> dict[tuple[int, Unit, Unit], tuple[str, ...]]:
        """Ids of the rules that bar (catalogue pair, offer unit, need unit)."""
        at: dict[int, list[Unit]] = defaultdict(list)
        for unit in need_units:
            at[unit[0]].append(unit)
        barred: dict[tuple[int, Unit, Unit], tuple[str, ...]] = {}
        for unit in offer_units:
            key, _holder = unit
            for (pair, country), rules in suspects[key].items():
                for need_unit in at.get(self.needed(pair) << 16 | country, ()):
                    bars = self._bars(unit, need_unit, pair, rules, holders, receivers)
                    if bars:
                        barred[pair, unit, need_unit] = bars
        return barred

    def _bars(
        self,
        offer: Unit,
        need: Unit,
        pair: int,
        rules: tuple[Rule, ...],
        holders: Holders,
        receivers: Holders,
    ) -> tuple[str, ...]:
        papers_help = any(rule.effect is Effect.BLOCK for rule in rules)
        if not papers_help or not (offer[1] or need[1]):
            return tuple(rule.id for rule in rules)
        case = self._case(
            offer[0],
            pair,
            holders.party(offer[1], offer[0] & 0xFFFF),
            receivers.party(need[1], need[0] & 0xFFFF),
        )
        return tuple(finding.rule.id for finding in barriers(self._table, case))

    def _case(self, key: int, pair: int, holder: Party, receiver: Party) -> Case:
        return Case(self.stream(key), self.route(pair), holder, receiver, self._day)
