"""Papers on record as the page lists them: what each covers, and whether it still counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from marketplace.firms.permits import Permit
from marketplace.firms.selectors import permits_visible_to
from marketplace.firms.viewers import Viewer

LISTED = 300
_ORDER = {standing: place for place, standing in enumerate(
    [Permit.Standing.EXPIRED, Permit.Standing.ENDING, Permit.Standing.TO_COME,
     Permit.Standing.IN_FORCE, Permit.Standing.WITHDRAWN]
)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PermitRow:
    """``codes``: each code in print with its tonnes a year, or without."""

    permit: Permit
    standing: Permit.Standing
    codes: tuple[str, ...]
    may_edit: bool

    @property
    def lapses(self) -> bool:
        return self.standing in (Permit.Standing.EXPIRED, Permit.Standing.ENDING)


def permit_rows(viewer: Viewer, *, day: date) -> list[PermitRow]:
    """Papers of the viewer's own organisations, what has lapsed or soon will first."""
    own = permits_visible_to(viewer).of_organisations(viewer.organisation_ids)
    rows = [
        PermitRow(
            permit,
            permit.standing_on(day),
            tuple(_codes(permit)),
            viewer.may_edit(permit.organisation_id),
        )
        for permit in own.order_by("valid_until", "id")[:LISTED]
    ]
    return sorted(rows, key=lambda row: _ORDER[row.standing])


def _codes(permit: Permit) -> list[str]:
    lines = sorted(permit.codes.all(), key=lambda line: line.waste_code.code)
    return [
        line.waste_code.display_code
        if line.kg_per_year is None
        else _("%(code)s (%(tonnes)s t a year)")
        % {
            "code": line.waste_code.display_code,
            "tonnes": number_format(
                (Decimal(line.kg_per_year) / 1000).normalize(), force_grouping=True
            ),
        }
        for line in lines
    ]
