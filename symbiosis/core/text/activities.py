"""What the trades of the two sides say: which streams an activity gives off, takes, and asks for.

Evidence comes from activity profiles, from the activities named on conversions and from
documented exchanges. A class without entries of its own is read as its group, then its division.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.text.lexicon import Lexicon, activity_digits

Floats = NDArray[np.float32]

EXACT, SUBCHAPTER, CHAPTER = 1.0, 0.35, 0.1
"""How far two List of Waste codes that share six, four or two digits speak of one stream."""

_BROADER_SHARE = 0.6


class Activities:
    """Three look-ups, each activity -> one number a concept, 0 to 1."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._size = len(lexicon.concepts)
        self._gives: Mapping[str, Floats] = self._collect_gives()
        self._takes, self._asks = self._collect_takes()
        self._by_code = self._codes()

    def name(self, activity: str) -> str:
        """The trade in both languages, as its profile or the nearest broader one calls it."""
        digits = activity_digits(activity)
        for length in range(len(digits), 1, -1):
            profile = self.lexicon.profile.get(digits[:length])
            if profile:
                return f"{profile.name_en} {profile.name_bg}"
        return ""

    def gives(self, activities: Sequence[str]) -> Floats:
        """(texts x concepts): does the donor's activity give this stream off?"""
        return self._lookup(self._gives, activities)

    def takes(self, activities: Sequence[str]) -> Floats:
        """(texts x concepts): does the receiver's activity take this stream in?"""
        return self._lookup(self._takes, activities)

    def asks(self, activities: Sequence[str]) -> Floats:
        """(texts x concepts): is this what a firm of the receiver's activity would ask for?"""
        return self._lookup(self._asks, activities)

    def coded(self, codes: Sequence[str]) -> Floats:
        """(texts x concepts): is the concept usually given this List of Waste code?"""
        found = np.zeros((len(codes), self._size), np.float32)
        for row, code in enumerate(codes):
            digits = "".join(sign for sign in code if sign.isdigit())
            for length, share in ((2, CHAPTER), (4, SUBCHAPTER), (6, EXACT)):
                known = self._by_code.get(digits[:length]) if len(digits) >= length else None
                if known is not None:
                    found[row] = np.maximum(found[row], share * known)
        return found

    def _lookup(self, table: Mapping[str, Floats], activities: Sequence[str]) -> Floats:
        found = np.zeros((len(activities), self._size), np.float32)
        for row, activity in enumerate(activities):
            digits = activity_digits(activity)
            for length in range(2, len(digits) + 1):
                known = table.get(digits[:length])
                if known is not None:
                    share = _BROADER_SHARE ** (len(digits) - length)
                    found[row] = np.maximum(found[row], share * known)
        return found

    def _empty(self) -> defaultdict[str, Floats]:
        return defaultdict(lambda: np.zeros(self._size, np.float32))

    def _note(self, table: defaultdict[str, Floats], activity: str, row: int, share: float) -> None:
        """At the activity itself, and weaker at the broader ones it speaks for."""
        digits = activity_digits(activity)
        for length in range(2, len(digits) + 1):
            values = table[digits[:length]]
            values[row] = max(values[row], share * _BROADER_SHARE ** (len(digits) - length))

    def _collect_gives(self) -> dict[str, Floats]:
        table = self._empty()
        row = self.lexicon.row
        for profile in self.lexicon.profiles:
            for concept, likely in profile.outputs:
                self._note(table, profile.activity, row[concept], likely)
        for item in self.lexicon.precedents:
            self._note(table, item.donor_activity, row[item.stream], 0.8)
        return dict(table)

    def _collect_takes(self) -> tuple[dict[str, Floats], dict[str, Floats]]:
        takes, asks = self._empty(), self._empty()
        row = self.lexicon.row
        for profile in self.lexicon.profiles:
            for concept, likely in profile.inputs:
                self._note(takes, profile.activity, row[concept], likely)
                self._note(asks, profile.activity, row[concept], likely)
        for edge in self.lexicon.edges:
            for activity in edge.activities:
                self._note(takes, activity, row[edge.source], edge.weight)
                self._note(asks, activity, row[edge.target], 0.5 + 0.5 * edge.weight)
        for item in self.lexicon.precedents:
            self._note(takes, item.receiver_activity, row[item.stream], 0.9)
            self._note(asks, item.receiver_activity, row[item.use], 0.9)
        return dict(takes), dict(asks)

    def _codes(self) -> dict[str, Floats]:
        table = self._empty()
        for row, concept in enumerate(self.lexicon.concepts):
            for place, code in enumerate(concept.codes):
                for length in (2, 4, 6):
                    values = table[code[:length]]
                    values[row] = max(values[row], 1.0 / (1 + 0.25 * place))
        return dict(table)
