"""An auditor bounds every withheld total by linear programming from all that is shown."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from geo.disclosure import Nested, disclose_nested, is_publishable

Contributions = dict[str, dict[str, dict[Any, int]]]
P_PERCENT = 10


def market(seed: int, *, firms: int = 90) -> Contributions:
    """Log-normal amounts of firms in 28 oblasts of 6 planning regions, some nearly empty."""
    draw = random.Random(seed)
    shape = (5, 5, 5, 4, 4, 5)
    oblasts = [f"BG{area}{part}" for area, count in enumerate(shape) for part in range(count)]
    weights = [draw.random() ** 3 for _oblast in oblasts]
    made: Contributions = {}
    for oblast in oblasts:
        made.setdefault(oblast[:3], {})[oblast] = {}
    for firm in range(firms):
        for oblast in draw.choices(oblasts, weights, k=draw.choice((1, 1, 1, 2))):
            kilograms = round(draw.lognormvariate(12, 1.8)) + 1
            made[oblast[:3]][oblast][firm] = kilograms
    return made


class Auditor:
    """Everything that follows from the shown totals, and the range of whatever is not shown."""

    def __init__(self, contributions: Contributions, told: Nested[str, str]) -> None:
        self.parts = [part for parts in contributions.values() for part in parts]
        self.areas = {area: list(parts) for area, parts in contributions.items()}
        rows, totals = [], []
        for part, total in told.parts.items():
            if total is not None:
                rows.append(self._sum([part]))
                totals.append(total)
        for area, total in told.areas.items():
            if total is not None:
                rows.append(self._sum(self.areas[area]))
                totals.append(total)
        if told.total is not None:
            rows.append(self._sum(self.parts))
            totals.append(told.total)
        self.scale = max([1, *totals])
        self.equalities = (np.array(rows), np.array(totals) / self.scale) if rows else None

    def _sum(self, parts: list[str]) -> list[int]:
        return [int(part in parts) for part in self.parts]

    def range_of(self, parts: list[str]) -> tuple[float, float]:
        """The least and the most that the parts can add up to."""
        wanted = np.array(self._sum(parts), float)
        ends = []
        for sign in (1, -1):
            matrix, right = self.equalities or (None, None)
            solved = linprog(sign * wanted, A_eq=matrix, b_eq=right, bounds=(0, None))
            if solved.status == 3:
                ends.append(float("inf"))
                continue
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun * self.scale)
        return ends[0], ends[1]

    def breaches(self, contributions: Contributions, told: Nested[str, str]) -> list[str]:
        """Withheld totals known within p %, and shown or withheld totals from which the second
        largest contributor bounds the largest within p %."""
        cells = {part: [part] for part in self.parts} | self.areas
        shown = {**told.parts, **told.areas}
        found = []
        for cell, parts in cells.items():
            by_firm: dict[Any, int] = {}
            for part in parts:
                for firm, amount in contributions[part[:3]][part].items():
                    by_firm[firm] = by_firm.get(firm, 0) + amount
            true = sum(by_firm.values())
            if not true:
                continue
            low, high = self.range_of(parts)
            near = (1 - P_PERCENT / 100) * true, (1 + P_PERCENT / 100) * true
            if shown[cell] is None and near[0] <= low and high <= near[1]:
                found.append(f"{cell}: {true} lies in {low:.0f}..{high:.0f}")
            ranked = sorted(by_firm.values(), reverse=True)
            second = ranked[1] if len(ranked) > 1 else 0
            if high - second < (1 + P_PERCENT / 100) * ranked[0] * (1 - 1e-9):
                found.append(f"{cell}: the largest, {ranked[0]}, is at most {high - second:.0f}")
        return found


def audit(rule: Callable[[Contributions], Nested[str, str]], seed: int) -> list[str]:
    contributions = market(seed)
    told = rule(contributions)
    return Auditor(contributions, told).breaches(contributions, told)


@pytest.mark.parametrize("seed", range(12))
def test_no_withheld_total_can_be_bounded(seed: int) -> None:
    assert audit(disclose_nested, seed) == []


def test_something_is_shown_and_something_is_withheld() -> None:
    told = [disclose_nested(market(seed)) for seed in range(12)]
    shown = [total is not None for one in told for total in one.parts.values()]
    assert 0.1 < sum(shown) / len(shown) < 0.95
    assert all(one.total is not None for one in told)


def without_complement(contributions: Contributions) -> Nested[str, str]:
    """The control: what breaks the rules is hidden, what gives it away is not."""

    def alone(by_firm: dict[Any, int]) -> int | None:
        found = list(by_firm.values())
        return sum(found) if not any(found) or is_publishable(found) else None

    merged: dict[str, dict[Any, int]] = {}
    for area, parts in contributions.items():
        merged[area] = {}
        for by_firm in parts.values():
            for firm, amount in by_firm.items():
                merged[area][firm] = merged[area].get(firm, 0) + amount
    return Nested(
        total=sum(sum(by_firm.values()) for by_firm in merged.values()),
        areas={area: alone(by_firm) for area, by_firm in merged.items()},
        parts={p: alone(f) for parts in contributions.values() for p, f in parts.items()},
    )


def test_the_auditor_finds_what_hiding_single_cells_gives_away() -> None:
    assert any(audit(without_complement, seed) for seed in range(12))
