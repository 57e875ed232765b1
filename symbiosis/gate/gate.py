"""Which offers may go to which needs, decided once for a class of listings, never pair by pair.

Offers of one concept, legal status, waste code and country are weighed together, and so are needs
of one concept and country whose receivers hold the same papers. Only rules that can block count
here (core/legality); what is merely conditional is proposed and names the missing paper.

The engine knows concepts by row and pairs them by MaterialPairs. The gate splits a concept's row
where the law does: listings that some rule bars from somewhere get a class row of their own beyond
the concepts, everybody else keeps the concept's row, and a barred pair of classes is not in the
pairs. So the engine cannot list it, at no cost where nothing is barred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from symbiosis.catalogue import Catalogue
from symbiosis.core.legality import Role
from symbiosis.core.market import MaterialPairs
from symbiosis.gate.numbering import Numbering
from symbiosis.gate.units import Holders, Ints, Unit, Unplaced, need_keys, offer_keys
from symbiosis.gate.weighing import Weigher

if TYPE_CHECKING:
    from symbiosis.problems import Side

OWN_ROW = -1
"""Class of a unit that was weighed and keeps its concept's row."""


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The pairs of classes that may be proposed, those that are barred, and which class is whose.

    compatible, barred_compatible   by row of `pairs` and of `barred`: row of the catalogue's pairs
    rules           by row of `barred`: ids of the rules that bar it
    """

    catalogue: Catalogue
    day: date
    pairs: MaterialPairs
    compatible: Ints
    barred: MaterialPairs
    barred_compatible: Ints
    rules: tuple[tuple[str, ...], ...]
    offer_classes: Mapping[Unit, int]
    need_classes: Mapping[Unit, int]
    holders: Holders
    receivers: Holders
    offer_keys: frozenset[int]
    watched: frozenset[int]
    countries: frozenset[int]

    def place(self, side: Side, *, offering: bool) -> Side:
        """Later listings under the classes of this gate; raises Unplaced where it knows none."""
        keys = offer_keys(side) if offering else need_keys(side)
        doubtful = self._doubtful_offers(keys) if offering else self._doubtful_needs(side)
        rows = np.flatnonzero(doubtful)
        if not len(rows):
            return side
        classes = self.offer_classes if offering else self.need_classes
        numbers = (self.holders if offering else self.receivers).known(side, rows)
        placed = side.listings.material.copy()
        for row, number in zip(rows.tolist(), numbers, strict=True):
            unit = (int(keys[row]), number)
            if unit not in classes:
                raise Unplaced
            placed[row] = placed[row] if classes[unit] == OWN_ROW else classes[unit]
        return _with_classes(side, placed)

    def _doubtful_offers(self, keys: Ints) -> NDArray[np.bool_]:
        """Those of a key that some rule may bar."""
        distinct, at = np.unique(keys, return_inverse=True)
        weigher = Weigher(self.catalogue, self.day, distinct)
        barrable = {key for key, _holder in self.offer_classes}
        flags = [
            key in barrable
            or (key not in self.offer_keys and bool(weigher.suspects(key, None, self.countries)))
            for key in distinct.tolist()
        ]
        return np.array(flags, np.bool_)[at]

    def _doubtful_needs(self, side: Side) -> NDArray[np.bool_]:
        """Those of a concept that some present offer may be barred from."""
        if not self.countries.issuperset(side.countries.tolist()):
            raise Unplaced
        flags: NDArray[np.bool_] = np.isin(side.listings.material, list(self.watched))
        return flags


def gate_between(
    offers: Side, needs: Side, catalogue: Catalogue, *, day: date, lasting: bool = False
) -> tuple[Gate, Side, Side]:
    """The gate of a market and both sides under its classes.

    ``lasting``: listings will be placed later, so concepts nobody needs yet are weighed too.
    O(listings) in arrays, then the classes that a rule may bar times the papers of their receivers.
    """
    offered, needed = offer_keys(offers), need_keys(needs)
    distinct = np.unique(offered)
    weigher = Weigher(catalogue, day, distinct)
    wanted = None if lasting else frozenset(np.unique(needs.listings.material).tolist())
    countries = frozenset([*np.unique(needs.countries).tolist(), *_codes(offers)])
    suspects = {key: weigher.suspects(key, wanted, countries) for key in distinct.tolist()}
    suspects = {key: found for key, found in suspects.items() if found}
    watched = {weigher.needed(pair) for found in suspects.values() for pair, _country in found}
    bars = (rule for found in suspects.values() for rules in found.values() for rule in rules)
    rules = {rule.id: rule for rule in bars}.values()
    suspect_rows = np.isin(offered, list(suspects))
    holders = Holders(offers, suspect_rows, rules, (Role.HOLDER, Role.CARRIER))
    watched_rows = np.isin(needs.listings.material, list(watched))
    receivers = Holders(needs, watched_rows, rules, (Role.RECEIVER, Role.CARRIER))
    offer_units = holders.units(offered, suspect_rows)
    need_units = receivers.units(needed, watched_rows)
    barred = weigher.weigh(suspects, offer_units, need_units, holders, receivers)
    numbering = Numbering(catalogue, barred)
    placed = (
        _placed(offers, offered, numbering.offer_classes, suspect_rows, holders),
        _placed(needs, needed, numbering.need_classes, watched_rows, receivers),
    )
    pairs, compatible = numbering.open_pairs()
    shut, shut_compatible, by_rules = numbering.shut_pairs()
    gate = Gate(
        catalogue=catalogue,
        day=day,
        pairs=pairs,
        compatible=compatible,
        barred=shut,
        barred_compatible=shut_compatible,
        rules=by_rules,
        offer_classes=dict.fromkeys(offer_units, OWN_ROW) | numbering.offer_classes,
        need_classes=dict.fromkeys(need_units, OWN_ROW) | numbering.need_classes,
        holders=holders,
        receivers=receivers,
        offer_keys=frozenset(distinct.tolist()),
        watched=frozenset(watched),
        countries=countries,
    )
    return gate, *placed


def _codes(side: Side) -> list[int]:
    codes: list[int] = np.unique(side.countries).tolist()
    return codes


def _with_classes(side: Side, classes: NDArray[np.int32]) -> Side:
    return replace(side, listings=replace(side.listings, material=classes))


def _placed(
    side: Side,
    keys: Ints,
    classes: Mapping[Unit, int],
    looked_at: NDArray[np.bool_],
    holders: Holders,
) -> Side:
    """The side with class rows where a unit has one of its own."""
    if not classes:
        return side
    placed = side.listings.material.copy()
    for row in np.flatnonzero(looked_at).tolist():
        unit = (int(keys[row]), holders.number(row))
        placed[row] = classes.get(unit, placed[row])
    return _with_classes(side, placed)
