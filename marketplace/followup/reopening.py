"""Watching what made exchanges fall through, and reopening them when it clears."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.process import FALLEN_STATES, OPEN_STATES
from marketplace.exchanges.roles import actors_of
from marketplace.exchanges.services import move_by_calendar
from marketplace.exchanges.words import Move
from marketplace.firms.permits import Permit
from marketplace.firms.viewers import Viewer
from marketplace.followup import blockers
from marketplace.followup.models import Blocker, ListingCheck
from marketplace.listings.models import Listing

_WITH = ("offer__site", "need__site", "offer__waste_code", "need__waste_code")


def facets_of(exchange: Exchange) -> dict[str, str]:
    """What could clear a reason, in short texts that differ when it does."""
    offer, need = exchange.offer, exchange.need
    both = (offer, need)
    room = all(listing.base_remaining >= exchange.proposed_base for listing in both)
    return {
        blockers.PRICE: _each(both, lambda one: one.price_cents),
        blockers.QUANTITY: _each(both, lambda one: (one.base_quantity, one.base_min_lot)),
        blockers.ROOM: "yes" if room else "no",
        blockers.QUALITY: _each(both, lambda one: one.quality_notes),
        blockers.LAW: _each(both, _legal_state),
        blockers.TIME: _each(
            both, lambda one: (one.available_from, one.available_until, one.pattern, one.months)
        ),
        blockers.PLACE: _each(both, lambda one: (one.site_id, one.site.version)),
        blockers.MATERIAL: _each(both, lambda one: one.material_id),
        blockers.SEEN_BY: _each(both, lambda one: one.visibility),
        blockers.HEARD: _each(both, _last_word),
    }


def _each(listings: Iterable[Listing], said: Callable[[Listing], object]) -> str:
    return "; ".join(str(said(listing)) for listing in listings)


def _last_word(listing: Listing) -> object:
    """The listing's version and the last time its owner said that it is valid."""
    checks = listing.checks.filter(answer=ListingCheck.Answer.VALID)  # type: ignore[attr-defined]
    return listing.version, checks.order_by("-id").values_list("pk", flat=True).first()


def _legal_state(listing: Listing) -> object:
    """Status, code and the papers that the firm holds, as they are now."""
    papers = Permit.objects.filter(organisation_id=listing.organisation_id, withdrawn_on=None)
    return (
        listing.waste_status,
        listing.waste_code_id,
        list(papers.order_by("pk").values_list("pk", "version")),
    )


def note_blockers(*, now: datetime) -> int:
    """Begin to watch every exchange that has fallen through and is not watched yet."""
    known = Blocker.objects.filter(exchange=OuterRef("pk"), round=OuterRef("round"))
    fallen = Exchange.objects.filter(~Exists(known), state__in=FALLEN_STATES)
    return sum(
        note_blocker(exchange, now=now) for exchange in fallen.select_related(*_WITH).order_by("pk")
    )


def note_blocker(exchange: Exchange, *, now: datetime) -> bool:
    """Keep what an exchange's listings say on the day it fell through; once a round."""
    _blocker, made = Blocker.objects.get_or_create(
        exchange=exchange,
        round=exchange.round,
        defaults={
            "reason": exchange.loss_reason,
            "facets": facets_of(exchange),
            "noted_at": now,
        },
    )
    return made


@transaction.atomic
def ask_again_on(*, viewer: Viewer, exchange: Exchange, day: date, now: datetime) -> Blocker:
    """Set the day on which a fallen exchange is to be reopened: the end of the contract that
    stood in its way, say. Raises NotPermitted, Conflict or InvalidInput."""
    if not actors_of(viewer, exchange):
        raise NotPermitted(
            [Problem("exchange", "not_permitted", _("You may not act on this exchange."))]
        )
    if exchange.state not in FALLEN_STATES:
        raise Conflict([Problem("exchange", "not_fallen", _("This exchange is not closed."))])
    if day <= timezone.localdate(now):
        raise InvalidInput([Problem("wake_on", "past", _("Give a day to come."))])
    note_blocker(exchange, now=now)
    blocker: Blocker = Blocker.objects.get(exchange=exchange, round=exchange.round)
    blocker.wake_on = day
    blocker.save(update_fields=["wake_on"])
    return blocker


def reopen_cleared(*, now: datetime) -> int:
    """Reopen every watched exchange whose reason has cleared or whose day has come.

    What cannot be reopened yet (a listing is closed) stays watched; what was reopened by hand or
    has another exchange is let go.
    """
    reopened = 0
    watched = Blocker.objects.filter(cleared="").select_related(
        *(f"exchange__{path}" for path in _WITH)
    )
    for blocker in watched.order_by("pk"):
        reopened += _look_at(blocker, now)
    return reopened


def _look_at(blocker: Blocker, now: datetime) -> bool:
    exchange = blocker.exchange
    if exchange.round != blocker.round or exchange.state not in FALLEN_STATES:
        _let_go(blocker, Blocker.Cleared.BY_HAND, now)
        return False
    if _taken_up_again(exchange):
        _let_go(blocker, Blocker.Cleared.OVERTAKEN, now)
        return False
    facet = blockers.cleared(blocker.reason, blocker.facets, facets_of(exchange))
    due = blocker.wake_on is not None and blocker.wake_on <= timezone.localdate(now)
    if facet is None and not due:
        return False
    why = Blocker.Cleared.DATE if due else Blocker.Cleared.CHANGED
    try:
        with transaction.atomic():
            move_by_calendar(exchange=exchange, move=Move.REOPEN, now=now, note=str(why.label))
            _let_go(blocker, why, now, evidence=facet or "")
    except Conflict:
        return False
    return True


def _taken_up_again(exchange: Exchange) -> bool:
    others = Exchange.objects.filter(
        offer_id=exchange.offer_id, need_id=exchange.need_id, state__in=OPEN_STATES
    )
    return others.exclude(pk=exchange.pk).exists()


def _let_go(blocker: Blocker, why: Blocker.Cleared, now: datetime, *, evidence: str = "") -> None:
    blocker.cleared, blocker.cleared_at, blocker.evidence = why, now, evidence
    blocker.save(update_fields=["cleared", "cleared_at", "evidence"])


def expire_overdue(*, now: datetime) -> int:
    """Close what nobody has touched beyond the grace; returns how many."""
    expired = 0
    for exchange in Exchange.objects.overdue_on(timezone.localdate(now)).order_by("pk"):
        try:
            move_by_calendar(exchange=exchange, move=Move.EXPIRE, now=now)
        except Conflict:
            continue  # a running exchange is late, not over; or somebody moved it meanwhile
        expired += 1
    return expired
