"""The index over what concepts are called and in what company they are met.

Four views of a text meet every concept, each a number that grows with the evidence:

- ``NAME``: the best single name or synonym, share of the text and the name in common (cosine);
- ``MASS``: the same match, by how rare its words are, so that one rare word outweighs a common one;
- ``COMPANY``: words of its properties, of the processes that make or take it, of the activities
  that have or want it, of its waste codes and of the concepts around it;
- ``LETTERS``: trigrams shared with its best name, for misspellings and words of common origin.

All are linear in the text's terms, so a batch is a few sparse products.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from symbiosis.core.kernels.words import best_of_groups
from symbiosis.core.text.company import company_of, takers_of
from symbiosis.core.text.lexicon import Lexicon
from symbiosis.core.text.terms import Vocabulary, trigram_rows, unit_rows
from symbiosis.core.text.words import words_of

Floats = NDArray[np.float32]

WORKERS = 2
"""Threads that meet texts with names; the kernel lets go of the interpreter."""

BATCH = 512
"""Texts scored at a time: keeps the dense block of texts x names near 25 MB."""


class View(IntEnum):
    """Order of the weights of the views."""

    NAME = 0
    MASS = 1
    POOL = 2
    COMPANY = 3
    LETTERS = 4


@dataclass(frozen=True, slots=True)
class Name:
    """One way to call a concept; ``row`` is the concept's."""

    row: int
    text: str
    language: str


@dataclass(frozen=True)
class ReadTexts:
    """Texts as the index reads them, one row a text."""

    terms: csr_array
    letters: csr_array

    def __len__(self) -> int:
        return int(self.terms.shape[0])


@dataclass(frozen=True)
class Postings:
    """For each term the items it stands in; ``groups`` says for which concept an item speaks."""

    starts: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: Floats
    groups: NDArray[np.int32]
    size: int

    @staticmethod
    def of(rows: csr_array, groups: NDArray[np.int32]) -> Postings:
        """From one row of terms an item."""
        turned = rows.T.tocsr()
        return Postings(
            turned.indptr.astype(np.int64),
            turned.indices.astype(np.int32),
            turned.data.astype(np.float32),
            groups,
            int(groups.max()) + 1 if len(groups) else 0,
        )

    def best(self, texts: csr_array) -> Floats:
        """(texts x concepts): the sum over shared terms, of the concept's best item."""
        out = np.zeros((texts.shape[0], self.size), np.float32)
        best_of_groups(
            texts.indptr.astype(np.int64),
            texts.indices.astype(np.int32),
            texts.data.astype(np.float32),
            self.starts,
            self.items,
            self.weights,
            self.groups,
            out,
        )
        return out


