"""Regions side by side: the same figures for each, by the selectors that keep single firms out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from geo.models import Region
from marketplace.firms.viewers import Viewer
from marketplace.listings.aggregates import regional_totals
from symbiosis.figures import market_figures
from web import presentation


@dataclass(frozen=True, slots=True)
class Row:
    """One figure in words for each region, in their order."""

    label: str
    values: tuple[str, ...]


def compared_regions(viewer: Viewer, chosen: Sequence[Region], *, today: date) -> list[Row]:
    figures = [market_figures(viewer, region=region) for region in chosen]
    totals = {row.region.pk: row for row in regional_totals(as_of=today)}
    listed = [totals.get(region.pk) for region in chosen]

    def row(label: str, values: Sequence[str]) -> Row:
        return Row(label, tuple(values))

    def mass(kg: int | None) -> str:
        return _("withheld") if kg is None else presentation.base_amount(kg, "material")

    rows = [
        row(_("Organisations"), [presentation.number(f.organisations) for f in figures]),
        row(_("Offers posted"), [presentation.number(f.posted_offers) for f in figures]),
        row(_("Needs posted"), [presentation.number(f.posted_needs) for f in figures]),
    ]
    if all(found is not None for found in listed):
        rows += [
            row(_("Offered a year"), [mass(f.offered_kg) for f in listed if f]),
            row(_("Needed a year"), [mass(f.needed_kg) for f in listed if f]),
        ]
    return [
        *rows,
        row(_("Proposed exchanges"), [presentation.number(f.posted_proposals) for f in figures]),
        row(
            _("of them between regions"),
            [presentation.number(f.posted_cross_region) for f in figures],
        ),
        row(
            _("Value of the proposals"),
            [presentation.euros_short(f.posted_value_cents) for f in figures],
        ),
        row(_("Emissions avoided"), [presentation.tonnes_co2e(f.posted_co2e_kg) for f in figures]),
        row(
            _("Inferred, not counted"), [presentation.number(f.inferred_listings) for f in figures]
        ),
    ]
