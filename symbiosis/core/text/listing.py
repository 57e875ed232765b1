"""Helps to fill in a listing from pasted text or a row of a record book; labels nothing by itself.

Gives candidates with their evidence and probability, waste codes with the question that decides a
mirror entry, quantities as read, and what is missing. Choosing is left to the person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.text.calibration import calibrated
from symbiosis.core.text.lexicon import TextCode, TextConcept
from symbiosis.core.text.quantities import QuantityRead, quantities_in
from symbiosis.core.text.ranking import ListingText, Ranker, ReadListings, Role, best_first
from symbiosis.core.text.terms import ReadWord, unit_rows
from symbiosis.core.text.weights import CONCEPT_KNOTS
from symbiosis.core.text.words import words_of

Floats = NDArray[np.float32]

_CODE = re.compile(r"(?<!\d)(\d{2})[ .]?(\d{2})[ .]?(\d{2})(\s*\*)?(?!\d)")

CODE_PLACE_DISCOUNT = 0.75
LABEL_SHARE = 0.35
"""How much of a code's score its own label's words make up beside the concepts'."""


@dataclass(frozen=True, slots=True)
class ConceptCandidate:
    """A concept the text may mean: its probability and what speaks for it."""

    concept: TextConcept
    probability: float
    name_met: str
    words: tuple[str, ...]
    code_met: str = ""
    activity_met: str = ""


@dataclass(frozen=True, slots=True)
class CodeCandidate:
    """A List of Waste entry the text may fall under; ``question`` decides between its mirrors."""

    code: TextCode
    score: float
    concept: str
    words: tuple[str, ...]
    mirrors: tuple[TextCode, ...]


@dataclass(frozen=True, slots=True)
class ListingDraft:
    """What was read out of a text; ``missing`` names fields a listing still needs."""

    concepts: tuple[ConceptCandidate, ...]
    codes: tuple[CodeCandidate, ...]
    quantities: tuple[QuantityRead, ...]
    missing: tuple[str, ...]


class ListingHelper:
    """Reads texts against the index; immutable, shared between calls."""

    def __init__(self, ranker: Ranker) -> None:
        self.ranker = ranker
        self.codes = ranker.lexicon.codes
        vocabulary = ranker.index.vocabulary
        self._labels = unit_rows(
            vocabulary.rows(
                [
                    [word.stem for word in words_of(f"{code.label_en} {code.label_bg}")]
                    for code in self.codes
                ]
            )
        )
        self._row = {code.code: n for n, code in enumerate(self.codes)}
        self._of_concept = self._concept_codes()

    def _concept_codes(self) -> Floats:
        """(concepts x codes): the share of each code in what the concept is usually given."""
        lexicon = self.ranker.lexicon
        shares = np.zeros((len(lexicon.concepts), len(self.codes)), np.float32)
        for row, concept in enumerate(lexicon.concepts):
            for near, source in enumerate([concept.id, *lexicon.ancestors(concept.id)]):
                for place, code in enumerate(lexicon.concepts[lexicon.row[source]].codes):
                    if code in self._row:
                        share = CODE_PLACE_DISCOUNT**place * 0.5**near
                        at = row, self._row[code]
                        shares[at] = max(shares[at], share)
        return shares

    def draft(
        self,
        text: str,
        *,
        code: str = "",
        activity: str = "",
        role: Role = Role.OFFER,
        top: int = 5,
    ) -> ListingDraft:
        """Candidates and quantities for one text."""
        return self.drafts([ListingText("", text, code, activity)], role=role, top=top)[0]

    def drafts(
        self, listings: Sequence[ListingText], *, role: Role = Role.OFFER, top: int = 5
    ) -> list[ListingDraft]:
        """As ``draft``, for many listings at once; a code written in the text counts as given."""
        given = [
            ListingText(each.id, each.text, each.code or _code_in(each.text), each.activity)
            for each in listings
        ]
        read = self.ranker.read(given, role)
        concepts = read.concepts.toarray()
        labels = (unit_rows(read.texts.terms) @ self._labels.T).toarray()
        codes = (1 - LABEL_SHARE) * (concepts @ self._of_concept) + LABEL_SHARE * labels
        drafts = []
        for row, listing in enumerate(given):
            if listing.code and _digits(listing.code) in self._row:
                codes[row, self._row[_digits(listing.code)]] += 1.0
            quantities = tuple(quantities_in(_without_codes(listing.text)))
            words = self.ranker.index.vocabulary.words(listing.text)
            found = self._concepts(read, row, words, top)
            entries = tuple(
                self._entry(int(at), float(codes[row, at]), concepts[row], words)
                for at in best_first(codes[row], top)
                if found and codes[row, at] > 0
            )
            drafts.append(
                ListingDraft(found, entries, quantities, _missing(listing, found, quantities))
            )
        return drafts

    def _concepts(
        self,
        read: ReadListings,
        row: int,
        said: Sequence[ReadWord],
        top: int,
    ) -> tuple[ConceptCandidate, ...]:
        listing = read.listings[row]
        if not said and not listing.code and not listing.activity:
            return ()
        part = slice(read.concepts.indptr[row], read.concepts.indptr[row + 1])
        columns, given = read.concepts.indices[part], read.concepts.data[part]
        chance = calibrated(given, CONCEPT_KNOTS)
        found = []
        for at in best_first(given, top):
            concept = self.ranker.lexicon.concepts[columns[at]]
            name = self.ranker.index.best_name(read.texts.terms[[row]], int(columns[at]))
            met = {word.stem for word in words_of(name.text)}
            words = dict.fromkeys(w.written for w in said if w.stem in met)
            digits = _digits(listing.code)
            found.append(
                ConceptCandidate(
                    concept,
                    float(chance[at]),
                    name.text if words else "",
                    tuple(words),
                    digits if digits in concept.codes else "",
                    listing.activity if self._gives(listing.activity, columns[at]) else "",
                )
            )
        return tuple(found)

    def _gives(self, activity: str, row: int) -> bool:
        return bool(activity) and float(self.ranker.activities.gives([activity])[0, row]) > 0

    def _entry(
        self, at: int, score: float, given: Floats, words: Sequence[ReadWord]
    ) -> CodeCandidate:
        code = self.codes[at]
        carried = given * self._of_concept[:, at]
        best = int(np.argmax(carried))
        label = {word.stem for word in words_of(f"{code.label_en} {code.label_bg}")}
        return CodeCandidate(
            code,
            score,
            self.ranker.lexicon.concepts[best].id if carried[best] > 0 else "",
            tuple(dict.fromkeys(word.written for word in words if word.stem in label)),
            tuple(
                self.ranker.lexicon.code[m] for m in code.mirror if m in self.ranker.lexicon.code
            ),
        )


def _missing(
    listing: ListingText,
    concepts: Sequence[ConceptCandidate],
    quantities: Sequence[QuantityRead],
) -> tuple[str, ...]:
    """Fields that a listing needs and the text does not give."""
    missing = []
    if not concepts:
        missing.append("material")
    if not quantities:
        missing.append("quantity")
    elif not any(quantity.period for quantity in quantities):
        missing.append("period")
    if not listing.code:
        missing.append("waste_code")
    if not listing.activity:
        missing.append("activity")
    return tuple(missing)


def _digits(code: str) -> str:
    return "".join(sign for sign in code if sign.isdigit())


def _code_in(text: str) -> str:
    found = _CODE.search(text)
    return "".join(found.groups()[:3]) if found and int(found[1]) in range(1, 21) else ""


def _without_codes(text: str) -> str:
    return _CODE.sub(" ", text)
