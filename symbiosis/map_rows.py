"""The rows that the map's tiles are built from: the open market in narrow form.

The database itself keeps them: statement triggers on offers, needs and proposals (migration
map_rows) write them anew in the same transaction, so nothing is ever rebuilt inside a request and a
listing that turns confidential leaves the public tiles with that very change. Positions and amounts
are the public ones; exact figures never enter.
"""

from __future__ import annotations

from typing import Any

from django.contrib.gis.db import models
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from marketplace.firms.viewers import Viewer

EVERY_MONTH = 0b1111_1111_1111
"""Bit ``m - 1`` stands for month ``m``."""


class Audience(models.IntegerChoices):
    """Who may see a row, widest first; a viewer of a class sees the classes before it too."""

    ANYONE = 0, "anyone"
    MEMBERS = 1, "members"
    PARTIES = 2, "parties"


def audience_of(viewer: Viewer) -> Audience:
    """The class a viewer belongs to, whatever its own rows are."""
    if viewer.secretariat:
        return Audience.PARTIES
    return Audience.MEMBERS if viewer.member else Audience.ANYONE


class MapRowQuerySet(models.QuerySet[Any]):
    def visible_to(self, viewer: Viewer) -> MapRowQuerySet:
        """What selectors.py would let the viewer see; a test holds the two together."""
        return self.filter(self._seen(viewer))

    def _seen(self, viewer: Viewer) -> Q:
        return Q(audience__lte=audience_of(viewer))

    def in_month(self, month: int) -> MapRowQuerySet:
        """Running in a month of the year (1 to 12)."""
        bit = 1 << (month - 1)
        running: MapRowQuerySet = self.alias(_running=models.F("months").bitand(bit))
        return running.filter(_running=bit)

    def unserved(self) -> MapRowQuerySet:
        """Points that firms posted openly and that no planned exchange touches: streams nobody
        takes, needs nobody serves. What is told in general terms only is left out: whether the
        engine found it a partner rests on more than its readers know."""
        offered = Exists(MapFlow.objects.filter(offer_id=OuterRef("listing_id")))
        needed = Exists(MapFlow.objects.filter(need_id=OuterRef("listing_id")))
        alone = Q(side=MapPoint.Side.OFFER) & ~offered | Q(side=MapPoint.Side.NEED) & ~needed
        return self.filter(alone, posted=True, veiled=False)


class FlowRowQuerySet(MapRowQuerySet):
    def _seen(self, viewer: Viewer) -> Q:
        own = Q(offer_organisation_id__in=viewer.organisation_ids) | Q(
            need_organisation_id__in=viewer.organisation_ids
        )
        wide = super()._seen(viewer)
        return wide | own if viewer.organisation_ids else wide


class MapPoint(models.Model):
    """An open listing. ``at``: EPSG:3857; ``base_kg``: public kilograms, 0 for what is no mass."""

    class Side(models.IntegerChoices):
        OFFER = 0, "offer"
        NEED = 1, "need"

    side = models.PositiveSmallIntegerField(choices=Side.choices)
    listing_id = models.BigIntegerField()
    audience = models.PositiveSmallIntegerField(choices=Audience.choices)
    veiled = models.BooleanField(help_text="told to outsiders in general terms only")
    posted = models.BooleanField()
    material_id = models.BigIntegerField()
    region_id = models.BigIntegerField(null=True)
    months = models.PositiveSmallIntegerField(default=EVERY_MONTH)
    until = models.DateField(null=True)
    base_kg = models.BigIntegerField()
    at = models.PointField(srid=3857, spatial_index=True)

    objects = MapRowQuerySet.as_manager()

    class Meta:
        verbose_name = "map point"
        constraints = [
            models.UniqueConstraint(fields=["side", "listing_id"], name="map_point_once")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.listing_id}"


class MapFlow(models.Model):
    """A planned proposal with both sides open. ``line``: start, crest and end of its curve."""

    proposal_id = models.BigIntegerField(primary_key=True)
    offer_id = models.BigIntegerField(db_index=True)
    need_id = models.BigIntegerField(db_index=True)
    audience = models.PositiveSmallIntegerField(choices=Audience.choices)
    offer_organisation_id = models.BigIntegerField()
    need_organisation_id = models.BigIntegerField()
    offer_material_id = models.BigIntegerField()
    need_material_id = models.BigIntegerField()
    offer_region_id = models.BigIntegerField(null=True)
    need_region_id = models.BigIntegerField(null=True)
    posted = models.BooleanField(help_text="both sides posted by firms")
    cross_region = models.BooleanField()
    months = models.PositiveSmallIntegerField(default=EVERY_MONTH)
    value_cents = models.BigIntegerField()
    base_kg = models.BigIntegerField()
    road_m = models.PositiveIntegerField()
    line = models.LineStringField(srid=3857, spatial_index=True)

    objects = FlowRowQuerySet.as_manager()

    class Meta:
        verbose_name = "map flow"
        indexes = [models.Index(fields=["-posted", "-value_cents", "proposal_id"])]

    def __str__(self) -> str:
        return f"flow {self.proposal_id}"


def mend_map() -> int:
    """Put right whatever rows differ from what the tables say now; how many did.

    A run that saves while a listing changes elsewhere sees neither the other's write: what a
    proposal's row says of that listing may then be a moment old. Called after each run.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT symbiosis_mend_map()")
        return int(cursor.fetchone()[0])
