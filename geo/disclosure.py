"""What a map of aggregates may show: pure rules of statistical confidentiality.

An area's total is shown only if no single contributor can be worked out from it, neither by the
public nor by another contributor who subtracts its own figure:

- at least `k` contributors (INSEE and INE Portugal use 3);
- the p % rule: what remains of the total without its two largest contributors is at least p % of
  the largest, or else the second largest could bound the largest within p %;
- complementary suppression: where the sum of the areas is published too (a planning region over
  its oblasts), the hidden areas taken together must keep the same two rules and leave none of
  them known within p %; otherwise more areas are hidden, smallest first.

Source: Eurostat, Handbook on Statistical Disclosure Control, ch. 4 (A. Hundepool et al., 2012).
Areas are fixed; nothing here accepts a shape drawn by the asker, since two nearly equal shapes
would give away their difference.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Area = TypeVar("Area", bound=Hashable)
Part = TypeVar("Part", bound=Hashable)

MIN_CONTRIBUTORS = 3
P_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Disclosed(Generic[Area]):
    """Totals that may be shown, by area, and the areas that must stay blank.

    `total` is the sum over all areas, or None where even that would tell too much.
    """

    shown: Mapping[Area, int]
    hidden: frozenset[Area]
    total: int | None


def is_publishable(
    amounts: Iterable[int], *, k: int = MIN_CONTRIBUTORS, p_percent: int = P_PERCENT
) -> bool:
    """Whether a total over these contributors' amounts may be shown.

    One amount a contributor (add up a firm's sites first), whole units, zero or more; those with
    nothing to contribute do not count. Raises ValueError for a negative amount.

    >>> is_publishable([500, 400, 60]), is_publishable([500, 400, 40]), is_publishable([500, 400])
    (True, False, False)
    """
    found = sorted(amounts, reverse=True)
    if found and found[-1] < 0:
        raise ValueError("amounts must be zero or more")
    found = [amount for amount in found if amount > 0]
    if len(found) < k:
        return False
    return 100 * sum(found[2:]) >= p_percent * found[0]


def disclose(
    contributions: Mapping[Area, Mapping[Hashable, int]],
    *,
    withheld: Collection[Area] = (),
    k: int = MIN_CONTRIBUTORS,
    p_percent: int = P_PERCENT,
) -> Disclosed[Area]:
    """Decide which areas of one published whole may be shown.

    `contributions` holds whole amounts by area and contributor; `withheld` names areas that must
    stay blank for another reason. Hiding only ever grows, smallest shown area first, ties by name;
    where every area is hidden and the whole still tells too much, the total is withheld. Areas with
    no contributor are shown as zero. O(areas^2) at worst.
    """
    amounts = {area: list(by_firm.values()) for area, by_firm in contributions.items()}
    totals = {area: sum(found) for area, found in amounts.items()}
    hidden = {
        area
        for area, found in amounts.items()
        if any(found) and (area in withheld or not is_publishable(found, k=k, p_percent=p_percent))
    }
    spare = sorted(
        (area for area in totals if area not in hidden and totals[area] > 0),
        key=lambda area: (totals[area], str(area)),
    )
    while not _safe_together(hidden, contributions, totals, k, p_percent):
        if not spare:
            return Disclosed({a: 0 for a in totals if not totals[a]}, frozenset(hidden), None)
        hidden.add(spare.pop(0))
    shown = {area: total for area, total in totals.items() if area not in hidden}
    return Disclosed(shown, frozenset(hidden), sum(totals.values()))


@dataclass(frozen=True, slots=True)
class Nested(Generic[Area, Part]):
    """Totals of areas and of their parts that may be shown side by side; None where withheld."""

    total: int | None
    areas: Mapping[Area, int | None]
    parts: Mapping[Part, int | None]


def disclose_nested(
    contributions: Mapping[Area, Mapping[Part, Mapping[Hashable, int]]],
    *,
    k: int = MIN_CONTRIBUTORS,
    p_percent: int = P_PERCENT,
) -> Nested[Area, Part]:
    """Decide which areas and which of their parts may be shown beside each other and the whole.

    `contributions` holds whole amounts by area, part and contributor. An area that is blank has
    only blank parts, for its shown parts would narrow what the whole leaves for it; an area whose
    parts cannot be hidden among each other is blank itself.
    """
    merged = {area: _together(parts.values()) for area, parts in contributions.items()}
    blank: set[Area] = set()
    while True:
        upper = disclose(merged, withheld=blank, k=k, p_percent=p_percent)
        lower = {
            area: disclose(parts, k=k, p_percent=p_percent)
            for area, parts in contributions.items()
            if area in upper.shown
        }
        unsafe = {area for area, found in lower.items() if found.total is None}
        if not unsafe:
            break
        blank |= unsafe
    return Nested(
        total=upper.total,
        areas={area: upper.shown.get(area) for area in contributions},
        parts={
            part: lower[area].shown.get(part) if area in lower else None
            for area, parts in contributions.items()
            for part in parts
        },
    )


def _together(parts: Iterable[Mapping[Hashable, int]]) -> dict[Hashable, int]:
    """What each contributor adds to several areas."""
    together: dict[Hashable, int] = {}
    for by_firm in parts:
        for firm, amount in by_firm.items():
            together[firm] = together.get(firm, 0) + amount
    return together


def _safe_together(
    hidden: set[Area],
    contributions: Mapping[Area, Mapping[Hashable, int]],
    totals: Mapping[Area, int],
    k: int,
    p_percent: int,
) -> bool:
    """Whether the difference of the whole and the shown areas keeps the rules."""
    if not hidden:
        return True
    together = _together(contributions[area] for area in hidden)
    largest = max(totals[area] for area in hidden)
    rest = sum(totals[area] for area in hidden) - largest
    if len(hidden) < 2 or 100 * rest < p_percent * largest:
        return False
    return is_publishable(together.values(), k=k, p_percent=p_percent)


def is_k_anonymous(group_sizes: Sequence[int], *, k: int = MIN_CONTRIBUTORS) -> bool:
    """Whether every non-empty group of a listing has at least k members."""
    return all(size == 0 or size >= k for size in group_sizes)
