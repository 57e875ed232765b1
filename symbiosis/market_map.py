"""The questions the match map can be asked, and the proposals and listings that answer them.

Map, tiles, table and exports narrow by the same value, so they always show the same market.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, Sum

from marketplace.catalogue.models import Material
from marketplace.listings.models import Origin
from marketplace.listings.querysets import ListingQuerySet
from symbiosis.querysets import ProposalQuerySet


class Shown(StrEnum):
    """Which side of the line between a firm's own word and an inference is shown."""

    ALL = "all"
    POSTED = "posted"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class MapQuery:
    """One view of the market; every field left empty shows everything.

    ``region_code`` is a NUTS code and takes all below it; ``material_id`` takes all narrower
    concepts; ``listing_uid`` shows one listing's proposals, alternatives included.
    """

    region_code: str = ""
    pillar: str = ""
    material_id: int | None = None
    shown: Shown = Shown.ALL
    cross_region_only: bool = False
    listing_uid: UUID | None = None


def narrow_proposals(proposals: ProposalQuerySet, query: MapQuery) -> ProposalQuerySet:
    """Proposals of the plan (or of one listing) that a view shows; both sides open."""
    kept = proposals.filter(offer__status="open", need__status="open")
    if query.listing_uid is None:
        kept = kept.planned()
    else:
        kept = kept.filter(Q(offer__uid=query.listing_uid) | Q(need__uid=query.listing_uid))
    if query.region_code:
        kept = kept.filter(
            Q(offer__public_region__code__startswith=query.region_code)
            | Q(need__public_region__code__startswith=query.region_code)
        )
    if query.pillar:
        kept = kept.filter(
            Q(offer__material__pillar=query.pillar) | Q(need__material__pillar=query.pillar)
        )
    if query.material_id is not None:
        family = Material.objects.under(query.material_id)
        kept = kept.filter(Q(offer__material_id__in=family) | Q(need__material_id__in=family))
    if query.shown is not Shown.ALL:
        kept = kept.filter(inferred=query.shown is Shown.INFERRED)
    return kept.across_regions() if query.cross_region_only else kept


def narrow_listings(listings: ListingQuerySet, query: MapQuery, *, today: date) -> ListingQuerySet:
    """Open listings that a view shows and that are not over."""
    kept = listings.open().running_on(today)
    if query.listing_uid is not None:
        kept = kept.filter(uid=query.listing_uid)
    if query.region_code:
        kept = kept.filter(public_region__code__startswith=query.region_code)
    if query.pillar:
        kept = kept.filter(material__pillar=query.pillar)
    if query.material_id is not None:
        kept = kept.filter(material_id__in=Material.objects.under(query.material_id))
    if query.shown is not Shown.ALL:
        kept = kept.filter(
            origin=Origin.INFERRED if query.shown is Shown.INFERRED else Origin.POSTED
        )
    return kept


@dataclass(frozen=True, slots=True)
class PairTotals:
    """What a view shows, a firm's own word apart from inference; cents and kg of CO2e."""

    posted: int
    posted_value_cents: int
    posted_co2e_kg: int
    inferred: int

    @property
    def total(self) -> int:
        """Rows of the table; only for paging, never shown as a result."""
        return self.posted + self.inferred


def pair_totals(proposals: ProposalQuerySet) -> PairTotals:
    """Counts of a narrowed set of proposals in one query."""
    sure = Q(inferred=False)
    found = proposals.order_by().aggregate(
        posted=Count("id", filter=sure),
        value=Sum("value_cents", filter=sure, default=0),
        co2e=Sum("co2e_kg", filter=sure, default=0),
        inferred=Count("id", filter=~sure),
    )
    return PairTotals(found["posted"], found["value"], found["co2e"], found["inferred"])
