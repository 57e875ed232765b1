"""Questions about listings that read as sentences."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from geo.querysets import LocatedQuerySet


def of_side(side: str) -> list[str]:
    """What a page or an answer on a pair of listings shows of a side, to be joined."""
    shown = ("material", "organisation", "public_region", "site__region", "waste_code")
    return [f"{side}__{path}" for path in shown]


OF_BOTH_SIDES = (*of_side("offer"), *of_side("need"))

SHAPES = ("public_region__geometry", "site__region__geometry")
"""Polygons of regions, a thousand times larger than the rest of a row: left where they are."""


def shapes_of_side(side: str) -> list[str]:
    """The polygons that ``of_side`` would bring along, to be deferred."""
    return [f"{side}__{path}" for path in SHAPES]


SHAPES_OF_BOTH_SIDES = (*shapes_of_side("offer"), *shapes_of_side("need"))


class ListingQuerySet(LocatedQuerySet):
    """Located by ``public_location``: an anonymous listing lives at its cell's centre."""

    location_field = "public_location"

    def open(self) -> ListingQuerySet:
        return self.filter(status="open")

    def posted(self) -> ListingQuerySet:
        """What firms wrote themselves; the only listings that totals count."""
        return self.filter(origin="posted")

    def inferred(self) -> ListingQuerySet:
        return self.filter(origin="inferred")

    def not_inferred_at(self, site_ids: frozenset[int]) -> ListingQuerySet:
        """Without what is inferred at these sites; a firm's own word there stays."""
        return self.exclude(origin="inferred", site_id__in=site_ids) if site_ids else self

    def running_on(self, day: date) -> ListingQuerySet:
        """Not yet over on the day."""
        return self.filter(Q(available_until__isnull=True) | Q(available_until__gte=day))

    def of_organisations(self, organisation_ids: frozenset[int]) -> ListingQuerySet:
        return self.filter(organisation_id__in=organisation_ids)


class ServiceQuerySet(LocatedQuerySet):
    """Located at the site that gives the service."""

    location_field = "site__location"
