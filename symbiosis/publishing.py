"""Posting a listing so that its ranked proposals are there when the answer is."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.db import transaction

from marketplace.firms.viewers import Viewer
from marketplace.listings.models import Listing, ListingStatus, Need, Offer
from marketplace.listings.services import (
    ListingDraft,
    post_need,
    post_offer,
    revise_listing,
)
from symbiosis.models import Proposal
from symbiosis.ranking import rank_listing

ListingT = TypeVar("ListingT", bound=Listing)


@transaction.atomic
def publish_offer(
    *, viewer: Viewer, draft: ListingDraft, as_of: date
) -> tuple[Offer, list[Proposal]]:
    """Post an offer and rank the needs it could serve; both are saved or neither."""
    offer = post_offer(viewer=viewer, draft=draft)
    return offer, rank_listing(offer, as_of=as_of)


@transaction.atomic
def publish_need(
    *, viewer: Viewer, draft: ListingDraft, as_of: date
) -> tuple[Need, list[Proposal]]:
    """Post a need and rank the offers that could serve it; both are saved or neither."""
    need = post_need(viewer=viewer, draft=draft)
    return need, rank_listing(need, as_of=as_of)


@transaction.atomic
def republish(
    *,
    viewer: Viewer,
    listing: ListingT,
    changes: dict[str, Any],
    expected_version: int | None,
    as_of: date,
) -> tuple[ListingT, list[Proposal]]:
    """Revise a listing and rank it afresh: its old proposals rest on what it no longer says."""
    revised = revise_listing(
        viewer=viewer, listing=listing, changes=changes, expected_version=expected_version
    )
    side = "offer" if isinstance(revised, Offer) else "need"
    Proposal.objects.filter(**{side: revised.pk}).delete()
    if revised.status != ListingStatus.OPEN:
        return revised, []
    return revised, rank_listing(revised, as_of=as_of)
