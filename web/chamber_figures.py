"""The chamber desk's tables that several pages, the report and the exports share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.models import Region
from symbiosis.corridors import Corridor
from web import presentation

HEATS = 6
"""Steps of colour in the matrix, by square root of the value."""


@dataclass(frozen=True, slots=True)
class Cell:
    words: str
    heat: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    region: Region
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    regions: tuple[Region, ...]
    rows: tuple[MatrixRow, ...]


def matrix(found: Sequence[Corridor]) -> Matrix:
    """Every region that gives or takes, in the order of codes."""
    ends = {one for way in found for one in (way.origin, way.goal)}
    order = tuple(sorted(ends, key=lambda region: region.code))
    cents = {(way.origin, way.goal): way.value_cents for way in found}
    most = max(cents.values(), default=1) or 1

    def cell(pair: tuple[Region, Region]) -> Cell:
        value = cents.get(pair, 0)
        if value <= 0:
            return Cell("", 0)
        heat = max(1, round(HEATS * (value / most) ** 0.5))
        return Cell(presentation.number(max(1, round(value / 100_000))), heat)

    rows = tuple(MatrixRow(one, tuple(cell((one, other)) for other in order)) for one in order)
    return Matrix(order, rows)
