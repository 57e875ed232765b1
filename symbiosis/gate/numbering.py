"""Class rows for what the law bars, and the pairs of classes that are open and shut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from symbiosis.catalogue import Catalogue
from symbiosis.core.market import MaterialPairs
from symbiosis.gate.units import Ints, Unit


class Numbering:
    """Class rows beyond the concepts, one for all units of a concept that are barred alike."""

    def __init__(
        self, catalogue: Catalogue, barred: Mapping[tuple[int, Unit, Unit], tuple[str, ...]]
    ) -> None:
        self._arrays = catalogue.arrays
        self._next = len(catalogue.material_ids)
        offer_side: dict[Unit, set[tuple[int, Any]]] = defaultdict(set)
        for pair, offer, need in barred:
            offer_side[offer].add((pair, need))
        self.offer_classes = self._numbered(offer_side, shift=39)
        need_side: dict[Unit, set[tuple[int, Any]]] = defaultdict(set)
        for pair, offer, need in barred:
            need_side[need].add((pair, self.offer_classes[offer]))
        self.need_classes = self._numbered(need_side, shift=16)
        self._barred = {
            (pair, self.offer_classes[offer], self.need_classes[need]): rules
            for (pair, offer, need), rules in barred.items()
        }

    def _numbered(
        self, signatures: Mapping[Unit, set[tuple[int, Any]]], *, shift: int
    ) -> dict[Unit, int]:
        known: dict[tuple[int, frozenset[Any]], int] = {}
        classes = {}
        for unit in sorted(signatures):
            alike = (unit[0] >> shift, frozenset(signatures[unit]))
            if alike not in known:
                known[alike] = self._next
                self._next += 1
            classes[unit] = known[alike]
        return classes

    def open_pairs(self) -> tuple[MaterialPairs, Ints]:
        """The concepts' own pairs and those of the further classes that nothing bars."""
        offered = _by_concept(self.offer_classes, shift=39)
        needed = _by_concept(self.need_classes, shift=16)
        more = []
        if offered or needed:
            ends = zip(self._arrays.offered.tolist(), self._arrays.needed.tolist(), strict=True)
            for pair, (offer, need) in enumerate(ends):
                if offer not in offered and need not in needed:
                    continue
                more += [
                    (pair, one, other)
                    for one in (offer, *offered.get(offer, ()))
                    for other in (need, *needed.get(need, ()))
                    if (one, other) != (offer, need) and (pair, one, other) not in self._barred
                ]
        return self._pairs(more, own=True)

    def shut_pairs(self) -> tuple[MaterialPairs, Ints, tuple[tuple[str, ...], ...]]:
        """The pairs of classes that are barred, and by which rules."""
        shut = sorted(self._barred)
        pairs, compatible = self._pairs(shut, own=False)
        return pairs, compatible, tuple(self._barred[key] for key in shut)

    def _pairs(self, rows: list[tuple[int, int, int]], *, own: bool) -> tuple[MaterialPairs, Ints]:
        own_rows = np.arange(len(self._arrays) if own else 0)
        added = np.array(rows, np.int64).reshape(-1, 3)
        compatible = np.concatenate([own_rows, added[:, 0]])
        columns = {
            part.name: getattr(self._arrays, part.name)[compatible]
            for part in fields(MaterialPairs)
        }
        for name, ends in (("offered", added[:, 1]), ("needed", added[:, 2])):
            column = columns[name].copy()
            column[len(own_rows) :] = ends
            columns[name] = column
        return MaterialPairs(**columns), compatible


def _by_concept(classes: Mapping[Unit, int], *, shift: int) -> dict[int, list[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for unit, number in classes.items():
        found[unit[0] >> shift].add(number)
    return {concept: sorted(numbers) for concept, numbers in found.items()}
