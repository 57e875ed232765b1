"""Places: regions as a tree with polygons, and the gazetteer of named settlements."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.querysets import PlaceQuerySet, RegionQuerySet


class Region(models.Model):
    """A country, NUTS 1-3 region or municipality; NUTS codes nest by prefix."""

    class Level(models.IntegerChoices):
        COUNTRY = 0, _("country")
        NUTS1 = 1, _("major region")
        NUTS2 = 2, _("planning region")
        NUTS3 = 3, _("oblast or province")
        MUNICIPALITY = 4, _("municipality")

    code = models.CharField(max_length=16, unique=True)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    country = models.CharField(max_length=2, help_text=_("ISO 3166 alpha-2 (Greece GR, UK GB)"))
    name_en = models.CharField(max_length=200)
    name_bg = models.CharField(max_length=200, blank=True)
    geometry = models.MultiPolygonField(srid=4326, null=True, blank=True)
    centre = models.PointField(srid=4326, null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        indexes = [models.Index(fields=["country", "level"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """Name in the active language; the Latin one where no Bulgarian is known."""
        return (self.name_bg if get_language() == "bg" else "") or self.name_en


class Place(models.Model):
    """A settlement of the gazetteer; what an address is resolved against."""

    source = models.CharField(max_length=20, help_text=_("ekatte or geonames"))
    source_id = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    name = models.CharField(max_length=200, help_text=_("local script"))
    name_en = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, blank=True)
    region = models.ForeignKey(
        Region, on_delete=models.SET_NULL, null=True, blank=True, related_name="places"
    )
    municipality_name = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    population = models.PositiveIntegerField(default=0)
    location = models.PointField(srid=4326)
    search_keys = ArrayField(models.CharField(max_length=120), default=list)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="place_source_once")
        ]
        indexes = [GinIndex(fields=["search_keys"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"
