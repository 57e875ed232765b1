"""Impact figures as pages show them: in the units people read, with their bands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import pgettext

from marketplace.impact.formulas import FORMULAS, Bounds, Formula, Measure
from marketplace.impact.models import MEASURES, ImpactFigure
from web import presentation

_NAMES = dict(MEASURES)


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """A measure with its amount and its band in words; an exact figure has no band."""

    measure: str
    name: str
    amount: str
    band: str


def _jobs(millionths: int) -> str:
    whole = Decimal(millionths) / 1_000_000
    jobs = presentation.number(whole, 2 if whole >= 1 else 4)
    unit = pgettext("unit", "job-years")
    return f"{jobs}{presentation.NBSP}{unit}"


_WORDS: Mapping[Measure, Callable[[int], str]] = {
    Measure.DIVERTED: lambda kg: presentation.base_amount(kg, "material"),
    Measure.VIRGIN: lambda kg: presentation.base_amount(kg, "material"),
    Measure.CARBON: lambda grams: presentation.tonnes_co2e(round(grams / 1000)),
    Measure.MONEY: presentation.euros,
    Measure.WATER: lambda litres: presentation.base_amount(litres, "water"),
    Measure.ENERGY: lambda kwh: presentation.base_amount(kwh, "energy"),
    Measure.JOBS: _jobs,
}


def impact_lines(totals: Mapping[Measure, Bounds]) -> list[ImpactLine]:
    """The measures that have a figure, in the order of Measure."""
    return [_line(measure, totals[measure]) for measure in Measure if measure in totals]


def _line(measure: Measure, bounds: Bounds) -> ImpactLine:
    words = _WORDS[measure]
    exact = bounds.low == bounds.high
    band = "" if exact else f"{words(bounds.low)} … {words(bounds.high)}"
    return ImpactLine(measure.value, str(_NAMES[measure.value]), words(bounds.amount), band)


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A booked figure with what it was computed from, for a table."""

    figure: ImpactFigure
    name: str
    amount: str
    formula: str


def evidence_line(figure: ImpactFigure) -> EvidenceLine:
    measure = Measure(figure.measure)
    return EvidenceLine(
        figure,
        str(_NAMES[measure.value]),
        _WORDS[measure](figure.amount),
        FORMULAS[Formula(figure.formula)],
    )
