"""Asking whether listings are still valid, and what the answers do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, NotPermitted, Problem
from marketplace.firms.viewers import Viewer
from marketplace.followup.freshness import ASK_AFTER_DAYS, LAPSE_AFTER_DAYS
from marketplace.followup.models import ListingCheck
from marketplace.listings.models import Listing, ListingStatus, Need, Offer, Origin
from marketplace.listings.services import revise_listing

LINK_LIVES = timedelta(days=ASK_AFTER_DAYS + LAPSE_AFTER_DAYS)
_SALT = "marketplace.followup.checks"
_SYSTEM = Viewer(secretariat=True)


def silent_since(listings: Any) -> Any:
    """Annotated with ``heard_at``: the owner's last word, a change or a confirmation."""
    valid = Max("checks__answered_at", filter=Q(checks__answer=ListingCheck.Answer.VALID))
    return listings.annotate(heard_at=Greatest(F("updated_at"), Coalesce(valid, F("updated_at"))))


def stale_listings(*, now: datetime) -> Iterable[Listing]:
    """Posted, open, not a demonstration's, and nothing heard of for 90 days."""
    for model in (Offer, Need):
        rows = model.objects.filter(
            status=ListingStatus.OPEN, origin=Origin.POSTED, organisation__is_demo=False
        )
        yield from (
            silent_since(rows)
            .filter(heard_at__lt=now - timedelta(days=ASK_AFTER_DAYS))
            .order_by("pk")
        )


def ask_about_stale(*, now: datetime) -> int:
    """Open a question for every stale listing that has none; the letters go out with the rest."""
    asked = 0
    for listing in stale_listings(now=now):
        side = {"offer": listing} if isinstance(listing, Offer) else {"need": listing}
        _check, made = ListingCheck.objects.get_or_create(
            **side, answer="", defaults={"asked_at": now}
        )
        asked += made
    return asked


def lapse_unanswered(*, now: datetime) -> int:
    """Pause what nobody has answered for in 30 days; it can be opened again at any time."""
    lapsed = 0
    unanswered = ListingCheck.objects.filter(
        answer="", asked_at__lt=now - timedelta(days=LAPSE_AFTER_DAYS)
    ).select_related("offer", "need")
    for check in unanswered.order_by("pk"):
        lapsed += _lapse(check, now)
    return lapsed


@transaction.atomic
def _lapse(check: ListingCheck, now: datetime) -> bool:
    listing = check.listing
    if listing.updated_at > check.asked_at or listing.status != ListingStatus.OPEN:
        _close(check, ListingCheck.Answer.OVERTAKEN, now)
        return False
    revise_listing(
        viewer=_SYSTEM,
        listing=listing,
        changes={"status": ListingStatus.PAUSED},
        expected_version=None,
    )
    _close(check, ListingCheck.Answer.LAPSED, now)
    return True


def _close(check: ListingCheck, answer: ListingCheck.Answer, now: datetime) -> None:
    check.answer, check.answered_at = answer, now
    check.save(update_fields=["answer", "answered_at"])


def asked_about(organisation_ids: frozenset[int]) -> frozenset[UUID]:
    """Uids of the organisations' listings whose owner is asked whether they are still valid."""
    open_checks = ListingCheck.objects.filter(answer="")
    return frozenset(
        uid
        for side in ("offer", "need")
        for uid in open_checks.filter(
            **{f"{side}__organisation_id__in": organisation_ids}
        ).values_list(f"{side}__uid", flat=True)
    )


# --- the signed link --------------------------------------------------------------------------


def token_of(check: ListingCheck) -> str:
    """What the letter's link carries: nothing but the question, signed."""
    return signing.Signer(salt=_SALT).sign(check.uid.hex)


def check_of(token: str, *, now: datetime) -> ListingCheck | None:
    """The question of a link; None where the link was altered or the question is too old."""
    try:
        uid = UUID(hex=signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    found: ListingCheck | None = (
        ListingCheck.objects.select_related("offer__material", "need__material")
        .filter(uid=uid, asked_at__gt=now - LINK_LIVES)
        .first()
    )
    return found


@transaction.atomic
def answer_check(*, check: ListingCheck, still_valid: bool, now: datetime) -> ListingCheck:
    """The owner's answer through the link. A listing that was paused for want of one opens again;
    “no longer” withdraws it. Raises Conflict where another answer was given before."""
    locked: ListingCheck = ListingCheck.objects.select_related("offer", "need").get(pk=check.pk)
    wanted = ListingCheck.Answer.VALID if still_valid else ListingCheck.Answer.GONE
    if locked.answer == wanted:
        return locked
    if locked.answer not in ("", ListingCheck.Answer.LAPSED):
        raise Conflict([Problem("answer", "answered", _("This question was answered already."))])
    listing = locked.listing
    if not still_valid:
        _set_status(listing, ListingStatus.WITHDRAWN)
    elif listing.status == ListingStatus.PAUSED and locked.answer == ListingCheck.Answer.LAPSED:
        _set_status(listing, ListingStatus.OPEN)
    _close(locked, wanted, now)
    return locked


def _set_status(listing: Listing, status: ListingStatus) -> None:
    revise_listing(
        viewer=_SYSTEM, listing=listing, changes={"status": status}, expected_version=None
    )


@transaction.atomic
def confirm_listing(*, viewer: Viewer, listing: Listing, now: datetime) -> ListingCheck:
    """The owner says on the own desk that a listing is still valid; answers an open question or
    makes a confirmation of its own. Raises NotPermitted."""
    if not viewer.may_edit(listing.organisation_id):
        raise NotPermitted(
            [Problem("listing", "not_permitted", _("You may not answer for this organisation."))]
        )
    side = {"offer": listing} if isinstance(listing, Offer) else {"need": listing}
    check: ListingCheck
    check, _made = ListingCheck.objects.get_or_create(**side, answer="", defaults={"asked_at": now})
    _close(check, ListingCheck.Answer.VALID, now)
    return check
