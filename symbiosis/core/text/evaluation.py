"""Measuring a ranking of needs against documented exchanges.

Each exchange has an offer and the need it went to; needs of one equivalence group serve each
other's offers. Reported: recall at 1, 5 and 10, mean reciprocal rank, each with a percentile
bootstrap interval over exchanges (Efron 1979), beside two plain baselines on the same texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from symbiosis.core.text.letters import fold
from symbiosis.core.text.terms import trigram_rows, unit_rows

Ints = NDArray[np.int64]
CUTS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over exchanges and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What one method reaches on ``count`` exchanges."""

    count: int
    recall: Mapping[int, Estimate]
    reciprocal_rank: Estimate


def first_hits(scores: NDArray[np.float32], wanted: Sequence[str], held: Sequence[str]) -> Ints:
    """Rank, from 1, of the best need whose label is the offer's; ties count against the method.

    ``scores`` is offers x needs, ``wanted`` one label an offer, ``held`` one label a need.
    """
    labels = np.asarray(held)
    ranks = np.empty(len(wanted), np.int64)
    for row, label in enumerate(wanted):
        right = labels == label
        best = scores[row][right].max()
        ranks[row] = 1 + int(np.sum(scores[row][~right] >= best))
    return ranks


def quality(ranks: Ints, *, seed: int = 7, resamples: int = 2_000) -> Quality:
    """Recall and reciprocal rank with intervals; the seed makes the intervals repeatable."""
    draws = np.random.default_rng(seed).integers(0, len(ranks), (resamples, len(ranks)))

    def estimate(values: NDArray[np.float64]) -> Estimate:
        low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
        return Estimate(float(values.mean()), float(low), float(high))

    return Quality(
        len(ranks),
        {cut: estimate((ranks <= cut).astype(float)) for cut in CUTS},
        estimate(1.0 / ranks),
    )


def word_baseline(offers: Sequence[str], needs: Sequence[str]) -> NDArray[np.float32]:
    """TF-IDF cosine of whole words as written; the IDF is of the texts given."""
    texts = [_tokens(text) for text in (*offers, *needs)]
    vocabulary = {word: n for n, word in enumerate(sorted({w for text in texts for w in text}))}
    count = Counter(word for text in texts for word in set(text))
    rows, columns, values = [], [], []
    for row, text in enumerate(texts):
        for word, times in Counter(text).items():
            rows.append(row)
            columns.append(vocabulary[word])
            values.append(times * (1 + np.log((1 + len(texts)) / (1 + count[word]))))
    matrix = unit_rows(
        csr_array((values, (rows, columns)), shape=(len(texts), max(len(vocabulary), 1)))
    )
    return _cosines(matrix, len(offers))


def trigram_baseline(offers: Sequence[str], needs: Sequence[str]) -> NDArray[np.float32]:
    """Cosine of letter trigrams."""
    return _cosines(trigram_rows([_tokens(text) for text in (*offers, *needs)]), len(offers))


def _tokens(text: str) -> list[str]:
    spaced = "".join(sign if sign.isalnum() else " " for sign in fold(text))
    return spaced.split()


def _cosines(rows: csr_array, offers: int) -> NDArray[np.float32]:
    return np.asarray((rows[:offers] @ rows[offers:].T).toarray(), np.float32)
