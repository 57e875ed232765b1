from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from geo.disclosure import disclose, is_k_anonymous, is_publishable

amounts = st.lists(st.integers(1, 10**9), max_size=8)
maps = st.dictionaries(
    st.sampled_from("ABCDEFGH"),
    st.dictionaries(st.integers(1, 12), st.integers(1, 10**6), max_size=6),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([], False), ([100], False), ([100, 100], False), ([100, 100, 100], True),
        ([100, 1, 1], False), ([100, 50, 10], True), ([100, 50, 9], False),
        ([100, 50, 9, 1], True), ([100, 100, 0, 0], False),
    ],
)  # fmt: skip
def test_the_two_rules_by_hand(found: list[int], shown: bool) -> None:
    assert is_publishable(found) is shown


@given(amounts)
def test_a_shown_total_lets_no_contributor_bound_another_within_p_percent(found: list[int]) -> None:
    """The attacker is any contributor: it knows the total and its own amount."""
    if not is_publishable(found):
        return
    assert len(found) >= 3
    total = sum(found)
    for attacker, own in enumerate(found):
        for victim, amount in enumerate(found):
            if victim != attacker:
                upper_bound = total - own
                assert 100 * (upper_bound - amount) >= 10 * amount


@given(amounts, st.integers(1, 10**9))
def test_one_more_small_contributor_never_hides_a_total(found: list[int], extra: int) -> None:
    if is_publishable(found):
        assert is_publishable([*found, min(extra, min(found))])


def bounds_of(area: str, hidden: list[str], gap: int) -> tuple[float, float]:
    """What an outsider can work out of a hidden area: all non-negative fillings of the gap."""
    cost = np.array([1.0 if name == area else 0.0 for name in hidden])
    ends = [
        linprog(sign * cost, A_eq=[[1.0] * len(hidden)], b_eq=[gap], bounds=(0, None))
        for sign in (1, -1)
    ]
    return ends[0].fun, -ends[1].fun


@given(maps)
def test_no_hidden_area_can_be_worked_out_from_the_whole(
    contributions: dict[str, dict[int, int]],
) -> None:
    answer = disclose(contributions)
    totals = {area: sum(firms.values()) for area, firms in contributions.items()}
    for area, total in answer.shown.items():
        assert total == totals[area]
        assert total == 0 or is_publishable(contributions[area].values())
    if answer.total is None or not answer.hidden:
        return
    assert answer.total == sum(totals.values())
    gap = answer.total - sum(answer.shown.values())
    hidden = sorted(answer.hidden)
    for area in hidden:
        low, high = bounds_of(area, hidden, gap)
        assert low < 0.9 * totals[area] or low == totals[area] == 0
        assert high >= 1.1 * totals[area] - 1e-6 * gap


@given(maps)
def test_shown_and_hidden_areas_are_all_areas(contributions: dict[str, dict[int, int]]) -> None:
    answer = disclose(contributions)
    assert set(answer.shown) | answer.hidden == set(contributions)
    assert not set(answer.shown) & answer.hidden
    assert disclose(dict(reversed(contributions.items()))) == answer


def test_one_dominated_area_takes_the_smallest_other_with_it() -> None:
    firms = {
        "Varna": {1: 900, 2: 5, 3: 5},
        "Dobrich": {4: 100, 5: 100, 6: 100},
        "Shumen": {7: 400, 8: 300, 9: 300},
    }
    answer = disclose(firms)
    assert answer.hidden == {"Varna", "Dobrich"}
    assert answer.shown == {"Shumen": 1_000}
    assert answer.total == 2_210


def test_a_whole_that_gives_itself_away_is_withheld() -> None:
    answer = disclose({"Varna": {1: 900}, "Dobrich": {2: 5}, "Shumen": {}})
    assert answer.total is None
    assert answer.shown == {"Shumen": 0}


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="zero or more"):
        is_publishable([5, 5, -1])


def test_groups_are_anonymous_from_three_members_on() -> None:
    assert is_k_anonymous([0, 3, 8])
    assert not is_k_anonymous([3, 2])
