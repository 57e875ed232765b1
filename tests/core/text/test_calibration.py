"""Scores read as shares."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from symbiosis.core.text.calibration import calibrated, expected_error, isotonic_knots
from symbiosis.core.text.evaluation import first_hits, quality
from symbiosis.core.text.weights import CONCEPT_KNOTS


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80),
    st.integers(1, 10),
)
def test_knots_rise_and_keep_the_mean(pairs: list[tuple[float, bool]], least: int) -> None:
    scores = np.array([score for score, _ in pairs])
    hits = np.array([float(hit) for _, hit in pairs])
    knots = isotonic_knots(scores, hits, least=least)
    shares = [share for _, share in knots]
    assert all(a <= b + 1e-12 for a, b in pairwise(shares))
    if len(knots) == 1:
        assert abs(shares[0] - hits.mean()) < 1e-9


def test_what_is_true_half_the_time_is_stated_as_half() -> None:
    scores = np.repeat([0.2, 0.9], 100)
    hits = np.concatenate([np.zeros(100), np.tile([0.0, 1.0], 50)])
    read = calibrated(scores, isotonic_knots(scores, hits))
    assert expected_error(read, hits) < 1e-9
    assert expected_error(scores, hits) > 0.2


def test_the_shipped_knots_rise() -> None:
    assert list(CONCEPT_KNOTS) == sorted(CONCEPT_KNOTS)
    assert [share for _, share in CONCEPT_KNOTS] == sorted(share for _, share in CONCEPT_KNOTS)


def test_a_tie_counts_against_the_method_and_a_group_serves_its_offers() -> None:
    scores = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]], np.float32)
    assert first_hits(scores, ["a", "c"], ["a", "b", "c"]).tolist() == [2, 2]
    assert first_hits(scores, ["a", "b"], ["a", "b", "b"]).tolist() == [2, 1]


def test_intervals_hold_the_mean_and_repeat() -> None:
    ranks = np.array([1, 1, 2, 7, 30])
    found = quality(ranks)
    assert found == quality(ranks)
    assert found.recall[1].value == 0.4
    assert found.recall[10].low <= found.recall[10].value <= found.recall[10].high
