"""Needs in order for each offer, by text and, where given, waste code and activity.

Both texts become probabilities over concepts; the affinity of the knowledge graph joins them; the
words and letters the texts share outside any concept are added; what anything can serve is taken
down. The sum is a log odds, linear in few terms, so a thousand offers meet a hundred thousand
needs in blocks of sparse products.

Complexity: O(texts x names met + offers x needs x concepts kept), memory O(block x needs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from symbiosis.core.text.activities import Activities
from symbiosis.core.text.affinity import AffinityWeights, affinity_of
from symbiosis.core.text.index import ConceptIndex, ReadTexts
from symbiosis.core.text.lexicon import Lexicon
from symbiosis.core.text.terms import unit_rows
from symbiosis.core.text.weights import ConceptWeights, PairWeights

Floats = NDArray[np.float32]

BLOCK = 32
"""Offers scored at a time against all needs."""


class Role(StrEnum):
    """Which side of an exchange a text speaks for."""

    OFFER = "offer"
    NEED = "need"


class Kind(IntEnum):
    """Kinds of evidence that a need suits an offer; order of the last axis of ``terms``."""

    GRAPH = 0
    CROWD = 1
    WORDS = 2
    LETTERS = 3
    TAKING = 4
    ACTIVITY = 5


TAKEN_FLOOR = 0.03
"""Chance that an activity takes a stream nobody has noted it for."""

SAID_TERMS = 250
"""Terms kept of what is said where an offer's concepts are taken in."""


@dataclass(frozen=True, slots=True)
class ListingText:
    """What is known of a listing: its text, and a waste code and activity where given."""

    id: str
    text: str
    code: str = ""
    activity: str = ""


@dataclass(frozen=True)
class ReadListings:
    """Listings as the ranker sees them; one row a listing in every array."""

    listings: tuple[ListingText, ...]
    texts: ReadTexts
    concepts: csr_array
    """Probability of each concept that was kept (listings x concepts)."""
    activity: Floats | None
    """Needs: which streams the receiver's activity takes in; None where no activity is given."""

    @cached_property
    def by_word(self) -> csr_array:
        """Unit rows of terms, turned: one row a term."""
        return unit_rows(self.texts.terms).T.tocsr()

    @cached_property
    def by_letters(self) -> csr_array:
        """Trigrams, turned: one row a trigram."""
        return self.texts.letters.T.tocsr()

    @cached_property
    def taken(self) -> Floats | None:
        """``activity``, turned: one row a concept."""
        return None if self.activity is None else np.ascontiguousarray(self.activity.T)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A need in its place for an offer; ``score`` is comparable within one offer's list."""

    offer: int
    rank: int
    need: int
    score: float