class ConceptIndex:
    """Names and company of every concept as sparse arrays; immutable once built."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.names = tuple(_names(lexicon))
        self.starts = np.searchsorted(
            [name.row for name in self.names], np.arange(len(lexicon.concepts))
        )
        spoken = [words_of(name.text) for name in self.names]
        company = company_of(lexicon)
        documents: list[list[str]] = [[] for _ in lexicon.concepts]
        for name, words in zip(self.names, spoken, strict=True):
            documents[name.row] += [word.stem for word in words]
        read = {text: words_of(text) for texts in company for text, _ in texts}
        self.vocabulary = Vocabulary(
            [
                [
                    *(w for n in self._names_of(row) for w in spoken[n]),
                    *(w for text, _ in company[row] for w in read[text]),
                ]
                for row in range(len(lexicon.concepts))
            ]
        )
        names = self.vocabulary.rows([[word.stem for word in words] for words in spoken])
        self.name_terms = unit_rows(names)
        groups = np.asarray([name.row for name in self.names], dtype=np.int32)
        self._names_by_term = Postings.of(self.name_terms, groups)
        self._letters_by_name = Postings.of(
            trigram_rows([[word.written for word in words] for words in spoken]), groups
        )
        self.pool = self._pooled([name.row for name in self.names], np.ones(len(self.names)), names)
        rows = [row for row, texts in enumerate(company) for _ in texts]
        weights = np.asarray([weight for texts in company for _, weight in texts])
        terms = self.vocabulary.rows(
            [[word.stem for word in read[text]] for texts in company for text, _ in texts]
        )
        self.company = self._pooled(rows, weights, terms)
        self.taking = self._said_of_taking(takers_of(lexicon))
        concepts = np.arange(len(lexicon.concepts), dtype=np.int32)
        self._pool_by_term = Postings.of(self.pool, concepts)
        self._company_by_term = Postings.of(self.company, concepts)

    def _names_of(self, row: int) -> range:
        end = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.names)
        return range(self.starts[row], end)

    def _pooled(
        self, rows: Sequence[int], weights: NDArray[np.float64], terms: csr_array
    ) -> csr_array:
        """One row a concept: its texts' terms added, dampened, at unit length."""
        gather = csr_array(
            (weights, (np.asarray(rows, dtype=np.int64), np.arange(len(rows)))),
            shape=(len(self.lexicon.concepts), len(rows)),
        )
        pooled = csr_array(gather @ terms)
        rarity = self.vocabulary.rarity[pooled.indices]
        pooled.data = rarity * np.sqrt(pooled.data / rarity)
        return unit_rows(pooled)

    def _said_of_taking(self, said: Sequence[Sequence[tuple[str, float]]]) -> csr_array:
        """(concepts x terms): each text at unit length and its weight, added up."""
        rows = [row for row, texts in enumerate(said) for _ in texts]
        weights = [weight for texts in said for _, weight in texts]
        stems = [[word.stem for word in words_of(text)] for texts in said for text, _ in texts]
        gather = csr_array(
            (np.asarray(weights), (np.asarray(rows, dtype=np.int64), np.arange(len(rows)))),
            shape=(len(said), len(rows)),
        )
        return csr_array(gather @ unit_rows(self.vocabulary.rows(stems)), dtype=np.float32)

    def read(
        self,
        texts: Sequence[str],
        *,
        tail: float = 1.0,
        aside: Sequence[str] | None = None,
        aside_share: float = 0.0,
    ) -> ReadTexts:
        """Words, terms and letters of each text; ``tail`` weighs what follows its first turn.

        ``aside`` has words that stand beside each text without being of it, such as the name of
        the firm's trade; they count by ``aside_share``.
        """
        words = [self.vocabulary.words(text) for text in texts]
        beside = [
            [word.stem for word in words_of(text)] if text else []
            for text in aside or [""] * len(texts)
        ]
        return ReadTexts(
            self.vocabulary.rows(
                [
                    [*(word.stem for word in each), *more]
                    for each, more in zip(words, beside, strict=True)
                ],
                [
                    [*(tail if word.tail else 1.0 for word in each), *[aside_share] * len(more)]
                    for each, more in zip(words, beside, strict=True)
                ],
            ),
            trigram_rows([[word.written for word in each] for each in words]),
        )

    def log_odds(
        self, texts: ReadTexts, weights: Sequence[float]
    ) -> Iterator[tuple[slice, Floats]]:
        """Batches of (which texts, texts x concepts); ``weights`` in the order of ``View``."""
        lengths = np.sqrt(np.asarray(texts.terms.multiply(texts.terms).sum(axis=1)).ravel())
        lengths = np.where(lengths > 0, lengths, 1.0).astype(np.float32)
        postings = (
            self._names_by_term,
            self._letters_by_name,
            self._pool_by_term,
            self._company_by_term,
        )
        with ThreadPoolExecutor(WORKERS) as pool:
            for start in range(0, len(texts), BATCH):
                part = slice(start, min(start + BATCH, len(texts)))
                terms = texts.terms[part]
                rows = (terms, texts.letters[part], terms, terms)
                names, letters, pooled, company = pool.map(Postings.best, postings, rows)
                names *= weights[View.MASS] + weights[View.NAME] / lengths[part, None]
                names += np.float32(weights[View.LETTERS]) * letters
                names += np.float32(weights[View.POOL]) * pooled
                names += np.float32(weights[View.COMPANY]) * company
                yield part, names

    def best_name(self, terms: csr_array, row: int) -> Name:
        """The name of a concept that meets a one-row text best."""
        names = self._names_of(row)
        scores = (self.name_terms[names.start : names.stop] @ terms.T).toarray().ravel()
        return self.names[names.start + int(np.argmax(scores))]


def _names(lexicon: Lexicon) -> Iterator[Name]:
    for row, concept in enumerate(lexicon.concepts):
        for text in dict.fromkeys(concept.names_en):
            yield Name(row, text, "en")
        for text in dict.fromkeys(concept.names_bg):
            yield Name(row, text, "bg")
