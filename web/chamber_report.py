"""The chamber's monthly report: A4 pages with charts, a map and tables; and the same as a workbook.

Figures are those of the desk, by the same selectors; nothing is fetched while the pages are laid
out. The workbook's cells are numbers and plain strings, so that no text of a firm is a formula.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import Region
from marketplace.exchanges.selectors import exchanges_visible_to
from marketplace.firms.viewers import Viewer
from marketplace.impact.statements import RegionalStatement, regional_statement
from marketplace.papers.printing import html_as_pdf
from web.desks import ChamberDesk, chamber_desk
from web.preview import Preview, market_preview

PDF_TYPE = "application/pdf"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class ChamberReport:
    """``opened`` and ``moved``: exchanges of the region that began, or went on, in the month."""

    region: Region
    month: date
    made_on: date
    desk: ChamberDesk
    statement: RegionalStatement
    opened: int
    moved: int
    map: Preview


def chamber_report(viewer: Viewer, region: Region, *, month: date, today: date) -> ChamberReport:
    ours = exchanges_visible_to(viewer).under_region(region.code)
    within = {"year": month.year, "month": month.month}
    return ChamberReport(
        region=region,
        month=month.replace(day=1),
        made_on=today,
        desk=chamber_desk(viewer, region, today=today),
        statement=regional_statement(region, year=month.year),
        opened=ours.filter(
            **{f"opened_at__{part}": value for part, value in within.items()}
        ).count(),
        moved=ours.filter(**{f"moved_at__{part}": value for part, value in within.items()}).count(),
        map=market_preview(),
    )


def report_pdf(report: ChamberReport) -> bytes:
    return html_as_pdf(render_to_string("web/chamber/report.html", {"report": report}))


def report_workbook(report: ChamberReport) -> bytes:
    import xlsxwriter

    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(held, options)
    book.set_properties({"created": timezone.now()})
    bold = book.add_format({"bold": True})
    for name, heads, rows in _sheets(report):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, heads, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value)
        sheet.autofit()
        sheet.freeze_panes(1, 0)
    book.close()
    return held.getvalue()


Row = Sequence[str | int | float | None]


def _sheets(report: ChamberReport) -> Iterable[tuple[str, list[str], list[Row]]]:
    desk, figures = report.desk, report.desk.figures
    yield (
        _("Figures"),
        [_("Figure"), _("Value")],
        [
            [_("Region"), report.region.name],
            [_("Organisations"), figures.organisations],
            [_("Offers posted"), figures.posted_offers],
            [_("Needs posted"), figures.posted_needs],
            [_("Proposed exchanges"), figures.posted_proposals],
            [_("of them between regions"), figures.posted_cross_region],
            [_("Value of the proposals, EUR"), figures.posted_value_cents / 100],
            [_("Materials a year, t"), figures.posted_quantity_kg / 1000],
            [_("Emissions avoided, t CO2e"), figures.posted_co2e_kg / 1000],
            [_("Exchanges opened in the month"), report.opened],
            [_("Exchanges that went on in the month"), report.moved],
        ],
    )
    yield (
        _("Corridors"),
        [_("From"), _("To"), _("Exchanges"), _("Tonnes a year"), _("EUR")],
        [
            [c.origin.name, c.goal.name, c.exchanges, c.mass_kg / 1000, c.value_cents / 100]
            for c in desk.corridors
        ],
    )
    yield (
        _("Gaps"),
        [_("Material"), _("Side"), _("Listings"), _("Tonnes a year")],
        [
            [
                gap.material.name,
                _("Offer") if gap.side == "offer" else _("Need"),
                gap.listings,
                gap.mass_kg / 1000,
            ]
            for gap in desk.gaps
        ],
    )
    yield (
        _("Proposals"),
        [_("Offered"), _("Needed"), _("From"), _("To"), _("Tonnes a year"), _("EUR"), _("km")],
        [
            [
                row.offer.material.name,
                row.need.material.name,
                row.offer.region.name if row.offer.region else "",
                row.need.region.name if row.need.region else "",
                row.proposal.base_quantity / 1000,
                row.proposal.value_cents / 100,
                round(row.proposal.road_m / 1000),
            ]
            for row in desk.posted
        ],
    )
