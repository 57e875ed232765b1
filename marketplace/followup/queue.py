"""The facilitator's queue: which exchanges of a chamber's region want a hand, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.deliveries.models import Delivery
from marketplace.deliveries.selectors import progress_of
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.querysets import ExchangeQuerySet
from marketplace.exchanges.selectors import DisclosedExchange, disclose_exchange
from marketplace.exchanges.words import State
from marketplace.firms.permits import Permit
from marketplace.firms.viewers import Viewer
from marketplace.followup.freshness import trust_permille

CONTRACT_ENDS_WITHIN = timedelta(days=60)
SOON = timedelta(days=3)
NEAR_M = 80_000
"""Within a day's turn of a lorry: such an exchange needs no new logistics."""


class Heading(TextChoices):
    """Under which an exchange stands in the queue, the most pressing first."""

    STALLED = "stalled", _("Stalled")
    AT_RISK = "at_risk", _("At risk")
    QUICK_WIN = "quick_win", _("Quick wins")
    MOVING = "moving", _("Moving")


class Sign(TextChoices):
    """What put it there."""

    OVERDUE = "overdue", _("the next action is overdue")
    DUE_SOON = "due_soon", _("the next action is due within three days")
    CONTESTED = "contested", _("a delivery is contested")
    BEHIND = "behind", _("deliveries are behind what was agreed")
    UNANSWERED = "unanswered", _("a delivery awaits confirmation for more than a week")
    ENDING = "ending", _("the agreed period ends within sixty days")
    PERMIT_ENDING = "permit_ending", _("a permit of a side ends within ninety days")
    SILENT = "silent", _("a listing was not confirmed for more than ninety days")
    TERMS_NEAR = "terms_near", _("both want it and the sites are near")
    TERMS_ON_TABLE = "terms_on_table", _("terms are on the table")


_RISKS = frozenset(
    {
        Sign.CONTESTED,
        Sign.BEHIND,
        Sign.UNANSWERED,
        Sign.ENDING,
        Sign.PERMIT_ENDING,
        Sign.SILENT,
    }
)
_WINS = frozenset({Sign.TERMS_NEAR, Sign.TERMS_ON_TABLE})
_WANTED = (State.INTEREST_BOTH, State.DISCLOSED, State.CHECKING, State.TERMS)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """``value_cents`` is what is at stake: the value the matcher reckoned, less what old listings
    are not believed; None where it would tell an anonymous side's figures."""

    told: DisclosedExchange
    heading: Heading
    signs: tuple[Sign, ...]
    value_cents: int | None
    days_late: int


def facilitation_queue(
    viewer: Viewer, *, region: Region | None = None, today: date
) -> list[QueueItem]:
    """Open exchanges of the regions whose chamber the viewer serves (of one region if given), by
    heading, then by value at stake."""
    regions = viewer.chamber_region_ids if region is None else frozenset({region.pk})
    if not viewer.secretariat:
        regions &= viewer.chamber_region_ids
    rows = Exchange.objects.open()
    if not (viewer.secretariat and region is None):
        rows = rows.in_regions(regions)
    items = [_item(exchange, viewer, today) for exchange in _joined(rows)]
    order = {heading: place for place, heading in enumerate(Heading)}
    return sorted(
        items,
        key=lambda item: (
            order[item.heading],
            item.value_cents is None,
            -(item.value_cents or 0),
            item.told.exchange.pk,
        ),
    )


def _joined(rows: ExchangeQuerySet) -> Iterable[Exchange]:
    return rows.with_parties().order_by("pk")


def _item(exchange: Exchange, viewer: Viewer, today: date) -> QueueItem:
    signs = tuple(signs_of(exchange, today=today))
    told = disclose_exchange(exchange, viewer, on=today)
    value = None
    if told.figures is not None:
        value = told.figures.value_cents * _trust(exchange, today) // 1000
    late = (today - exchange.next_action_on).days if exchange.next_action_on else 0
    return QueueItem(told, heading_of(signs), signs, value, max(late, 0))


def heading_of(signs: Iterable[Sign]) -> Heading:
    """Where an exchange with these signs stands; what hinders goes before what helps."""
    found = frozenset(signs)
    if Sign.OVERDUE in found:
        return Heading.STALLED
    if found & _RISKS:
        return Heading.AT_RISK
    return Heading.QUICK_WIN if found & _WINS else Heading.MOVING


def signs_of(exchange: Exchange, *, today: date) -> Iterable[Sign]:
    """Everything that speaks for looking at an open exchange."""
    due = exchange.next_action_on
    if due is not None and due < today:
        yield Sign.OVERDUE
    elif due is not None and due <= today + SOON:
        yield Sign.DUE_SOON
    if exchange.state in (State.AGREED, State.RUNNING):
        yield from _signs_of_deliveries(exchange, today)
    elif _trust(exchange, today) < 1000:
        yield Sign.SILENT
    if exchange.state == State.TERMS:
        yield Sign.TERMS_ON_TABLE
    if exchange.state in _WANTED and 0 < exchange.road_m <= NEAR_M:
        yield Sign.TERMS_NEAR


def _signs_of_deliveries(exchange: Exchange, today: date) -> Iterable[Sign]:
    progress = progress_of(exchange, today=today)
    if progress.contested:
        yield Sign.CONTESTED
    if progress.behind:
        yield Sign.BEHIND
    awaiting = Delivery.objects.filter(exchange=exchange).awaiting()
    week_ago = today - timedelta(days=7)
    if awaiting.filter(recorded_at__date__lt=week_ago).exists():
        yield Sign.UNANSWERED
    terms = exchange.agreed_terms
    if (
        terms is not None
        and terms.ends_on
        and today <= terms.ends_on <= today + CONTRACT_ENDS_WITHIN
    ):
        yield Sign.ENDING
    if _permit_ending(exchange, today):
        yield Sign.PERMIT_ENDING


def _permit_ending(exchange: Exchange, today: date) -> bool:
    """Whether a paper of one of the sides is about to end."""
    sides = (exchange.offer_organisation_id, exchange.need_organisation_id)
    return Permit.objects.ending_soon(today).filter(organisation_id__in=sides).exists()


def _trust(exchange: Exchange, today: date) -> int:
    """What the older of the two listings is believed, in thousandths."""
    return min(
        trust_permille((today - timezone.localdate(_heard_at(listing))).days)
        for listing in (exchange.offer, exchange.need)
    )


def _heard_at(listing: Any) -> Any:
    answers = listing.checks.filter(answer="valid").order_by("-answered_at")
    last = answers.values_list("answered_at", flat=True).first()
    return max(filter(None, (listing.updated_at, last)))
