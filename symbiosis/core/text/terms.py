"""Texts -> sparse rows of terms: stems, neighbouring pairs, beginnings, and letter trigrams.

Known words have a column each. A word the knowledge does not hold is first read as a typing error
of one it does (one edit, found by deletions; two are left to the trigrams) or as Bulgarian in
Latin letters; what stays unknown shares hashed columns, so that two texts with the same unknown
word still meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from rapidfuzz.distance import OSA
from scipy.sparse import csr_array

from symbiosis.core.text.letters import CYRILLIC, sound_key, to_cyrillic, to_latin
from symbiosis.core.text.wordclasses import (
    CLASS_WEIGHT,
    DESCRIBING_WEIGHT,
    classes,
    describing,
)
from symbiosis.core.text.words import Word, stem, words_of

PAIR_WEIGHT = 0.7
BEGINNING_WEIGHT = 0.45
BEGINNING_LETTERS = 5
_HASHED = 1 << 17
_LONGEST_ENDING, _SHORTEST_SOUND = 4, 4


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word and its stem; ``read_as`` is "typo" or "letters" where it was not read as written."""

    written: str
    stem: str
    read_as: str = ""
    tail: bool = False


class Vocabulary:
    """The stems of the knowledge, how rare each is, and how to read a word that is not among them.

    ``documents`` are the word lists rarity is counted over: one per concept.
    """

    def __init__(self, documents: Iterable[Iterable[Word]]) -> None:
        self.frequency: Counter[str] = Counter()
        terms: Counter[str] = Counter()
        count = 0
        for count, document in enumerate(documents, start=1):  # noqa: B007 - count is read below
            words = list(document)
            self.frequency.update({word.stem for word in words})
            terms.update(set(_terms([word.stem for word in words])))
        self.columns = {term: n for n, term in enumerate(sorted(terms))}
        self.width = len(self.columns) + _HASHED
        rarest = np.log1p(max(count, 1) / 1.0)
        self.rarity = np.full(self.width, rarest)
        for term, column in self.columns.items():
            self.rarity[column] = np.log1p(max(count, 1) / terms[term])
        self._by_deletion: dict[str, list[str]] = {}
        self._by_sound: dict[str, str] = {}
        self._learn_readings()
        self.read = lru_cache(maxsize=200_000)(self._read)

    def _learn_readings(self) -> None:
        for known in sorted(self.frequency, key=lambda s: (-self.frequency[s], s)):
            if len(known) >= 4:
                for shorter in _deletions(known):
                    self._by_deletion.setdefault(shorter, []).append(known)
            if CYRILLIC.match(known):
                self._by_sound.setdefault(sound_key(known), known)

    def _read(self, written: str, key: str) -> ReadWord:
        """How a word is understood; itself where it is known or nothing is near."""
        if key in self.frequency:
            return ReadWord(written, key)
        letters = self._other_letters(written, key)
        if letters:
            return ReadWord(written, letters, "letters")
        typo = self._typo(key)
        return ReadWord(written, typo, "typo") if typo else ReadWord(written, key)

    def _other_letters(self, written: str, key: str) -> str:
        if CYRILLIC.match(written):
            latin = stem(to_latin(written))
            return latin if latin in self.frequency else ""
        cyrillic = stem(to_cyrillic(written)) if written.isalnum() else ""
        if cyrillic in self.frequency:
            return cyrillic
        heard = sound_key(to_cyrillic(written))
        for cut in range(_LONGEST_ENDING + 1):
            if len(heard) - cut < _SHORTEST_SOUND:
                break
            known = self._by_sound.get(heard[: len(heard) - cut])
            if known:
                return known
        return ""

    def _typo(self, key: str) -> str:
        if len(key) < 5:
            return ""
        near = {
            known
            for shorter in _deletions(key)
            for known in self._by_deletion.get(shorter, ())
            if OSA.distance(key, known) == 1
        }
        return min(near, key=lambda known: (-self.frequency[known], known), default="")

    def words(self, text: str) -> list[ReadWord]:
        """The words of a text as understood."""
        found = []
        for word in words_of(text):
            read = self.read(word.written, word.stem)
            if word.tail:
                read = ReadWord(read.written, read.stem, read.read_as, True)
            found.append(read)
        return found

    def column(self, term: str) -> int:
        known = self.columns.get(term)
        if known is None:
            return len(self.columns) + crc32(term.encode()) % _HASHED
        return known

    def rows(
        self, texts: Sequence[Sequence[str]], shares: Sequence[Sequence[float]] | None = None
    ) -> csr_array:
        """Stem lists -> (texts x width) rows of rarity-weighted terms, not normalised.

        ``shares`` has the weight of each stem, 1 where it is not given.
        """
        columns: list[int] = []
        values: list[float] = []
        starts = [0]
        for n, stems in enumerate(texts):
            for term, weight in _terms(stems, shares[n] if shares else None).items():
                column = self.column(term)
                columns.append(column)
                values.append(weight * self.rarity[column])
            starts.append(len(columns))
        return csr_array(
            (np.asarray(values), np.asarray(columns, dtype=np.int32), np.asarray(starts)),
            shape=(len(texts), self.width),
        )


def _terms(stems: Sequence[str], shares: Sequence[float] | None = None) -> dict[str, float]:
    """Term -> weight before rarity: stems 1, beginnings, classes and neighbouring pairs less."""
    found: dict[str, float] = {}
    given = shares or [1.0] * len(stems)

    def note(term: str, weight: float) -> None:
        found[term] = max(weight, found.get(term, 0.0))

    for key, said in zip(stems, given, strict=True):
        share = said * (DESCRIBING_WEIGHT if key in describing() else 1.0)
        note(key, share)
        if len(key) >= BEGINNING_LETTERS:
            note(key[:BEGINNING_LETTERS] + "…", BEGINNING_WEIGHT * share)
        for mark in classes().get(key, ()):
            note(mark, CLASS_WEIGHT * share)
    for (first, one), (second, other) in pairwise(zip(stems, given, strict=True)):
        note(f"{first} {second}", PAIR_WEIGHT * min(one, other))
    return found


def _deletions(word: str) -> set[str]:
    """The word and every form of it with one letter left out: meeting place of near spellings."""
    return {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}


TRIGRAM_WIDTH = 1 << 16


def trigram_rows(texts: Sequence[Sequence[str]]) -> csr_array:
    """Written words -> (texts x 65,536) counts of letter trigrams in Latin letters, unit length."""
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for words in texts:
        counts: Counter[int] = Counter()
        for word in words:
            counts.update(_trigrams(word))
        length = sum(n * n for n in counts.values()) ** 0.5
        columns.extend(counts)
        values.extend(n / length for n in counts.values())
        starts.append(len(columns))
    return csr_array(
        (np.asarray(values), np.asarray(columns, dtype=np.int32), np.asarray(starts)),
        shape=(len(texts), TRIGRAM_WIDTH),
    )


@lru_cache(maxsize=200_000)
def _trigrams(word: str) -> tuple[int, ...]:
    padded = f" {to_latin(word)} "
    return tuple(
        crc32(padded[n : n + 3].encode()) % TRIGRAM_WIDTH for n in range(max(1, len(padded) - 2))
    )


def unit_rows(rows: csr_array) -> csr_array:
    """Rows scaled to length one; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    scaled: csr_array = csr_array(rows.multiply(scale[:, None]))
    return scaled
