"""A year's flows in the shapes that others ask for: ESRS E5 and CircLean.

The rows hold figures and our own short names of what they answer; the standards' texts are not
repeated. ESRS E5: Commission Delegated Regulation (EU) 2023/2772, disclosure requirements E5-4
(resource inflows, paragraph 31) and E5-5 (resource outflows, paragraphs 36 to 40). CircLean: the
reporting methodology of the EU network, absolute amounts beside the totals they are part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from council.circularity.flows import DISPOSED, DIVERTED, YearOfFlows
from council.circularity.indicators import share
from council.circularity.recorded import RecordedExchange, recorded_flows
from marketplace.impact.formulas import Bounds, Measure
from marketplace.sheets import Value


class Form(StrEnum):
    """Which report."""

    ESRS_E5 = "esrs-e5"
    CIRCLEAN = "circlean"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One figure: ``code`` is stable, ``share_percent`` its part of the row named by
    ``of_code``."""

    code: str
    name: str
    amount: Decimal
    unit: str
    share_percent: Decimal | None = None
    of_code: str = ""


def headings() -> list[str]:
    return [_("Code"), _("Figure"), _("Amount"), _("Unit"), _("Share, %"), _("Share of")]


def cells(rows: Iterable[ReportRow]) -> list[Sequence[Value]]:
    """The rows as a spreadsheet takes them."""
    return [
        [row.code, row.name, row.amount, row.unit, row.share_percent, row.of_code] for row in rows
    ]


def esrs_e5(year: YearOfFlows) -> list[ReportRow]:
    """Resource inflows and outflows of a year, tonnes."""
    inflow, waste = year.inflow_kg, year.waste_kg
    rows = [
        _tonnes("E5-4.31a", _("Products and materials used, total weight"), inflow),
        _tonnes(
            "E5-4.31b",
            _("Biological materials from sustained production"),
            year.of_sustained_kg,
            whole=("E5-4.31a", inflow),
        ),
        _tonnes(
            "E5-4.31c",
            _("Reused or recycled components and materials, by-products included"),
            year.of_secondary_kg + year.of_reused_kg,
            whole=("E5-4.31a", inflow),
        ),
        _tonnes("E5-5.36", _("Products and packaging sent out"), year.products_kg),
        _tonnes(
            "E5-5.36c",
            _("Of these recovered after use"),
            year.of_recoverable_kg,
            whole=("E5-5.36", year.products_kg),
        ),
        _tonnes("E5-5.37a", _("Waste and residues, total"), waste),
    ]
    names = {
        "prepared_kg": _("prepared for reuse or used as by-products"),
        "recycled_kg": _("recycled"),
        "recovered_kg": _("other recovery operations"),
        "incinerated_kg": _("incinerated"),
        "landfilled_kg": _("landfilled"),
        "otherwise_kg": _("other disposal operations"),
    }
    for code, treatments in (("E5-5.37b", DIVERTED), ("E5-5.37c", DISPOSED)):
        for flow in treatments:
            dangerous = year.of(f"hazardous_{flow}")
            for kind, kg, word in (
                ("hazardous", dangerous, _("Hazardous waste: %(fate)s")),
                ("other", year.of(flow) - dangerous, _("Non-hazardous waste: %(fate)s")),
            ):
                rows.append(
                    _tonnes(
                        f"{code}.{flow.removesuffix('_kg')}.{kind}",
                        word % {"fate": names[flow]},
                        kg,
                        whole=("E5-5.37a", waste),
                    )
                )
    rows.append(
        _tonnes(
            "E5-5.37d",
            _("Waste that was not recycled"),
            waste - year.placed_kg,
            whole=("E5-5.37a", waste),
        )
    )
    rows.append(
        _tonnes(
            "E5-5.39", _("Hazardous waste, total"), year.hazardous_kg, whole=("E5-5.37a", waste)
        )
    )
    return rows


def circlean(
    year: YearOfFlows,
    exchanges: Iterable[RecordedExchange],
    saved: Mapping[Measure, Bounds],
) -> list[ReportRow]:
    """What exchanges moved in a year against the totals, and what that saved.

    ``saved``: the organisation's own share of the ledger for the year (screening estimates).
    """
    moved = recorded_flows(exchanges)
    rows = [
        _tonnes("in.total", _("Materials taken in, total"), year.inflow_kg),
        _tonnes(
            "in.symbiosis",
            _("Of these by-products of other firms, confirmed deliveries"),
            moved.inflow_kg,
            whole=("in.total", year.inflow_kg),
        ),
        _tonnes("out.total", _("Waste and residues, total"), year.waste_kg),
        _tonnes(
            "out.symbiosis",
            _("Of these handed to other firms, confirmed deliveries"),
            moved.waste_kg,
            whole=("out.total", year.waste_kg),
        ),
        _tonnes(
            "out.disposed",
            _("Of these disposed of"),
            year.disposed_kg,
            whole=("out.total", year.waste_kg),
        ),
    ]
    for code, measure, name, divisor, unit in (
        ("saved.disposal", Measure.DIVERTED, _("Disposal avoided"), 1000, "t"),
        ("saved.virgin", Measure.VIRGIN, _("Virgin material saved"), 1000, "t"),
        ("saved.ghg", Measure.CARBON, _("Greenhouse gases avoided, screening estimate"),
         1_000_000, "t CO2e"),
        ("saved.water", Measure.WATER, _("Water saved, screening estimate"), 1000, "m3"),
        ("saved.energy", Measure.ENERGY, _("Energy saved, screening estimate"), 1000, "MWh"),
        ("saved.money", Measure.MONEY, _("Money saved"), 100, "EUR"),
    ):  # fmt: skip
        bounds = saved.get(measure)
        if bounds is not None:
            amount = Decimal(bounds.amount) / divisor
            rows.append(ReportRow(code=code, name=name, amount=amount, unit=unit))
    return rows


def _tonnes(code: str, name: str, kg: int, *, whole: tuple[str, int] | None = None) -> ReportRow:
    part = None if whole is None else share(kg, whole[1])
    return ReportRow(
        code=code,
        name=name,
        amount=Decimal(kg) / 1000,
        unit="t",
        share_percent=None if part is None else part * 100,
        of_code="" if whole is None else whole[0],
    )
