"""What the ranking finds on exchanges in words of our own; the bounds hold back a fall, they are
not the figures: those are in docs/algorithms/text-matching.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbiosis.core.text.evaluation import first_hits, word_baseline
from symbiosis.core.text.ranking import ListingText, Ranker, Role
from symbiosis.text_files import Exchange, read_exchanges

HERE = Path(__file__).parent
FILES = ("exchanges_own.csv", "exchanges_paraphrased.csv", "exchanges_cases.csv")


def _found(scores: np.ndarray, exchanges: list[Exchange], cut: int) -> float:
    groups = [exchange.group for exchange in exchanges]
    return float(np.mean(first_hits(scores, groups, groups) <= cut))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("language", ["en", "bg"])
def test_needs_are_found_by_meaning_where_words_do_not_meet(
    ranker: Ranker, name: str, language: str
) -> None:
    exchanges = read_exchanges(HERE / name, language)
    offers = [ListingText(each.id, each.offer.text) for each in exchanges]
    needs = [ListingText(each.id, each.need.text) for each in exchanges]
    read = ranker.read(offers, Role.OFFER), ranker.read(needs, Role.NEED)
    scores = np.concatenate([block for _, block in ranker.scores(*read)])
    words = word_baseline([each.text for each in offers], [each.text for each in needs])
    assert _found(words, exchanges, 10) < 0.35, "the set no longer tests meaning"
    assert _found(scores, exchanges, 10) > 0.72
    assert _found(scores, exchanges, 5) > 0.58
