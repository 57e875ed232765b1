"""Which organisations and sites a viewer may see, and which it may act for."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from marketplace.firms.models import Organisation, Site
from marketplace.firms.querysets import OrganisationQuerySet, SiteQuerySet
from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect
from marketplace.listings.models import ListingStatus, Need, Offer, Service, Visibility
from marketplace.listings.selectors import told


def organisations_visible_to(viewer: Viewer) -> OrganisationQuerySet:
    """The directory of members and register entries, which is public."""
    return Organisation.objects.select_related("region", "activity")


def organisations_of(viewer: Viewer) -> OrganisationQuerySet:
    """Organisations the viewer acts for."""
    return organisations_visible_to(viewer).filter(pk__in=viewer.organisation_ids)


def sites_visible_to(viewer: Viewer) -> SiteQuerySet:
    """Sites of public registers, sites with a listing shown in the open, and own sites.

    A site that only listings would lead to which keep their place back stays hidden. A chamber's
    officer sees the sites of the chamber's region.
    """
    sites = Site.objects.current().select_related(
        "organisation", "region", "municipality", "activity"
    )
    if viewer.secretariat:
        return sites
    shown = [Visibility.PUBLIC, Visibility.MEMBERS] if viewer.member else [Visibility.PUBLIC]
    open_here = {"site": OuterRef("pk"), "status": ListingStatus.OPEN}
    placed = told(viewer, Aspect.PLACE)
    return sites.filter(
        ~Q(source="")
        | Q(organisation_id__in=viewer.organisation_ids)
        | Q(region_id__in=viewer.chamber_region_ids)
        | Exists(Offer.objects.filter(placed, visibility__in=shown, **open_here))
        | Exists(Need.objects.filter(placed, visibility__in=shown, **open_here))
        | Exists(Service.objects.filter(**open_here))
    )


def sites_editable_by(viewer: Viewer) -> SiteQuerySet:
    """Sites the viewer may post for."""
    sites = Site.objects.current().select_related(
        "organisation", "region", "cell_region", "municipality", "activity"
    )
    return sites if viewer.secretariat else sites.filter(organisation_id__in=viewer.editable_ids)
