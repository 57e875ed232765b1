"""What of other markets somebody may read, and what another market may read of ours."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.firms.viewers import Viewer
from symbiosis.federation.models import CrossMatch, OwnDescriptor, PartnerMarket


def partner_markets() -> QuerySet[PartnerMarket]:
    """Markets that listings here are matched with."""
    return PartnerMarket.objects.filter(active=True)


def cross_matches_of(viewer: Viewer) -> QuerySet[CrossMatch]:
    """Matches of the viewer's own listings, and nobody else's: who is matched with whom abroad is
    the members' business alone."""
    own = viewer.organisation_ids
    return CrossMatch.objects.filter(
        Q(own__offer__organisation_id__in=own) | Q(own__need__organisation_id__in=own),
        foreign__partner__active=True,
    ).select_related(
        "own__material", "own__offer", "own__need", "foreign__partner", "foreign__material"
    )


def descriptors_told() -> QuerySet[OwnDescriptor]:
    """What every partner market may read of the listings here, in the order of its changes."""
    return OwnDescriptor.objects.select_related("material").order_by("number")


def interests_told(partner: PartnerMarket) -> QuerySet[CrossMatch]:
    """What our members let this partner know, in the order in which it was said."""
    return (
        CrossMatch.objects.filter(foreign__partner=partner, number__isnull=False)
        .select_related(
            "own__offer__organisation",
            "own__need__organisation",
            "own__offer__material",
            "own__need__material",
            "foreign",
        )
        .order_by("number")
    )
