"""The reviewed table of factors, and the one that holds for a flow."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent / "data" / "factors.csv"
SET_NAME = "screening-2026.1"
"""Named anew whenever a row of the table changes its meaning; the digest tells every change."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A figure per unit of activity with where it comes from.

    ``spread_percent`` is the half-width of the band around the value; ``unit`` is free text for
    people, the formulas say which unit they take.
    """

    code: str
    value: Decimal
    unit: str
    spread_percent: Decimal
    year: int | None
    source: str

    @property
    def low(self) -> Decimal:
        return self.value - abs(self.value) * self.spread_percent / 100

    @property
    def high(self) -> Decimal:
        return self.value + abs(self.value) * self.spread_percent / 100

    def told(self) -> dict[str, str]:
        """As the ledger keeps it beside the figures that used it."""
        return {
            "code": self.code,
            "value": f"{self.value.normalize():f}",
            "unit": self.unit,
            "spread_percent": f"{self.spread_percent.normalize():f}",
            "year": str(self.year or ""),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class FactorTable:
    """The reviewed factors under a name and the digest of their file."""

    name: str
    digest: str
    factors: Mapping[str, Factor]

    @property
    def version(self) -> str:
        return f"{self.name}+{self.digest[:8]}"

    def __getitem__(self, code: str) -> Factor:
        return self.factors[code]


@cache
def reviewed_factors() -> FactorTable:
    """The table shipped with the product."""
    content = _TABLE.read_bytes()
    rows = csv.DictReader(content.decode("utf-8").splitlines())
    factors = {
        row["code"]: Factor(
            code=row["code"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            spread_percent=Decimal(row["spread_percent"]),
            year=int(row["year"]),
            source=row["source"],
        )
        for row in rows
    }
    return FactorTable(SET_NAME, hashlib.sha256(content).hexdigest(), factors)
