"""Ways between regions: what is proposed on each, and where nothing answers what is posted.

Corridors add up proposals that the viewer could read one by one (posted on both sides, of the
plan), so they tell nothing new; what is agreed or delivered is told by impact statements only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from geo.models import Region
from geo.selectors import regions
from marketplace.catalogue.models import Material
from marketplace.firms.viewers import Viewer
from symbiosis.map_rows import MapFlow, MapPoint

MOST_GAPS = 15


@dataclass(frozen=True, slots=True)
class Corridor:
    """Planned exchanges from one region to another (or within one); cents and kilograms."""

    origin: Region
    goal: Region
    exchanges: int
    value_cents: int
    mass_kg: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A material that firms of a region offer and nobody takes, or need and nobody brings."""

    side: str
    material: Material
    listings: int
    mass_kg: int


def corridors(viewer: Viewer, *, region: Region | None = None) -> list[Corridor]:
    """The most valuable first; ``region`` keeps those that begin or end in it."""
    rows = MapFlow.objects.visible_to(viewer).filter(
        posted=True, offer_region_id__isnull=False, need_region_id__isnull=False
    )
    if region is not None:
        rows = rows.filter(Q(offer_region_id=region.pk) | Q(need_region_id=region.pk))
    found = (
        rows.order_by()
        .values_list("offer_region_id", "need_region_id")
        .annotate(exchanges=Count("pk"), cents=Sum("value_cents"), kg=Sum("base_kg"))
    )
    ends = regions().in_bulk({pk for origin, goal, *_rest in found for pk in (origin, goal)})
    made = [Corridor(ends[a], ends[b], count, cents, kg) for a, b, count, cents, kg in found]
    return sorted(made, key=lambda one: (-one.value_cents, one.origin.code, one.goal.code))


def gaps(viewer: Viewer, region: Region) -> list[Gap]:
    """What firms of the region posted openly and the plan leaves alone, by amount."""
    found = (
        MapPoint.objects.visible_to(viewer)
        .unserved()
        .filter(region_id=region.pk)
        .order_by()
        .values_list("side", "material_id")
        .annotate(listings=Count("pk"), kg=Sum("base_kg"))
        .order_by("-kg", "material_id")[:MOST_GAPS]
    )
    rows = list(found)
    materials = Material.objects.in_bulk([material for _side, material, *_rest in rows])
    names = {MapPoint.Side.OFFER: "offer", MapPoint.Side.NEED: "need"}
    return [Gap(names[side], materials[m], count, kg) for side, m, count, kg in rows]


def exchanged_with(region: Region, found: Iterable[Corridor]) -> dict[Region, tuple[int, int]]:
    """Cents that go out of a region to each other one, and that come in from it."""
    ways: dict[Region, tuple[int, int]] = {}
    for one in found:
        if one.origin == one.goal:
            continue
        other = one.goal if one.origin == region else one.origin
        out, back = ways.get(other, (0, 0))
        if one.origin == region:
            ways[other] = (out + one.value_cents, back)
        else:
            ways[other] = (out, back + one.value_cents)
    return ways
