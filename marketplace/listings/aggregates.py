"""What is offered and needed by region, told so that no firm's part can be worked out.

Fixed areas only: the country, its planning regions (NUTS 2) and oblasts (NUTS 3); every posted,
open, lasting listing of a material counts, whoever may see it. Amounts are the listings' general
figures at their public places, so that nothing kept back is in them; on top of that an area is
blank where geo/disclosure.py says that its total would give a contributor away.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from geo.disclosure import Nested, disclose_nested
from geo.models import Region
from geo.selectors import regions
from marketplace.listings.models import Need, Offer, SupplyPattern

COUNTRY = "BG"

Contributions = dict[str, dict[str, dict[Hashable, int]]]
"""Kilograms a year by planning region, oblast and organisation."""


@dataclass(frozen=True, slots=True)
class RegionTotals:
    """Kilograms a year offered and needed in a region; None where too few firms stand behind it."""

    region: Region
    offered_kg: int | None
    needed_kg: int | None


def regional_totals(*, as_of: date) -> list[RegionTotals]:
    """The country, then each planning region with its oblasts, by code."""
    areas = [
        region
        for region in regions().filter(country=COUNTRY).select_related("parent").order_by("code")
        if region.level in (Region.Level.COUNTRY, Region.Level.NUTS2, Region.Level.NUTS3)
    ]
    oblasts = [region.code for region in areas if region.level == Region.Level.NUTS3]
    offered, needed = (
        disclose_nested(contributions(model, oblasts, as_of=as_of)) for model in (Offer, Need)
    )
    return [RegionTotals(region, _of(offered, region), _of(needed, region)) for region in areas]


def contributions(
    model: type[Offer] | type[Need], oblasts: list[str], *, as_of: date
) -> Contributions:
    """What each organisation adds to each oblast; oblasts without listings are empty."""
    found: Contributions = {}
    for code in oblasts:
        found.setdefault(planning_region(code), {})[code] = {}
    rows = (
        model.objects.open()
        .posted()
        .running_on(as_of)
        .filter(public_region__code__in=oblasts, material__kind="material")
        .exclude(pattern=SupplyPattern.ONE_OFF)
        .order_by()
        .values_list("public_region__code", "organisation_id")
        .annotate(kg=Sum("public_quantity"))
    )
    for code, organisation, kg in rows:
        found[planning_region(code)][code][organisation] = kg
    return found


def planning_region(oblast_code: str) -> str:
    """The NUTS 2 code that an oblast's code begins with."""
    return oblast_code[:4]


def _of(told: Nested[str, str], region: Region) -> int | None:
    if region.level == Region.Level.COUNTRY:
        return told.total
    if region.level == Region.Level.NUTS2:
        return told.areas.get(region.code, 0)
    return told.parts[region.code]
