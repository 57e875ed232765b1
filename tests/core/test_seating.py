"""Seating plans: complete, within their bound, as good as brute force on small rooms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbiosis.core.seating import seat

PAIRS = list(combinations(range(6), 2))
weights_of_six = st.lists(st.integers(0, 50), min_size=15, max_size=15).map(
    lambda drawn: dict(zip(PAIRS, drawn, strict=True))
)


def partitions(firms: tuple[int, ...], chairs: int, tables: int) -> Iterator[list[tuple[int, ...]]]:
    """Every way to seat the firms at so many tables at most."""
    if not firms:
        yield []
        return
    if tables == 0:
        return
    first, rest = firms[0], firms[1:]
    for size in range(min(chairs - 1, len(rest)) + 1):
        for others in combinations(rest, size):
            left = tuple(firm for firm in rest if firm not in others)
            for further in partitions(left, chairs, tables - 1):
                yield [(first, *others), *further]


def worth(tables: list[tuple[int, ...]], weights: dict[tuple[int, int], int]) -> int:
    return sum(weights.get(pair, 0) for table in tables for pair in combinations(sorted(table), 2))


@settings(max_examples=60, deadline=None)
@given(weights_of_six, st.sampled_from([2, 3]))
def test_small_rooms_against_brute_force(weights: dict[tuple[int, int], int], chairs: int) -> None:
    (plan,) = seat(range(6), weights, chairs=chairs)
    best = max(worth(found, weights) for found in partitions(tuple(range(6)), chairs, 6 // chairs))
    assert sorted(firm for table in plan.tables for firm in table) == list(range(6))
    assert all(len(table) <= chairs for table in plan.tables)
    assert plan.value == worth(list(plan.tables), weights)
    assert plan.value <= best <= plan.bound
    if chairs == 2:
        assert plan.value == best
    else:
        assert plan.value >= 0.8 * best


@settings(max_examples=30, deadline=None)
@given(weights_of_six, st.permutations(range(6)))
def test_names_do_not_matter(weights: dict[tuple[int, int], int], names: list[int]) -> None:
    renamed = {
        (min(names[a], names[b]), max(names[a], names[b])): w for (a, b), w in weights.items()
    }
    one, other = seat(range(6), weights, chairs=2)[0], seat(range(6), renamed, chairs=2)[0]
    assert one.value == other.value


def test_later_rounds_pay_only_for_those_who_have_not_met() -> None:
    weights = {(1, 2): 9, (3, 4): 8, (1, 3): 5, (2, 4): 4, (1, 4): 1}
    first, second, third = seat([1, 2, 3, 4], weights, chairs=2, rounds=3)
    assert first.tables == ((1, 2), (3, 4))
    assert second.tables == ((1, 3), (2, 4))
    assert (first.value, second.value, third.value) == (17, 9, 1)


def test_two_clusters_are_two_tables() -> None:
    left, right = [1, 4, 5, 8], [2, 3, 6, 7]
    weights = {pair: 10 for side in (left, right) for pair in combinations(side, 2)}
    weights[4, 6] = 11
    (plan,) = seat([*left, *right], weights, chairs=4)
    assert set(plan.tables) == {tuple(left), tuple(right)}
    assert plan.value == 120


@pytest.mark.parametrize(("chairs", "weights"), [(1, {}), (2, {(1, 2): -1})])
def test_what_makes_no_sense_is_refused(chairs: int, weights: dict[tuple[int, int], int]) -> None:
    with pytest.raises(ValueError, match=r"chairs|zero"):
        seat([1, 2], weights, chairs=chairs)


def test_nobody_and_odd_numbers_are_seated() -> None:
    assert seat([], {}, chairs=4) == ()
    (plan,) = seat([1, 2, 3, 4, 5], {(1, 5): 3}, chairs=2)
    assert sorted(map(len, plan.tables)) == [1, 2, 2]
