"""Record-book lines: what an organisation handed over and took in, by code, day and operation.

The columns are those that the books of Ordinance no. 1 of 2014 on waste ask for; НИСО has no
public interface for writing, so the lines are for copying and for the firm's own file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from marketplace.deliveries.models import Delivery
from marketplace.sheets import Value, as_csv, as_xlsx


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One confirmed delivery in the book of one of its sides; tonnes, or thousands of the kind."""

    day: date
    code: str
    description: str
    handed_over: Decimal | None
    taken_in: Decimal | None
    operation: str
    partner: str
    partner_number: str
    place: str
    paper: str
    reference: str

    def cells(self) -> list[Value]:
        return [
            self.day, self.code, self.description, self.handed_over, self.taken_in,
            self.operation, self.partner, self.partner_number, self.place, self.paper,
            self.reference,
        ]  # fmt: skip


def headings() -> list[str]:
    """The columns in the active language."""
    return [
        _("Date"),
        _("Waste code"),
        _("Description"),
        _("Handed over, t"),
        _("Taken in, t"),
        _("R/D operation"),
        _("Partner"),
        _("EIK of the partner"),
        _("Place of the partner"),
        _("Paper"),
        _("Entry"),
    ]


def record_lines(
    organisation_ids: frozenset[int], *, since: date | None = None, until: date | None = None
) -> list[RecordLine]:
    """Lines of the organisations' books over a period, the earliest first. A delivery between
    two of them stands in both books."""
    rows = (
        Delivery.objects.counting()
        .between(since, until)
        .with_context()
        .filter(
            Q(exchange__offer_organisation_id__in=organisation_ids)
            | Q(exchange__need_organisation_id__in=organisation_ids)
        )
        .order_by("delivered_on", "id")
    )
    lines = []
    for delivery in rows:
        exchange = delivery.exchange
        if exchange.offer_organisation_id in organisation_ids:
            lines.append(record_line(delivery, handed_over=True))
        if exchange.need_organisation_id in organisation_ids:
            lines.append(record_line(delivery, handed_over=False))
    return lines


def record_line(delivery: Delivery, *, handed_over: bool) -> RecordLine:
    """The line of one delivery in the book of the holder or of the receiver."""
    exchange = delivery.exchange
    partner = exchange.need_organisation if handed_over else exchange.offer_organisation
    place = delivery.need_site if handed_over else delivery.offer_site
    amount = Decimal(delivery.base_quantity) / 1000
    return RecordLine(
        day=delivery.delivered_on,
        code=delivery.waste_code.display_code if delivery.waste_code else "",
        description=exchange.offer.material.name,
        handed_over=amount if handed_over else None,
        taken_in=None if handed_over else amount,
        operation=delivery.operation,
        partner=partner.label,
        partner_number=partner.registration_number,
        place=", ".join(filter(None, (place.city, place.name))),
        paper=delivery.paper,
        reference=delivery.public_id,
    )


def book_as_csv(lines: Sequence[RecordLine]) -> bytes:
    return as_csv(headings(), [line.cells() for line in lines])


def book_as_xlsx(lines: Sequence[RecordLine]) -> bytes:
    return as_xlsx(_("Record book"), headings(), [line.cells() for line in lines])
