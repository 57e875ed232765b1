"""Who should sit with whom at a matchmaking workshop, so that the tables are worth most.

Firms are vertices, the value of what two of them could exchange is the weight of their edge; a
seating is a partition into tables of given size that should hold as much weight as it can. With
tables of two this is maximum-weight matching and solved exactly (NetworkX, blossom algorithm). For
larger tables the problem is NP-hard (graph partitioning into cliques of bounded size): matched
pairs are the seeds, tables are filled by best insertion, and two firms change places or one moves
to a free chair as long as that gains (Kernighan and Lin 1970). Every plan carries an upper bound:
half of what each firm would gain beside its best table companions.

Later rounds pay only for pairs that have not met yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import networkx as nx

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Round:
    """One seating: tables of firms by number, with what its new pairs are worth and at most
    could be (same units as the weights)."""

    tables: tuple[tuple[int, ...], ...]
    value: int
    bound: int


def seat(
    firms: Sequence[int], weights: Mapping[Pair, int], *, chairs: int, rounds: int = 1
) -> tuple[Round, ...]:
    """Rounds of tables with at most ``chairs`` firms each, every firm seated once a round.

    ``weights`` holds whole amounts of zero or more by pair, in either order. The same firms and
    weights give the same plan. O(n^3) for the matching and O(n^2 x chairs) for a sweep of the
    search. Raises ValueError for fewer than two chairs or a negative weight.

    >>> seat([1, 2, 3, 4], {(1, 2): 5, (3, 4): 7, (2, 3): 9}, chairs=2)[0].tables
    ((1, 2), (3, 4))
    """
    if chairs < 2:
        raise ValueError("a table has two chairs at least")
    order = sorted(set(firms))
    left: dict[Pair, int] = {}
    for (one, other), weight in weights.items():
        if weight < 0:
            raise ValueError("a pair's value must be zero or more")
        if one in order and other in order and one != other and weight:
            key = (min(one, other), max(one, other))
            left[key] = left.get(key, 0) + weight
    plan = []
    for _turn in range(rounds if order else 0):
        tables = _arranged(order, left, chairs)
        met = [pair for table in tables for pair in combinations(sorted(table), 2)]
        value = sum(left.get(pair, 0) for pair in met)
        plan.append(Round(tables, value, _bound(order, left, chairs)))
        for pair in met:
            left.pop(pair, None)
    return tuple(plan)


def _arranged(
    order: Sequence[int], left: Mapping[Pair, int], chairs: int
) -> tuple[tuple[int, ...], ...]:
    count = -(-len(order) // chairs)
    graph = nx.Graph()
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in sorted(left.items()))
    seeds = [tuple(sorted(pair)) for pair in nx.max_weight_matching(graph)]
    seeds.sort(key=lambda pair: (-left[pair], pair))
    paired = {firm for pair in seeds for firm in pair}
    groups = [*seeds, *((firm,) for firm in order if firm not in paired)]
    near = _Nearness(left)
    tables: list[list[int]] = [[] for _table in range(count)]
    for group in groups:
        _seat_group(group, tables, near, chairs)
    _improve(tables, near, chairs)
    return tuple(sorted(tuple(sorted(table)) for table in tables if table))


class _Nearness:
    """What firms are worth to each other, from either side."""

    def __init__(self, left: Mapping[Pair, int]) -> None:
        self._of: dict[int, dict[int, int]] = {}
        for (one, other), weight in left.items():
            self._of.setdefault(one, {})[other] = weight
            self._of.setdefault(other, {})[one] = weight

    def gain(self, firm: int, table: Sequence[int]) -> int:
        known = self._of.get(firm, {})
        return sum(known.get(other, 0) for other in table if other != firm)


def _seat_group(
    group: tuple[int, ...], tables: list[list[int]], near: _Nearness, chairs: int
) -> None:
    """Where the group gains most among tables with room; split where none has room for all."""
    roomy = [table for table in tables if len(table) + len(group) <= chairs]
    if not roomy:
        for firm in group:
            _seat_group((firm,), tables, near, chairs)
        return
    best = max(
        roomy, key=lambda table: (sum(near.gain(firm, table) for firm in group), -len(table))
    )
    best.extend(group)


def _improve(tables: list[list[int]], near: _Nearness, chairs: int) -> None:
    """Exchange two firms, or move one to a free chair, while anything gains."""
    gained = True
    while gained:
        gained = False
        for here, there in combinations(range(len(tables)), 2):
            while _best_step(tables[here], tables[there], near, chairs):
                gained = True


def _best_step(here: list[int], there: list[int], near: _Nearness, chairs: int) -> bool:
    gain, leaves, comes = max(_steps(here, there, near, chairs), default=(0, (), ()))
    if gain <= 0:
        return False
    for firms, source, target in ((leaves, here, there), (comes, there, here)):
        for firm in firms:
            source.remove(firm)
            target.append(firm)
    return True


def _steps(
    here: list[int], there: list[int], near: _Nearness, chairs: int
) -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """What every exchange and every move between two tables gains, who leaves and who comes."""
    out = {one: near.gain(one, there) - near.gain(one, here) for one in here}
    back = {other: near.gain(other, here) - near.gain(other, there) for other in there}
    for one in here:
        if len(there) < chairs:
            yield out[one], (one,), ()
        for other in there:
            yield out[one] + back[other] - 2 * near.gain(one, [other]), (one,), (other,)
    if len(here) < chairs:
        for other in there:
            yield back[other], (), (other,)


def _bound(order: Sequence[int], left: Mapping[Pair, int], chairs: int) -> int:
    """Half of what every firm would gain beside its ``chairs - 1`` best companions."""
    beside: dict[int, list[int]] = {firm: [] for firm in order}
    for (one, other), weight in left.items():
        beside[one].append(weight)
        beside[other].append(weight)
    return sum(sum(sorted(found)[-(chairs - 1) :]) for found in beside.values()) // 2
