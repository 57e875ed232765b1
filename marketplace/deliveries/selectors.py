"""Which deliveries a viewer may see, and what of an agreement has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from marketplace.deliveries.models import Delivery
from marketplace.deliveries.querysets import DeliveryQuerySet
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import State
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import QuantityBasis

DAYS_A_YEAR = 365


def deliveries_visible_to(viewer: Viewer) -> DeliveryQuerySet:
    """Those of the viewer's own exchanges. Amounts are the two sides' own, as their terms are: a
    chamber sees whether deliveries come (progress_of), not how much."""
    return Delivery.objects.with_context().filter(
        Q(exchange__offer_organisation_id__in=viewer.organisation_ids)
        | Q(exchange__need_organisation_id__in=viewer.organisation_ids)
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """Agreed against delivered, always apart; base units. ``agreed`` is that of the whole period,
    or of a year where the terms name no end; ``due`` what should have come by the day."""

    agreed: int
    due: int
    delivered: int
    awaiting: int
    contested: int

    @property
    def percent(self) -> int:
        return 100 * self.delivered // self.agreed if self.agreed else 0

    @property
    def behind(self) -> bool:
        """Less than three quarters of what should have come."""
        return 4 * self.delivered < 3 * self.due


def progress_of(exchange: Exchange, *, today: date) -> Progress:
    """What of an agreed exchange has come."""
    rows: DeliveryQuerySet = exchange.deliveries.all()
    terms = exchange.agreed_terms
    agreed = due = 0
    if terms is not None:
        agreed, due = terms.base_quantity, 0
        if terms.quantity_basis != QuantityBasis.TOTAL:
            ends = terms.ends_on
            days = (ends - terms.starts_on).days + 1 if ends else DAYS_A_YEAR
            agreed = terms.base_quantity * days // DAYS_A_YEAR
            gone = min(max((today - terms.starts_on).days, 0), days)
            due = terms.base_quantity * gone // DAYS_A_YEAR
        elif terms.ends_on is not None and terms.ends_on < today:
            due = agreed
    return Progress(
        agreed=agreed,
        due=due if exchange.state in (State.AGREED, State.RUNNING) else 0,
        delivered=exchange.delivered_base,
        awaiting=_sum(rows.awaiting()),
        contested=_sum(rows.contested()),
    )


def _sum(rows: DeliveryQuerySet) -> int:
    return int(rows.aggregate(base=Sum("base_quantity", default=0))["base"])
