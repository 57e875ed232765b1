"""Which listings a viewer may see. What may not be seen answers like what does not exist."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect
from marketplace.listings.models import ListingStatus, Need, Offer, Service, Visibility
from marketplace.listings.querysets import SHAPES, ListingQuerySet, ServiceQuerySet


def visible_listings(viewer: Viewer, *, prefix: str = "", gone_too: bool = False) -> Q:
    """Condition on a listing, or on a relation to one when ``prefix`` names it (``offer__``).

    ``gone_too`` adds what is no longer open, for readers who keep a copy and must drop it.
    """
    if viewer.secretariat:
        return Q()
    audience = [Visibility.PUBLIC, Visibility.ANONYMOUS]
    if viewer.member:
        audience.append(Visibility.MEMBERS)
    shown = Q(**{f"{prefix}visibility__in": audience})
    if not gone_too:
        shown &= Q(**{f"{prefix}status": ListingStatus.OPEN})
    own = Q(**{f"{prefix}organisation_id__in": viewer.organisation_ids})
    return shown | own if viewer.organisation_ids else shown


def offers_visible_to(viewer: Viewer, *, gone_too: bool = False) -> ListingQuerySet:
    """Offers the viewer may see, some of them only in general terms (disclosure.py)."""
    return _with_context(Offer.objects.filter(visible_listings(viewer, gone_too=gone_too)))


def needs_visible_to(viewer: Viewer, *, gone_too: bool = False) -> ListingQuerySet:
    """Needs the viewer may see, some of them only in general terms (disclosure.py)."""
    return _with_context(Need.objects.filter(visible_listings(viewer, gone_too=gone_too)))


def told(viewer: Viewer, aspect: str) -> Q:
    """Condition: the viewer is told this aspect of the listing. A filter on an aspect must hold
    this too, or its answers would give a withheld value away."""
    if viewer.secretariat:
        return Q()
    kept_with = {aspect, Aspect.HOLDER} if aspect == Aspect.PLACE else {aspect}
    shown = ~Q(visibility=Visibility.ANONYMOUS) & ~Q(confidential__overlap=sorted(kept_with))
    if not viewer.member:
        shown &= ~Q(members_only__overlap=sorted(kept_with))
    return shown | Q(organisation_id__in=viewer.organisation_ids)


def told_in_full(viewer: Viewer) -> Q:
    """Condition: the viewer is told everything of the listing."""
    if viewer.secretariat:
        return Q()
    full = ~Q(visibility=Visibility.ANONYMOUS) & Q(confidential=[])
    if not viewer.member:
        full &= Q(members_only=[])
    return full | Q(organisation_id__in=viewer.organisation_ids)


def changed_since(viewer: Viewer, moment: datetime) -> Q:
    """Condition: changed for this viewer since the moment. A listing told in general terms counts
    from the day it was posted; later changes inside its band and cell leave no trace."""
    recently = Q(updated_at__gte=moment)
    full = told_in_full(viewer)
    if not full:
        return recently
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (full & recently) | (~full & Q(created_at__gte=day))


def services_visible_to(viewer: Viewer, *, gone_too: bool = False) -> ServiceQuerySet:
    """Open services are public; an organisation also sees its closed ones. ``gone_too`` adds what
    is no longer open, for readers who keep a copy and must drop it."""
    services = (
        Service.objects.select_related(
            "organisation", "site__region", "input_material", "output_material"
        )
        .defer("site__region__geometry")
        .prefetch_related("permitted_codes")
    )
    if viewer.secretariat or gone_too:
        return services
    return services.filter(
        Q(status=ListingStatus.OPEN) | Q(organisation_id__in=viewer.organisation_ids)
    )


def _with_context(listings: ListingQuerySet) -> ListingQuerySet:
    return listings.select_related(
        "organisation", "site__region", "public_region", "material", "waste_code"
    ).defer(*SHAPES)
