"""Totals of the market: what firms posted, and apart from it what is only inferred."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from geo.models import Region
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import ANYONE, Viewer
from marketplace.listings.models import Origin
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.selectors import proposals_visible_to


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """Counts of open listings and planned exchanges; money in cents, CO2e in kilograms.

    Every ``posted_*`` figure leaves out whatever has an inferred side; alternatives to the plan
    are counted nowhere, because they compete for the same tonnes.
    """

    posted_offers: int
    posted_needs: int
    posted_proposals: int
    posted_cross_region: int
    posted_value_cents: int
    posted_co2e_kg: int
    posted_quantity_kg: int
    inferred_listings: int
    inferred_proposals: int
    organisations: int
    fictional: bool


def public_figures() -> MarketFigures:
    """The market as anybody may see it."""
    return market_figures(ANYONE)


def market_figures(viewer: Viewer, *, region: Region | None = None) -> MarketFigures:
    """Totals over what the viewer may see; ``region`` keeps what has a side in it."""
    listing_scope, pair_scope, firm_scope = _scopes(region)
    offers = offers_visible_to(viewer).open().filter(listing_scope)
    needs = needs_visible_to(viewer).open().filter(listing_scope)
    posted = Count("id", filter=Q(origin=Origin.POSTED))
    inferred = Count("id", filter=Q(origin=Origin.INFERRED))
    offered = offers.order_by().aggregate(posted=posted, inferred=inferred)
    needed = needs.order_by().aggregate(posted=posted, inferred=inferred)
    sure = Q(inferred=False)
    in_mass = sure & Q(offer__material__kind="material")
    pairs = (
        proposals_visible_to(viewer)
        .planned()
        .filter(pair_scope)
        .order_by()
        .aggregate(
            posted=Count("id", filter=sure),
            cross=Count("id", filter=sure & Q(cross_region=True)),
            value=Sum("value_cents", filter=sure, default=0),
            co2e=Sum("co2e_kg", filter=sure, default=0),
            mass=Sum("base_quantity", filter=in_mass, default=0),
            inferred=Count("id", filter=Q(inferred=True)),
        )
    )
    firms = (
        Organisation.objects.of_type(Organisation.Type.FIRM)
        .filter(firm_scope)
        .values("pk")
        .distinct()
    )
    return MarketFigures(
        posted_offers=offered["posted"],
        posted_needs=needed["posted"],
        posted_proposals=pairs["posted"],
        posted_cross_region=pairs["cross"],
        posted_value_cents=pairs["value"],
        posted_co2e_kg=pairs["co2e"],
        posted_quantity_kg=pairs["mass"],
        inferred_listings=offered["inferred"] + needed["inferred"],
        inferred_proposals=pairs["inferred"],
        organisations=firms.count(),
        fictional=firms.filter(is_demo=True).exists(),
    )


def _scopes(region: Region | None) -> tuple[Q, Q, Q]:
    """Conditions on a listing, a proposal and an organisation of a region and all below it."""
    if region is None:
        return Q(), Q(), Q()
    below = region.code
    pair = Q(offer__public_region__code__startswith=below) | Q(
        need__public_region__code__startswith=below
    )
    # By the cell's oblast, as the listings are: the site's own would tell on which side of a
    # border inside the cell it lies.
    firm = Q(region__code__startswith=below) | Q(sites__cell_region__code__startswith=below)
    return Q(public_region__code__startswith=below), pair, firm
