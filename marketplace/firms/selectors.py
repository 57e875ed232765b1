"""Which organisations and sites a viewer may see, and which it may act for."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace.firms.models import Affiliation, Organisation, Site
from marketplace.firms.permits import Permit, PermitQuerySet
from marketplace.firms.querysets import OrganisationQuerySet, SiteQuerySet
from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect
from marketplace.listings.models import ListingStatus, Need, Offer, Service, Visibility
from marketplace.listings.selectors import told

MOST_PAPERS = 20


def organisations_visible_to(viewer: Viewer) -> OrganisationQuerySet:
    """The directory of members and register entries, which is public."""
    rows = Organisation.objects.select_related("region", "activity")
    return rows.defer("region__geometry")


def organisations_of(viewer: Viewer) -> OrganisationQuerySet:
    """Organisations the viewer acts for."""
    return organisations_visible_to(viewer).filter(pk__in=viewer.organisation_ids)


def own_organisations_of(viewer: Viewer) -> OrganisationQuerySet:
    """Those of them that the viewer belongs to, without those that only consented."""
    return organisations_of(viewer).exclude(pk__in=viewer.delegated_ids)


def affiliations_of(viewer: Viewer) -> QuerySet[Affiliation]:
    """Affiliations that the viewer's own organisations have as members or as hosts."""
    own = viewer.organisation_ids - viewer.delegated_ids
    shown = Affiliation.objects.select_related("member", "host").order_by("id")
    return shown if viewer.secretariat else shown.filter(Q(member__in=own) | Q(host__in=own))


def sites_visible_to(viewer: Viewer, *, merged_too: bool = False) -> SiteQuerySet:
    """Sites of public registers, sites with a listing shown in the open, and own sites.

    A site that only listings would lead to which keep their place back stays hidden. A chamber's
    officer sees the sites of the chamber's region. ``merged_too`` adds sites that turned out to be
    another one, for readers who keep a copy and must drop it.
    """
    known = Site.objects.all() if merged_too else Site.objects.current()
    sites = known.select_related("organisation", "region", "municipality", "activity")
    sites = sites.defer("region__geometry", "municipality__geometry")
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


def permits_visible_to(viewer: Viewer) -> PermitQuerySet:
    """Papers of the viewer's own organisations; all of them to the secretariat. Others learn only
    what a verdict says of them."""
    permits = Permit.objects.select_related("organisation", "site").prefetch_related(
        "codes__waste_code", "materials"
    )
    return permits if viewer.secretariat else permits.of_organisations(viewer.organisation_ids)


def papers_to_renew(viewer: Viewer, *, day: date) -> list[Permit]:
    """Papers of the viewer's own organisations that have lapsed or soon will, most urgent first."""
    return list(
        Permit.objects.of_organisations(viewer.organisation_ids).to_renew(day)[:MOST_PAPERS]
    )
