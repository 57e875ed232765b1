"""Posting a listing so that its ranked proposals are there when the answer is."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from marketplace.firms.models import Site
from marketplace.firms.revising import revise_site
from marketplace.firms.viewers import Viewer
from marketplace.listings.locking import locked_rows
from marketplace.listings.models import Listing, ListingStatus, Need, Offer
from marketplace.listings.services import (
    ListingDraft,
    post_need,
    post_offer,
    revise_listing,
)
from symbiosis.catalogue import current_catalogue
from symbiosis.models import Proposal
from symbiosis.problems import side_of
from symbiosis.querysets import ProposalQuerySet
from symbiosis.ranking import rank_listing

ListingT = TypeVar("ListingT", bound=Listing)


@transaction.atomic
def publish_offer(
    *, viewer: Viewer, draft: ListingDraft, as_of: date
) -> tuple[Offer, ProposalQuerySet]:
    """Post an offer and rank the needs it could serve; both are saved or neither."""
    offer = post_offer(viewer=viewer, draft=draft)
    return offer, rank_listing(offer, as_of=as_of)


@transaction.atomic
def publish_need(
    *, viewer: Viewer, draft: ListingDraft, as_of: date
) -> tuple[Need, ProposalQuerySet]:
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
) -> tuple[ListingT, ProposalQuerySet]:
    """Revise a listing and rank it afresh: its old proposals rest on what it no longer says.

    Where the engine is told the same as before (other words, another amount inside a band that
    stands for it), the proposals stay as they are, to the byte, also where there are none since
    the last plan: a partner's answers give no sign of a change that is none of its business.
    """
    rows: QuerySet[ListingT] = type(listing)._default_manager.all()
    before = _as_engine_sees(locked_rows(rows, [listing.pk])[listing.pk], as_of)
    revised = revise_listing(
        viewer=viewer, listing=listing, changes=changes, expected_version=expected_version
    )
    side = "offer" if isinstance(revised, Offer) else "need"
    ranked = Proposal.objects.filter(**{side: revised.pk})
    if _as_engine_sees(revised, as_of) == before:
        return revised, ranked.order_by("-rank_cents_per_t", "id")
    ranked.delete()
    if revised.status != ListingStatus.OPEN:
        return revised, ranked.none()
    return revised, rank_listing(revised, as_of=as_of)


def _as_engine_sees(listing: Listing, day: date) -> tuple[Any, ...]:
    """Everything the engine reads of a listing as it is stored, and whether it is on the market."""
    if not isinstance(listing, (Offer, Need)):
        raise TypeError(f"{type(listing).__name__} is neither an offer nor a need")
    side = side_of(listing, current_catalogue())
    seen = [getattr(side.listings, part.name).tolist() for part in fields(side.listings)]
    doubts = [side.region_ids.tolist(), side.inferred.tolist(), side.status_unknown.tolist()]
    over = listing.available_until is not None and listing.available_until < day
    return (*seen, *doubts, listing.status, over)


@transaction.atomic
def move_site(
    *,
    viewer: Viewer,
    site: Site,
    changes: dict[str, Any],
    expected_version: int | None,
    as_of: date,
) -> Site:
    """Revise a site; where it moved, its listings move and are ranked afresh from the new place."""
    revised = revise_site(
        viewer=viewer, site=site, changes=changes, expected_version=expected_version
    )
    for listing in revised.moved:
        side = "offer" if isinstance(listing, Offer) else "need"
        Proposal.objects.filter(**{side: listing.pk}).delete()
        if listing.status == ListingStatus.OPEN:
            rank_listing(listing, as_of=as_of)
    return revised.site
