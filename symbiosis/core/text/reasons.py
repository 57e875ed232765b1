"""Why a need stands where it stands: the strongest of its pieces of evidence, in words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from symbiosis.core.text.affinity import AffinityWeights
from symbiosis.core.text.paths import Path, Paths, phrase
from symbiosis.core.text.ranking import Ranked, Ranker, ReadListings
from symbiosis.core.text.words import language_of

LEAST_SHARE = 0.02
"""A path that explains less of the pair than this is not told."""


class Reasons:
    """Tells pairs of one ranking; reads only, keeps the paths it has found."""

    def __init__(self, ranker: Ranker, offers: ReadListings, needs: ReadListings) -> None:
        self._ranker = ranker
        self._offers = offers
        self._needs = needs
        self._paths = Paths(ranker.lexicon, AffinityWeights())
        self._words = lru_cache(maxsize=10_000)(ranker.index.vocabulary.words)

    def of(self, pair: Ranked) -> str:
        """One line in the language of the offer."""
        language = language_of(self._offers.listings[pair.offer].text)
        path = self.path(pair)
        told = [self._paths.told(path, language)] if path else []
        shared = self._shared(pair)
        if shared:
            told.append(phrase("text", language, words=", ".join(shared)))
        activity = self._needs.listings[pair.need].activity
        if self._taken(pair) and activity:
            told.append(phrase("activity", language, activity=activity))
        return "; ".join(told) or phrase("letters", language)

    def path(self, pair: Ranked) -> Path | None:
        """The path that carries most of the pair's graph evidence."""
        left, given = _row(self._offers, pair.offer)
        right, asked = _row(self._needs, pair.need)
        full = self._ranker.affinity.full[np.ix_(left, right)]
        carried = given[:, None] * full * asked[None, :]
        at = np.unravel_index(int(np.argmax(carried)), carried.shape)
        if carried[at] < LEAST_SHARE * given.max() * asked.max():
            return None
        concepts = self._ranker.lexicon.concepts
        return self._paths.between(concepts[left[at[0]]].id, concepts[right[at[1]]].id)

    def _shared(self, pair: Ranked) -> list[str]:
        needed = {word.stem for word in self._words(self._needs.listings[pair.need].text)}
        words = self._words(self._offers.listings[pair.offer].text)
        return list(dict.fromkeys(word.written for word in words if word.stem in needed))

    def _taken(self, pair: Ranked) -> bool:
        if self._needs.activity is None:
            return False
        columns, given = _row(self._offers, pair.offer)
        return float(given @ self._needs.activity[pair.need, columns]) > 0.2


def _row(listings: ReadListings, row: int) -> tuple[np.ndarray, np.ndarray]:
    concepts = listings.concepts
    part = slice(concepts.indptr[row], concepts.indptr[row + 1])
    return concepts.indices[part], concepts.data[part]
