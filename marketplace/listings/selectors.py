"""Which listings a viewer may see. What may not be seen answers like what does not exist."""

from __future__ import annotations

from django.db.models import Q

from marketplace.firms.viewers import Viewer
from marketplace.listings.models import ListingStatus, Need, Offer, Visibility
from marketplace.listings.querysets import ListingQuerySet


def visible_listings(viewer: Viewer, *, prefix: str = "") -> Q:
    """Condition on a listing, or on a relation to one when ``prefix`` names it (``offer__``)."""
    if viewer.secretariat:
        return Q()
    audience = [Visibility.PUBLIC, Visibility.ANONYMOUS]
    if viewer.member:
        audience.append(Visibility.MEMBERS)
    shown = Q(**{f"{prefix}status": ListingStatus.OPEN, f"{prefix}visibility__in": audience})
    own = Q(**{f"{prefix}organisation_id__in": viewer.organisation_ids})
    return shown | own if viewer.organisation_ids else shown


def offers_visible_to(viewer: Viewer) -> ListingQuerySet:
    """Offers the viewer may see, some of them only in general terms (disclosure.py)."""
    return _with_context(Offer.objects.filter(visible_listings(viewer)))


def needs_visible_to(viewer: Viewer) -> ListingQuerySet:
    """Needs the viewer may see, some of them only in general terms (disclosure.py)."""
    return _with_context(Need.objects.filter(visible_listings(viewer)))


def _with_context(listings: ListingQuerySet) -> ListingQuerySet:
    return listings.select_related(
        "organisation", "site__region", "public_region", "material", "waste_code"
    )
