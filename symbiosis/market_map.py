"""The questions the match map can be asked, and the proposals and listings that answer them.

Map, tiles, table and exports narrow by the same value, so they always show the same market.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db.models import Count, Q, Sum

from geo.models import Region
from marketplace.catalogue.models import Material
from marketplace.listings.models import Origin
from marketplace.listings.querysets import ListingQuerySet
from symbiosis.map_rows import MapRowQuerySet
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
    concepts; ``listing_uid`` shows one listing's proposals, alternatives included; ``month`` (1 to
    12) keeps what runs in that month; ``reach_m`` road metres at most; ``worth_cents`` at least.
    """

    region_code: str = ""
    pillar: str = ""
    material_id: int | None = None
    shown: Shown = Shown.ALL
    cross_region_only: bool = False
    listing_uid: UUID | None = None
    month: int = 0
    reach_m: int = 0
    worth_cents: int = 0


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
    if query.month:
        kept = kept.filter(_in_season("offer__", query.month), _in_season("need__", query.month))
    if query.reach_m:
        kept = kept.filter(road_m__lte=query.reach_m)
    if query.worth_cents:
        kept = kept.filter(value_cents__gte=query.worth_cents)
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
    return kept.filter(_in_season("", query.month)) if query.month else kept


def _in_season(prefix: str, month: int) -> Q:
    """A listing without months runs the whole year."""
    return Q(**{f"{prefix}months": []}) | Q(**{f"{prefix}months__contains": [month]})


def narrow_points(rows: MapRowQuerySet, query: MapQuery, *, today: date) -> MapRowQuerySet:
    """The same as narrow_listings of the narrow rows behind tiles; not for one listing."""
    kept = rows.filter(Q(until__isnull=True) | Q(until__gte=today))
    if query.region_code:
        kept = kept.filter(region_id__in=_region_ids(query.region_code))
    if query.pillar:
        kept = kept.filter(material_id__in=_pillar_ids(query.pillar))
    if query.material_id is not None:
        kept = kept.filter(material_id__in=Material.objects.under(query.material_id))
    if query.shown is not Shown.ALL:
        kept = kept.filter(posted=query.shown is Shown.POSTED)
    return kept.in_month(query.month) if query.month else kept


def narrow_flows(rows: MapRowQuerySet, query: MapQuery) -> MapRowQuerySet:
    """The same as narrow_proposals of the narrow rows behind tiles; not for one listing."""
    kept = rows
    if query.region_code:
        ids = _region_ids(query.region_code)
        kept = kept.filter(Q(offer_region_id__in=ids) | Q(need_region_id__in=ids))
    if query.pillar:
        ids = _pillar_ids(query.pillar)
        kept = kept.filter(Q(offer_material_id__in=ids) | Q(need_material_id__in=ids))
    if query.material_id is not None:
        ids = Material.objects.under(query.material_id)
        kept = kept.filter(Q(offer_material_id__in=ids) | Q(need_material_id__in=ids))
    if query.shown is not Shown.ALL:
        kept = kept.filter(posted=query.shown is Shown.POSTED)
    if query.month:
        kept = kept.in_month(query.month)
    if query.reach_m:
        kept = kept.filter(road_m__lte=query.reach_m)
    if query.worth_cents:
        kept = kept.filter(value_cents__gte=query.worth_cents)
    return kept.filter(cross_region=True) if query.cross_region_only else kept


def _region_ids(code: str) -> frozenset[int]:
    below = Region.objects.filter(code__startswith=code)
    return frozenset(below.values_list("id", flat=True))


def _pillar_ids(pillar: str) -> frozenset[int]:
    return frozenset(Material.objects.filter(pillar=pillar).values_list("id", flat=True))


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
