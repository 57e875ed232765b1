"""Filters over offers and needs.

A filter on what a listing may keep back applies only to listings that tell it to the caller: an
answer that depends on a withheld value would give it away. Points and regions are the public ones.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q

from api.access import caller_of
from api.filters import (
    Amount,
    Choice,
    Day,
    Flag,
    Instant,
    MineFilterSet,
    NearbyFilterSet,
    PublicId,
    Text,
    Texts,
)
from api.v1.catalogue import KINDS, PILLARS
from api.v1.listing_forms import PATTERNS, STATUSES, WASTE_STATUSES
from geo.privacy import CELL_METRES
from marketplace.listings.confidence import Aspect
from marketplace.listings.models import Origin
from marketplace.listings.selectors import changed_since, told

_ASPECT_OF = {
    "organisation": Aspect.HOLDER,
    "site": Aspect.PLACE,
    "waste_code": Aspect.CODE,
    "price_cents": Aspect.PRICE,
}
"""What a listing must tell the caller for a filter on the column to apply to it."""


class ListingFilters(NearbyFilterSet, MineFilterSet):
    """Shared by offers and needs."""

    min_radius_km = Decimal(2 * CELL_METRES) / 1000

    q = Text(method="by_words")
    material = Text(field_name="material__code")
    material__in = Texts(field_name="material__code", lookup_expr="in")
    kind = Choice(choices=KINDS, field_name="material__kind")
    pillar = Choice(choices=PILLARS, field_name="material__pillar")
    region = Text(field_name="public_region__code", lookup_expr="startswith")
    pattern = Choice(choices=PATTERNS)
    waste_status = Choice(choices=WASTE_STATUSES)
    status = Choice(choices=STATUSES)
    inferred = Flag(method="by_origin")
    organisation = PublicId(field_name="organisation__uid", prefix="org", method="by_told")
    site = PublicId(field_name="site__uid", prefix="site", method="by_told")
    waste_code = Text(field_name="waste_code__code", method="by_told")
    external_id = Text(method="by_external_id")
    price__gte = Amount(method="by_price")
    price__lte = Amount(method="by_price")
    available_on = Day(method="by_window")
    updated_since = Instant(method="by_change")

    @property
    def viewer(self) -> Any:
        return caller_of(self.request).viewer

    def by_told(self, queryset: Any, name: str, value: Any) -> Any:
        aspect = _ASPECT_OF[name.partition("__")[0]]
        return queryset.filter(told(self.viewer, aspect), **{name: value})

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        concept = (
            Q(material__name_en__icontains=value)
            | Q(material__name_bg__icontains=value)
            | Q(material__synonyms_en__icontains=value)
            | Q(material__synonyms_bg__icontains=value)
        )
        words = Q(title__icontains=value) | Q(description__icontains=value)
        return queryset.filter(concept | (told(self.viewer, Aspect.WORDS) & words))

    def by_origin(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(origin=Origin.INFERRED if value else Origin.POSTED)

    def by_external_id(self, queryset: Any, name: str, value: str) -> Any:
        own = {"organisation_id__in": self.viewer.organisation_ids}
        return queryset.filter(external_id=value, **own)

    def by_price(self, queryset: Any, name: str, value: Any) -> Any:
        lookup = name.replace("price", "price_cents")
        return self.by_told(queryset, lookup, value * 100)

    def by_window(self, queryset: Any, name: str, value: Any) -> Any:
        started = Q(available_from__isnull=True) | Q(available_from__lte=value)
        running = Q(available_until__isnull=True) | Q(available_until__gte=value)
        return queryset.filter(told(self.viewer, Aspect.WINDOW), started, running)

    def by_change(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(changed_since(self.viewer, value))
