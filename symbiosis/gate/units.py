"""Classes of listings that the law treats alike, and whose papers count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.legality import Party, Role, Rule
from symbiosis.legality import Papers, papers_of

if TYPE_CHECKING:
    from symbiosis.problems import Side

Ints = NDArray[np.int64]
Unit = tuple[int, int]
"""A class of listings before it is numbered: its key (see offer_keys, need_keys) and its holder:
0 without papers that count here, UNTOLD, or a number of Holders."""

UNTOLD = -1
"""Holder of a listing that keeps back its firm or place: its papers are not known here."""


class Unplaced(Exception):
    """A later listing belongs to a class that the gate has not weighed; it must be built anew."""


def country_code(country: int) -> str:
    """Two letters from the number that listings are read with."""
    return chr(country >> 8) + chr(country & 0xFF)


def offer_keys(side: Side) -> Ints:
    """One number for what the law looks at in an offer: concept, status, waste code, country."""
    listings = side.listings
    standing = listings.material.astype(np.int64) << 3 | side.legal_statuses
    return standing << 36 | side.waste_code_ids << 16 | side.countries


def need_keys(side: Side) -> Ints:
    """One number for the concept and the country of a need."""
    return side.listings.material.astype(np.int64) << 16 | side.countries


class Holders:
    """Who of one side holds papers that rules ask for: firms at their sites, numbered from 1."""

    def __init__(
        self,
        side: Side,
        looked_at: NDArray[np.bool_],
        rules: Iterable[Rule],
        roles: tuple[Role, ...],
    ) -> None:
        asked = [rule.paper for rule in rules if rule.paper and rule.paper.role in roles]
        self._kinds = {kind for paper in asked for kind in paper.kinds}
        self._side = side
        self._papers = self._on_record(side, looked_at)
        self._numbers: dict[tuple[int, int], int] = {}
        self._parties: list[tuple[int, int]] = [(0, 0)]

    def _on_record(self, side: Side, rows: NDArray[Any]) -> Papers:
        told = side.site_ids[rows] != 0
        firms = np.unique(side.listings.firm[rows][told]).tolist()
        return papers_of(firms, kinds=self._kinds) if self._kinds and firms else {}

    def known(self, later: Side, rows: Ints) -> list[int]:
        """Numbers of listings that came later; raises Unplaced for a firm with papers that had no
        listing here before."""
        numbers = []
        papers = self._on_record(later, rows)
        for row in rows.tolist():
            at = (int(later.listings.firm[row]), int(later.site_ids[row]))
            if at[1] and at[0] in papers and at not in self._numbers:
                raise Unplaced
            numbers.append(self._numbers.get(at, 0) if at[1] else UNTOLD)
        return numbers

    def number(self, row: int) -> int:
        """0 for a listing whose firm has no such paper."""
        firm, site = int(self._side.listings.firm[row]), int(self._side.site_ids[row])
        if not site:
            return UNTOLD
        if firm not in self._papers:
            return 0
        at = (firm, site)
        if at not in self._numbers:
            self._numbers[at] = len(self._parties)
            self._parties.append(at)
        return self._numbers[at]

    def units(self, keys: Ints, looked_at: NDArray[np.bool_]) -> list[Unit]:
        """Every class of listings among the rows looked at, in order."""
        rows = np.flatnonzero(looked_at)
        return sorted({(int(keys[row]), self.number(row)) for row in rows.tolist()})

    def party(self, number: int, country: int) -> Party:
        if number == UNTOLD:
            return Party(country_code(country), 0, told=False)
        firm, site = self._parties[number]
        return Party(country_code(country), site, self._papers.get(firm, ()))
