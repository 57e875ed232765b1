"""Places: regions as a tree with polygons, and the gazetteer of named settlements."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.querysets import PlaceQuerySet, RegionQuerySet


def in_active_language(*, bulgarian: str, latin: str) -> str:
    """The Bulgarian name for a Bulgarian reader where one is known, the Latin one otherwise."""
    return (bulgarian if get_language() == "bg" else "") or latin or bulgarian


class Region(models.Model):
    """A country, NUTS 1-3 region or municipality.

    NUTS codes nest by prefix (Greece EL, the United Kingdom UK); a municipality is coded by
    country and local code ("BG_BGS04") and hangs below its NUTS 3 region.
    """

    class Level(models.IntegerChoices):
        COUNTRY = 0, _("country")
        NUTS1 = 1, _("major region")
        NUTS2 = 2, _("planning region")
        NUTS3 = 3, _("oblast or province")
        MUNICIPALITY = 4, _("municipality")

    code = models.CharField(_("code"), max_length=16, unique=True)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    country = models.CharField(
        _("country"), max_length=2, help_text=_("ISO 3166 alpha-2 (Greece GR, UK GB)")
    )
    name_en = models.CharField(_("name in Latin letters"), max_length=200)
    name_bg = models.CharField(_("name in Bulgarian"), max_length=200, blank=True)
    geometry = models.MultiPolygonField(
        _("polygon"), srid=4326, null=True, blank=True, spatial_index=False
    )
    centre = models.PointField(
        _("a point inside"), srid=4326, null=True, blank=True, spatial_index=False
    )
    source = models.CharField(_("source of code and name"), max_length=200, blank=True)
    shape_source = models.CharField(_("source of the polygon"), max_length=200, blank=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["country", "level"], name="region_country_level"),
            # level first, so that the nearest polygon of a level is one walk of one index
            GistIndex(fields=["level", "geometry"], name="region_level_shape"),
        ]
        constraints = [
            models.CheckConstraint(
                name="region_country_has_no_parent",
                condition=models.Q(level__gt=0) | models.Q(parent__isnull=True),
            ),
            models.CheckConstraint(
                name="region_level_known", condition=models.Q(level__range=(0, 4))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """Name in the active language; the Latin one where no Bulgarian is known."""
        return in_active_language(bulgarian=self.name_bg, latin=self.name_en)


class Place(models.Model):
    """A settlement of the gazetteer; what an address is resolved against."""

    class Source(models.TextChoices):
        EKATTE = "ekatte", _("national register of settlements (EKATTE)")
        GEONAMES = "geonames", _("GeoNames")

    class Kind(models.TextChoices):
        TOWN = "town", _("town")
        VILLAGE = "village", _("village")
        MONASTERY = "monastery", _("monastery")
        SETTLEMENT = "settlement", _("settlement")

    source = models.CharField(_("source"), max_length=20, choices=Source.choices)
    source_id = models.CharField(_("number in the source"), max_length=20)
    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 alpha-2"))
    name = models.CharField(_("name in the local script"), max_length=200)
    name_en = models.CharField(_("name in Latin letters"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.SETTLEMENT)
    region = models.ForeignKey(
        Region,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="places",
        verbose_name=_("oblast or province"),
    )
    municipality_name = models.CharField(_("municipality"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=16, blank=True)
    population = models.PositiveIntegerField(_("population"), default=0)
    location = models.PointField(_("location"), srid=4326, geography=True)
    search_keys = ArrayField(
        models.CharField(max_length=120), verbose_name=_("folded spellings"), default=list
    )

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id"], name="place_source_once")
        ]
        indexes = [
            GinIndex(fields=["search_keys"], name="place_search_keys"),
            models.Index(fields=["country", "postal_code"], name="place_postal_code"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.country})"
