"""What can go wrong in the marketplace, each with the field and a stable code.

The API and the pages turn these into one shape (api/errors.py); no rule is worded twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field; ``detail`` is translated for people, ``code`` is stable."""

    field: str
    code: str
    detail: str


class MarketplaceError(Exception):
    """Base of every refusal of this package."""

    code = "invalid"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.field}: {p.detail}" for p in problems))

    def by_field(self) -> Mapping[str, list[str]]:
        """Messages grouped by field, as forms want them."""
        grouped: dict[str, list[str]] = {}
        for problem in self.problems:
            grouped.setdefault(problem.field, []).append(problem.detail)
        return grouped


class InvalidInput(MarketplaceError):
    """Values that no listing, site or organisation can have."""


class Conflict(MarketplaceError):
    """The state of the thing does not allow this now."""

    code = "conflict"


class NotPermitted(MarketplaceError):
    """The actor's role does not cover this action."""

    code = "not_permitted"
