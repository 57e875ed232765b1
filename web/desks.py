"""What the desks of a firm and of a chamber put together from the selectors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geo.models import Region
from geo.selectors import regions
from marketplace.exchanges.selectors import (
    DisclosedExchange,
    disclose_exchange,
    exchanges_of_organisations,
)
from marketplace.firms.models import Organisation, Site
from marketplace.firms.permits import Permit
from marketplace.firms.selectors import organisations_of, papers_to_renew, sites_visible_to
from marketplace.firms.viewers import Viewer
from marketplace.followup.checks import asked_about
from marketplace.followup.queue import QueueItem, facilitation_queue
from marketplace.listings.aggregates import RegionTotals, regional_totals
from marketplace.listings.completeness import Completeness, completeness
from marketplace.listings.disclosure import DisclosedListing, disclose
from marketplace.listings.querysets import ListingQuerySet
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.advice import SiteHint, hints_for
from symbiosis.core.legality import Outcome
from symbiosis.corridors import Corridor, Gap, corridors, gaps
from symbiosis.figures import MarketFigures, market_figures
from symbiosis.market_map import MapQuery, Shown, narrow_proposals
from symbiosis.missing_links import MissingLink, missing_links_of_market
from symbiosis.selectors import (
    DisclosedProposal,
    disclose_proposal,
    proposals_of_organisations,
    proposals_visible_to,
    with_outcome,
)
from web.sankey import Sankey, sankey

BEST_PROPOSALS = 15
LISTINGS_SHOWN = 100
QUEUE_SHOWN = 60
SITES_HINTED = 5


@dataclass(frozen=True, slots=True)
class OwnListing:
    """``asked``: the owner is asked whether it is still valid."""

    listing: DisclosedListing
    status: str
    score: Completeness
    asked: bool


@dataclass(frozen=True, slots=True)
class OwnDesk:
    organisations: list[Organisation]
    offers: list[OwnListing]
    needs: list[OwnListing]
    exchanges: list[DisclosedExchange]
    proposals: list[DisclosedProposal]
    papers_to_renew: list[Permit]
    today: date
    hints: list[SiteHint]


def own_desk(viewer: Viewer, *, today: date, outcome: Outcome | None = None) -> OwnDesk:
    """Listings and exchanges of the viewer's organisations, what is proposed for them (of one legal
    outcome, if asked) and what lapses."""
    found = proposals_of_organisations(viewer)
    if outcome is not None:
        found = with_outcome(found, outcome, viewer, day=today)
    best = found[:BEST_PROPOSALS]
    return OwnDesk(
        organisations=list(organisations_of(viewer)),
        offers=_own(offers_visible_to(viewer), viewer),
        needs=_own(needs_visible_to(viewer), viewer),
        exchanges=[
            disclose_exchange(row, viewer, on=today)
            for row in exchanges_of_organisations(viewer)[:LISTINGS_SHOWN]
        ],
        proposals=[disclose_proposal(proposal, viewer) for proposal in best],
        papers_to_renew=papers_to_renew(viewer, day=today),
        today=today,
        hints=hints_for(_own_sites(viewer)),
    )


def _own_sites(viewer: Viewer) -> list[Site]:
    own = sites_visible_to(viewer).filter(organisation_id__in=viewer.organisation_ids)
    return list(own.order_by("name", "id")[:SITES_HINTED])


def _own(listings: ListingQuerySet, viewer: Viewer) -> list[OwnListing]:
    own = listings.of_organisations(viewer.organisation_ids).order_by("origin", "-id")
    asked = asked_about(viewer.editable_ids)
    return [
        OwnListing(
            disclose(row, viewer), row.get_status_display(), completeness(row), row.uid in asked
        )
        for row in own[:LISTINGS_SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class ChamberDesk:
    region: Region
    queue: list[QueueItem]
    totals: list[RegionTotals]
    figures: MarketFigures
    posted: list[DisclosedProposal]
    inferred: list[DisclosedProposal]
    corridors: list[Corridor]
    sankey: Sankey | None
    gaps: list[Gap]
    missing: list[MissingLink]


def regions_served(viewer: Viewer) -> list[Region]:
    """Regions whose chamber the viewer serves; the secretariat serves every oblast."""
    oblasts = regions().filter(country="BG", level=Region.Level.NUTS3)
    if not viewer.secretariat:
        oblasts = oblasts.filter(pk__in=viewer.chamber_region_ids)
    return list(oblasts.order_by("code"))


def chamber_desk(viewer: Viewer, region: Region, *, today: date) -> ChamberDesk:
    """A region's figures and its best proposals, a firm's own word apart from inference."""

    def best(shown: Shown) -> list[DisclosedProposal]:
        query = MapQuery(region_code=region.code, shown=shown)
        found = narrow_proposals(proposals_visible_to(viewer), query)
        return [
            disclose_proposal(p, viewer)
            for p in found.order_by("-value_cents", "id")[:BEST_PROPOSALS]
        ]

    ways = corridors(viewer, region=region)
    return ChamberDesk(
        region=region,
        queue=facilitation_queue(viewer, region=region, today=today)[:QUEUE_SHOWN],
        totals=[
            totals
            for totals in regional_totals(as_of=today)
            if region.code.startswith(totals.region.code)
        ],
        figures=market_figures(viewer, region=region),
        posted=best(Shown.POSTED),
        inferred=best(Shown.INFERRED),
        corridors=ways,
        sankey=sankey(region, ways),
        gaps=gaps(viewer, region),
        missing=missing_links_of_market(as_of=today),
    )