class Ranker:
    """The index, the graph and the weights together; immutable, shared between calls."""

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        concept_weights: ConceptWeights | None = None,
        pair_weights: PairWeights | None = None,
        affinity_weights: AffinityWeights | None = None,
    ) -> None:
        self.lexicon = lexicon
        self.index = ConceptIndex(lexicon)
        self.activities = Activities(lexicon)
        self.affinity = affinity_of(lexicon, affinity_weights or AffinityWeights())
        self.concept_weights = concept_weights or ConceptWeights()
        self.pair_weights = pair_weights or PairWeights()
        self.uses = np.array([concept.is_use for concept in lexicon.concepts])

    def read(
        self, listings: Sequence[ListingText], role: Role, *, with_activity: bool | None = None
    ) -> ReadListings:
        """Concept probabilities of each listing in its role.

        ``with_activity`` says whether needs carry what their activities take in; by default they
        do where any activity is given.
        """
        tail = self.concept_weights.tail_offered
        if role is Role.NEED:
            tail = self.concept_weights.tail_needed
        texts = self.index.read(
            [listing.text for listing in listings],
            tail=tail,
            aside=[self.activities.name(listing.activity) for listing in listings],
            aside_share=self.concept_weights.trade_name,
        )
        known = any(each.activity for each in listings) if with_activity is None else with_activity
        return ReadListings(
            tuple(listings),
            texts,
            self._concepts(listings, texts, role),
            (
                self.activities.takes([each.activity for each in listings])
                if known and role is Role.NEED
                else None
            ),
        )

    def _concepts(self, listings: Sequence[ListingText], texts: ReadTexts, role: Role) -> csr_array:
        weights = self.concept_weights
        bias = np.where(
            self.uses,
            weights.use_offered if role is Role.OFFER else 0.0,
            weights.stream_needed if role is Role.NEED else 0.0,
        ).astype(np.float32)
        views = weights.offer if role is Role.OFFER else weights.need
        blocks = [
            _kept(odds + bias + self._context(listings[part], role), weights)
            for part, odds in self.index.log_odds(texts, views)
        ]
        return _stack(blocks, len(self.lexicon.concepts))

    def _context(self, listings: Sequence[ListingText], role: Role) -> Floats | float:
        """What code and activity add to the log odds; 0 where none is given."""
        weights = self.concept_weights
        added: Floats | float = 0.0
        if any(listing.code for listing in listings):
            added = added + weights.code * self.activities.coded([each.code for each in listings])
        if any(listing.activity for listing in listings):
            trades = [each.activity for each in listings]
            if role is Role.OFFER:
                added = added + weights.activity * self.activities.gives(trades)
            else:
                added = added + weights.activity_asked * self.activities.asks(trades)
        return added

    def terms(
        self, offers: ReadListings, needs: ReadListings
    ) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Blocks of (which offers, offers x needs x kinds of evidence), unweighted."""
        floor = self.pair_weights.floor
        need_concepts = needs.concepts
        need_words = needs.by_word
        need_letters = needs.by_letters
        offer_words = unit_rows(offers.texts.terms)
        streams = (~self.uses).astype(np.float32)
        crowd = np.log(need_concepts @ (streams @ self.affinity.full / streams.sum()) + floor)
        takes = needs.taken
        usual = 0.0 if takes is None else np.log(streams @ takes / streams.sum() + TAKEN_FLOOR)
        for start in range(0, len(offers.listings), BLOCK):
            part = slice(start, min(start + BLOCK, len(offers.listings)))
            concepts = offers.concepts[part]
            found = np.zeros((concepts.shape[0], need_concepts.shape[0], len(Kind)), np.float32)
            reach = concepts @ self.affinity.full
            found[:, :, Kind.GRAPH] = np.log((need_concepts @ reach.T).T + floor)
            found[:, :, Kind.CROWD] = -crowd
            found[:, :, Kind.WORDS] = (offer_words[part] @ need_words).toarray()
            found[:, :, Kind.LETTERS] = (offers.texts.letters[part] @ need_letters).toarray()
            said = _strongest(csr_array(concepts @ self.index.taking), SAID_TERMS)
            found[:, :, Kind.TAKING] = np.log(
                (said @ need_words).toarray() + self.pair_weights.unsaid
            )
            if takes is not None:
                found[:, :, Kind.ACTIVITY] = np.log(concepts @ takes + TAKEN_FLOOR) - usual
            yield part, found

    def rank(
        self, offers: Sequence[ListingText], needs: Sequence[ListingText], *, top: int = 50
    ) -> Iterator[Ranked]:
        """The ``top`` needs of each offer, best first; ties go to the need given first."""
        yield from self.rank_read(
            self.read(offers, Role.OFFER), self.read(needs, Role.NEED), top=top
        )

    def rank_read(
        self, offers: ReadListings, needs: ReadListings, *, top: int = 50
    ) -> Iterator[Ranked]:
        """As ``rank``, for listings already read."""
        if not needs.listings:
            return
        for part, scores in self.scores(offers, needs):
            for offset, row in enumerate(scores):
                for rank, need in enumerate(best_first(row, top), start=1):
                    yield Ranked(part.start + offset, rank, int(need), float(row[need]))

    def scores(self, offers: ReadListings, needs: ReadListings) -> Iterator[tuple[slice, Floats]]:
        """Blocks of (which offers, offers x needs log odds)."""
        weights = self.pair_weights
        mix = np.zeros(len(Kind), np.float32)
        mix[[Kind.GRAPH, Kind.CROWD, Kind.WORDS, Kind.LETTERS, Kind.TAKING, Kind.ACTIVITY]] = (
            weights.graph, weights.crowd, weights.words, weights.letters, weights.taking,
            weights.activity,
        )  # fmt: skip
        for part, found in self.terms(offers, needs):
            yield part, found @ mix


def best_first(row: Floats, top: int) -> NDArray[np.intp]:
    """Positions of the ``top`` largest values, largest first, the earlier first among equals."""
    top = min(top, len(row))
    if top < len(row):
        threshold = np.partition(row, len(row) - top)[len(row) - top]
        near = np.flatnonzero(row >= threshold)
    else:
        near = np.arange(len(row))
    order = np.argsort(-row[near], kind="stable")[:top]
    return near[order]


def _kept(logits: Floats, weights: ConceptWeights) -> tuple[NDArray[np.int32], Floats]:
    """The likeliest concepts of each text and their probabilities, which add up to one.

    What is less than ``least`` as likely as the likeliest is noise of common words and falls away.
    """
    count = min(weights.kept, logits.shape[1])
    columns = np.argpartition(-logits, count - 1, axis=1)[:, :count]
    kept = np.take_along_axis(logits, columns, axis=1)
    odds = np.maximum(np.exp(kept - kept.max(axis=1, keepdims=True)) - weights.least, 0.0)
    return columns.astype(np.int32), (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def _strongest(rows: csr_array, count: int) -> csr_array:
    """The largest entries of each row; the rest dropped."""
    indices, values, starts = [], [], [0]
    for row in range(rows.shape[0]):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        data = rows.data[part]
        order = np.argsort(-data, kind="stable")[:count]
        indices.append(rows.indices[part][order])
        values.append(data[order])
        starts.append(starts[-1] + len(order))
    return csr_array(
        (np.concatenate(values), np.concatenate(indices), np.asarray(starts)), shape=rows.shape
    )


def _stack(blocks: Sequence[tuple[NDArray[np.int32], Floats]], width: int) -> csr_array:
    if not blocks:
        return csr_array((0, width), dtype=np.float32)
    columns = np.concatenate([block[0] for block in blocks])
    values = np.concatenate([block[1] for block in blocks])
    starts = np.arange(0, columns.size + 1, columns.shape[1])
    return csr_array((values.ravel(), columns.ravel(), starts), shape=(len(columns), width))
