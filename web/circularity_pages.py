"""Circularity as its pages show it: measures in words, advice with where to begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from council.circularity.advice import (
    Advice,
    ExchangeEffect,
    advice_for,
    effects_of_exchanges,
)
from council.circularity.flows import YearOfFlows
from council.circularity.indicators import Indicators, MaterialCircularity, material_circularity
from council.circularity.models import ProductAssessment
from council.circularity.recorded import RecordedExchange, recorded_exchanges, recorded_flows
from council.circularity.selectors import AssessedYear, latest_products, trend_of
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import Viewer
from web import presentation

MEASURES = (
    ("material_circularity", _("Material circularity"), _("inflow and outflow, weighted by mass")),
    ("circular_inflow", _("Circular inflow"), _("of what came in")),
    ("circular_outflow", _("Circular outflow"), _("of what went out")),
    ("placed_waste", _("Placed waste"), _("used again or recycled, of all waste and residues")),
    ("recycled_input", _("Recycled content"), _("of materials taken in, reused ones apart")),
    ("recycled_output", _("Recycled waste"), _("of waste that was not reused")),
    ("renewable_energy", _("Renewable energy"), _("of energy used")),
    ("circular_water", _("Circular water"), _("of water taken in")),
)


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measure of a year beside that of the year before it that was assessed."""

    name: Any
    of_what: Any
    percent: str
    share: Decimal
    change: str


def measure_lines(now: Indicators, before: Indicators | None) -> list[MeasureLine]:
    """Measures that have a value, in the order of MEASURES."""
    lines = []
    for field, name, of_what in MEASURES:
        value: Decimal | None = getattr(now, field)
        if value is None:
            continue
        earlier: Decimal | None = getattr(before, field) if before else None
        change = "" if earlier is None else points(value - earlier)
        lines.append(MeasureLine(name, of_what, presentation.percent(value), value, change))
    return lines


def points(difference: Decimal) -> str:
    """A difference of shares in percentage points, with its sign."""
    sign = "+" if difference > 0 else "−" if difference < 0 else "±"
    return f"{sign}{presentation.number(abs(difference) * 100, 2)}"


@dataclass(frozen=True, slots=True)
class AdviceLine:
    advice: Advice
    amount: str
    gain: str
    after: str
    address: str


def advice_line(advice: Advice) -> AdviceLine:
    """One step with the address of the page on which it is taken."""
    if advice.proposal is not None:
        address = reverse("proposal", args=[advice.proposal.public_id])
    else:
        form = "offer_new" if advice.step.gives else "need_new"
        address = f"{reverse(form)}?material={advice.material.code}"
    return AdviceLine(
        advice=advice,
        amount=presentation.base_amount(advice.kg, "material"),
        gain=points(advice.gain),
        after=presentation.percent(advice.after),
        address=address,
    )


@dataclass(frozen=True, slots=True)
class EffectLine:
    effect: ExchangeEffect
    amount: str
    without: str
    reached: str


def effect_line(effect: ExchangeEffect) -> EffectLine:
    return EffectLine(
        effect=effect,
        amount=presentation.base_amount(effect.recorded.kg, "material"),
        without="" if effect.without is None else presentation.percent(effect.without),
        reached="" if effect.reached is None else presentation.percent(effect.reached),
    )


@dataclass(frozen=True, slots=True)
class ProductLine:
    row: ProductAssessment
    circularity: MaterialCircularity


@dataclass(frozen=True, slots=True, kw_only=True)
class CircularityDesk:
    """``year`` is the one shown; ``flows`` what is assessed of it, or else what the market itself
    recorded, with which the form begins."""

    organisation: Organisation
    year: int
    flows: YearOfFlows
    assessed: AssessedYear | None
    trend: list[AssessedYear]
    measures: list[MeasureLine]
    recorded: list[RecordedExchange]
    effects: list[EffectLine]
    advice: list[AdviceLine]
    products: list[ProductLine]


def circularity_desk(
    viewer: Viewer, organisation: Organisation, *, year: int | None, today: date
) -> CircularityDesk:
    """An organisation's circularity in the year asked for, the latest assessed or the last whole
    one."""
    trend = trend_of(viewer, organisation)
    shown = year or (trend[0].assessment.year if trend else today.year - 1)
    assessed = next((row for row in trend if row.assessment.year == shown), None)
    earlier = next((row for row in trend if row.assessment.year < shown), None)
    recorded = recorded_exchanges(organisation, shown)
    flows = assessed.assessment.flows if assessed else recorded_flows(recorded)
    return CircularityDesk(
        organisation=organisation,
        year=shown,
        flows=flows,
        assessed=assessed,
        trend=trend,
        measures=measure_lines(assessed.indicators, earlier.indicators if earlier else None)
        if assessed
        else [],
        recorded=recorded,
        effects=[effect_line(row) for row in effects_of_exchanges(flows, recorded)]
        if assessed
        else [],
        advice=[advice_line(row) for row in advice_for(viewer, organisation, flows)]
        if assessed
        else [],
        products=[
            ProductLine(row, material_circularity(row.product))
            for row in latest_products(viewer, organisation)
        ],
    )


def trend_points(trend: Sequence[AssessedYear]) -> list[tuple[int, Indicators]]:
    """Years and their measures, the earliest first, as a chart reads them."""
    return [(row.assessment.year, row.indicators) for row in reversed(trend)]
