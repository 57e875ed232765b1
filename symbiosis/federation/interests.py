"""Who wants to be known to whom across markets: nothing of a member travels before both said so."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, NotPermitted, Problem
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import Listing
from symbiosis.federation.descriptors import next_position, sole_writer
from symbiosis.federation.matching import weighed
from symbiosis.federation.models import (
    CrossMatch,
    ForeignDescriptor,
    OwnDescriptor,
    PartnerMarket,
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the other member may turn to."""

    name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ToldInterest:
    """What a partner says of one of its members: interest in a pair, and details once both are."""

    theirs: uuid.UUID
    ours: uuid.UUID
    interested: bool
    details: dict[str, Any] | None


@transaction.atomic
def express_interest(
    *, viewer: Viewer, match: CrossMatch, contact: Contact, now: datetime
) -> CrossMatch:
    """Our member wants to be known, under a contact of its own choice. Raises NotPermitted, or
    Conflict where one of the two listings is not on the market any more."""
    sole_writer()
    locked = _locked(match)
    _may_speak(viewer, locked)
    if locked.own.gone or locked.foreign.gone:
        gone = _("One of the two listings is no longer on the market.")
        raise Conflict([Problem("match", "gone", gone)])
    locked.interested_at = locked.interested_at or now
    locked.contact = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return _told_anew(locked, now)


@transaction.atomic
def withdraw_interest(*, viewer: Viewer, match: CrossMatch, now: datetime) -> CrossMatch:
    """Our member does not want to any more; what was told already cannot be taken back, and its
    contact is told no further. Raises NotPermitted, or Conflict where there was no interest."""
    sole_writer()
    locked = _locked(match)
    _may_speak(viewer, locked)
    if locked.interested_at is None:
        raise Conflict([Problem("match", "no_interest", _("No interest was expressed."))])
    locked.interested_at, locked.contact, locked.details_told_at = None, None, None
    return _told_anew(locked, now)


@transaction.atomic
def take_in(
    partner: PartnerMarket, told: ToldInterest, *, now: datetime, today: date
) -> CrossMatch | None:
    """Note what a partner says of its member's interest; None where the pair is none of ours, or
    does not fit by our own reckoning. Taking the same word in again changes nothing."""
    sole_writer()
    own = OwnDescriptor.objects.filter(uid=told.ours).first()
    foreign = ForeignDescriptor.objects.filter(partner=partner, uid=told.theirs).first()
    if own is None or foreign is None:
        return None
    match = CrossMatch.objects.filter(own=own, foreign=foreign).first()
    match = match or weighed(own.pk, foreign.pk, today=today)
    if match is None:
        return None
    locked = _locked(match)
    before = locked.their_interest_at, locked.details
    locked.their_interest_at = (locked.their_interest_at or now) if told.interested else None
    locked.details = told.details if locked.mutual else None
    if (locked.their_interest_at, locked.details) == before:
        return locked
    newly = before[0] is None and locked.mutual
    if newly:  # our member said so first: now its details may follow
        return _told_anew(locked, now)
    locked.save()
    return locked


def details_for(match: CrossMatch) -> dict[str, Any] | None:
    """What the partner is told of our member: its name, its listing and the contact it chose, and
    nothing before both are interested."""
    if not match.mutual or match.contact is None:
        return None
    listing: Listing | None = match.own.offer or match.own.need
    if listing is None:
        return None
    firm = listing.organisation
    quantity = listing.quantity
    return {
        "organisation": {
            "name": firm.name,
            "name_en": firm.name_en,
            "country": firm.country,
            "registration_number": firm.registration_number,
            "website": firm.website,
        },
        "listing": {
            "title": listing.title or listing.material.name_en,
            "description": listing.description,
            "quantity": {
                "value": f"{quantity.value.normalize():f}",
                "unit": quantity.unit,
                "basis": quantity.basis.value,
            },
        },
        "contact": match.contact,
    }


def _told_anew(match: CrossMatch, now: datetime) -> CrossMatch:
    match.number = next_position()
    if match.mutual:
        match.details_told_at = now
    match.save()
    return match


def _locked(match: CrossMatch) -> CrossMatch:
    return (
        CrossMatch.objects.select_for_update(of=("self",))
        .select_related("own__offer", "own__need", "foreign")
        .get(pk=match.pk)
    )


def _may_speak(viewer: Viewer, match: CrossMatch) -> None:
    listing = match.own.offer or match.own.need
    if listing is None or listing.organisation_id not in viewer.editable_ids:
        raise NotPermitted(
            [Problem("match", "not_permitted", _("You may not speak for this organisation."))]
        )
