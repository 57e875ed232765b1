"""Which proposals a viewer may see, and what of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from marketplace.firms.viewers import Viewer
from marketplace.listings.disclosure import DisclosedListing, disclose
from marketplace.listings.models import Listing, ListingStatus, Visibility
from marketplace.listings.querysets import of_side, shapes_of_side
from marketplace.listings.selectors import visible_listings
from symbiosis.catalogue import current_catalogue
from symbiosis.core.legality import Outcome, Verdict
from symbiosis.legality import verdicts_on
from symbiosis.models import Proposal
from symbiosis.querysets import ProposalQuerySet


def proposals_visible_to(viewer: Viewer) -> ProposalQuerySet:
    """Proposals whose two sides the viewer may see.

    A proposal's figures follow from both sides' exact amounts and prices, so a pair with an
    anonymous side is shown to its parties and the secretariat only.
    """
    return Proposal.objects.filter(_visible_pair(viewer)).with_parties()


def _visible_pair(viewer: Viewer) -> Q:
    if viewer.secretariat:
        return Q()
    both = visible_listings(viewer, prefix="offer__") & visible_listings(viewer, prefix="need__")
    in_the_open = ~Q(offer__visibility=Visibility.ANONYMOUS) & ~Q(
        need__visibility=Visibility.ANONYMOUS
    )
    if not viewer.organisation_ids:
        return both & in_the_open
    own = Q(offer__organisation_id__in=viewer.organisation_ids) | Q(
        need__organisation_id__in=viewer.organisation_ids
    )
    return both & (in_the_open | own)


def proposals_of_listing(viewer: Viewer, listing: Listing) -> ProposalQuerySet:
    """Proposals of one listing, best first: the plan's own, then what would add most to it."""
    side = listing._meta.model_name or ""
    return (
        proposals_visible_to(viewer)
        .filter(**{side: listing.pk})
        .filter(offer__status=ListingStatus.OPEN, need__status=ListingStatus.OPEN)
        .order_by("-stage", "-rank_cents_per_t", "-value_cents", "id")
    )


def best_proposals(viewer: Viewer, listing: Listing, *, most: int) -> list[Proposal]:
    """The first of ``proposals_of_listing``; only their other sides are read.

    The listing must be one of the visible listings, which come joined with what is shown of them.
    """
    side = listing._meta.model_name or ""
    other = "need" if side == "offer" else "offer"
    rows = proposals_of_listing(viewer, listing).select_related(None).defer(None)
    found = list(rows.select_related(*of_side(other)).defer(*shapes_of_side(other))[:most])
    for proposal in found:
        setattr(proposal, side, listing)
    return found


def proposals_of_organisations(viewer: Viewer) -> ProposalQuerySet:
    """What is proposed for the viewer's own organisations, the plan's part first, by value."""
    own = Q(offer__organisation_id__in=viewer.organisation_ids) | Q(
        need__organisation_id__in=viewer.organisation_ids
    )
    return (
        proposals_visible_to(viewer)
        .filter(own, offer__status=ListingStatus.OPEN, need__status=ListingStatus.OPEN)
        .order_by("-stage", "inferred", "-value_cents", "id")
    )


@dataclass(frozen=True, slots=True)
class DisclosedProposal:
    """A proposal with both sides as far as one viewer may know them."""

    proposal: Proposal
    offer: DisclosedListing
    need: DisclosedListing
    verdict: Verdict | None = None


def disclose_proposal(proposal: Proposal, viewer: Viewer) -> DisclosedProposal:
    """Both sides in the form this viewer may have, without the legal verdict."""
    return DisclosedProposal(
        proposal=proposal,
        offer=disclose(proposal.offer, viewer),
        need=disclose(proposal.need, viewer),
    )


def weighed_proposals(
    proposals: Iterable[Proposal], viewer: Viewer, *, day: date
) -> list[DisclosedProposal]:
    """Both sides of each and the legal verdict on the day, as far as this viewer may know them."""
    rows = list(proposals)
    verdicts = verdicts_on(rows, viewer, current_catalogue(), day=day) if rows else {}
    known: dict[tuple[str, int], DisclosedListing] = {}  # one listing stands in many proposals

    def told(listing: Listing) -> DisclosedListing:
        key = (listing._meta.model_name or "", listing.pk)
        if key not in known:
            known[key] = disclose(listing, viewer)
        return known[key]

    return [
        DisclosedProposal(row, told(row.offer), told(row.need), verdicts[row.pk]) for row in rows
    ]


MOST_WEIGHED = 2_000
"""So many proposals are weighed by law at most to answer one question."""


def too_many_to_weigh(proposals: ProposalQuerySet) -> bool:
    """Whether a question by verdict has to be narrowed first."""
    return len(proposals.order_by().values_list("pk", flat=True)[: MOST_WEIGHED + 1]) > MOST_WEIGHED


def with_outcome(
    proposals: ProposalQuerySet, outcome: Outcome, viewer: Viewer, *, day: date
) -> ProposalQuerySet:
    """Those of the proposals, of the first MOST_WEIGHED by value, whose verdict on the day is this
    one, by what the viewer may know."""
    best = proposals.with_parties().order_by("-value_cents", "id")[:MOST_WEIGHED]
    rows = list(best)
    verdicts = verdicts_on(rows, viewer, current_catalogue(), day=day) if rows else {}
    kept = [pk for pk, verdict in verdicts.items() if verdict.outcome is outcome]
    return proposals.filter(pk__in=kept)
