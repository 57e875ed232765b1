"""What can be exchanged: materials, waste codes, activities and what is known to connect them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.querysets import ConversionQuerySet, MaterialQuerySet


class Pillar(models.TextChoices):
    """The three pillars of the council."""

    TEXTILE = "textile", _("Textile")
    PLASTICS = "plastics-packaging", _("Plastics and packaging")
    AGRARIAN = "agrarian", _("Agrarian and food")


class Bilingual(models.Model):
    """A thing with an English and a Bulgarian name."""

    name_en = models.CharField(_("name in English"), max_length=300)
    name_bg = models.CharField(_("name in Bulgarian"), max_length=300, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Name in the active language, English where no Bulgarian is known."""
        return (self.name_bg if get_language() == "bg" else "") or self.name_en


class WasteCode(Bilingual):
    """An entry of the European List of Waste (Decision 2000/532/EC as amended)."""

    class Entry(models.TextChoices):
        ABSOLUTE_NON_HAZARDOUS = "AN", _("absolute non-hazardous")
        ABSOLUTE_HAZARDOUS = "AH", _("absolute hazardous")
        MIRROR_NON_HAZARDOUS = "MN", _("mirror, non-hazardous side")
        MIRROR_HAZARDOUS = "MH", _("mirror, hazardous side")

    code = models.CharField(max_length=6, unique=True, help_text=_("six digits"))
    entry = models.CharField(max_length=2, choices=Entry.choices)
    mirrors = models.ManyToManyField("self", blank=True, symmetrical=True)
    question_en = models.TextField(blank=True)
    question_bg = models.TextField(blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("waste code")
        verbose_name_plural = _("waste codes")

    def __str__(self) -> str:
        return f"{self.display_code} {self.name}"

    @property
    def hazardous(self) -> bool:
        return self.entry in (self.Entry.ABSOLUTE_HAZARDOUS, self.Entry.MIRROR_HAZARDOUS)

    @property
    def question(self) -> str:
        """What decides between a mirror entry and its twin, in the active language."""
        return (self.question_bg if get_language() == "bg" else "") or self.question_en

    @property
    def display_code(self) -> str:
        """``02 07 04`` with a star where hazardous, as the List prints it."""
        star = "*" if self.hazardous else ""
        return f"{self.code[:2]} {self.code[2:4]} {self.code[4:]}{star}"


class Activity(Bilingual):
    """A NACE activity; the code keeps its dot (``10.51``) and its revision."""

    code = models.CharField(max_length=8)
    revision = models.CharField(max_length=4, default="2.0")

    class Meta:
        ordering = ["revision", "code"]
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.UniqueConstraint(fields=["revision", "code"], name="activity_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Material(Bilingual):
    """A concept of the catalogue: a by-product, residue, secondary raw material, water, energy,
    capacity, or the use a receiver asks for. Monetary defaults are EUR cents per tonne (per MWh,
    cubic metre or unit for the other kinds)."""

    class Kind(models.TextChoices):
        MATERIAL = "material", _("material")
        WATER = "water", _("water")
        ENERGY = "energy", _("energy and heat")
        CAPACITY = "capacity", _("capacity")

    code = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MATERIAL)
    is_use = models.BooleanField(
        _("is a use"), default=False, help_text=_("names what a receiver needs, not a stream")
    )
    pillar = models.CharField(max_length=20, choices=Pillar.choices, blank=True)
    sector = models.CharField(max_length=20, blank=True)
    broader = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="narrower"
    )
    synonyms_en = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    synonyms_bg = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    waste_codes = models.ManyToManyField(WasteCode, blank=True, related_name="materials")
    cn_codes = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    form = models.CharField(max_length=10, blank=True)
    density_kg_m3 = models.PositiveIntegerField(null=True, blank=True)
    disposal_cents_per_t = models.IntegerField(default=0)
    value_low_cents_per_t = models.IntegerField(null=True, blank=True)
    value_high_cents_per_t = models.IntegerField(null=True, blank=True)
    purchase_cents_per_t = models.IntegerField(null=True, blank=True)
    substitution = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    avoided_kgco2e_per_t = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True
    )
    avoided_source = models.CharField(max_length=300, blank=True)
    avoided_year = models.PositiveSmallIntegerField(null=True, blank=True)
    properties = models.TextField(blank=True)
    hazard = models.TextField(blank=True)
    note = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MaterialQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        indexes = [GinIndex(fields=["synonyms_en"]), GinIndex(fields=["synonyms_bg"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value_low_cents_per_t__isnull=True)
                | models.Q(value_high_cents_per_t__gte=models.F("value_low_cents_per_t")),
                name="material_value_range_ordered",
            )
        ]

    @property
    def also_called(self) -> list[str]:
        """Synonyms in the active language."""
        return self.synonyms_bg if get_language() == "bg" else self.synonyms_en


class Conversion(models.Model):
    """An edge of the knowledge graph: what one concept can become or serve, and how."""

    source = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="conversions")
    target = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="made_from")
    process_en = models.CharField(max_length=300)
    process_bg = models.CharField(max_length=300)
    yield_ratio = models.DecimalField(max_digits=6, decimal_places=4, default=1)
    cost_low_cents_per_t = models.IntegerField(default=0)
    cost_high_cents_per_t = models.IntegerField(default=0)
    conditions_en = models.TextField(blank=True)
    conditions_bg = models.TextField(blank=True)
    route = models.CharField(max_length=20, help_text=_("by-product, end-of-waste, R1-R13, direct"))
    weight = models.DecimalField(max_digits=4, decimal_places=3, default=1)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ConversionQuerySet.as_manager()

    class Meta:
        ordering = ["source", "target", "id"]
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "process_en"], name="conversion_once"
            ),
            models.CheckConstraint(
                condition=models.Q(yield_ratio__gt=0, weight__gte=0, weight__lte=1),
                name="conversion_ratios_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source.code} -> {self.target.code}"

    @property
    def process(self) -> str:
        return (self.process_bg if get_language() == "bg" else "") or self.process_en


class StreamProfile(models.Model):
    """What an activity typically gives off or takes in; the basis of inferred listings."""

    class Direction(models.TextChoices):
        OUTPUT = "output", _("gives off")
        INPUT = "input", _("takes in")

    class Likelihood(models.TextChoices):
        HIGH = "high", _("very likely")
        MEDIUM = "medium", _("likely")
        LOW = "low", _("possible")

    activity_code = models.CharField(max_length=8, help_text=_("NACE Rev. 2 code or its prefix"))
    direction = models.CharField(max_length=6, choices=Direction.choices)
    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="profiles")
    likelihood = models.CharField(max_length=6, choices=Likelihood.choices)
    t_per_employee = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    t_per_t_product = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    share_of_waste = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["activity_code", "direction", "id"]
        verbose_name = _("activity profile")
        verbose_name_plural = _("activity profiles")
        constraints = [
            models.UniqueConstraint(
                fields=["activity_code", "direction", "material"], name="stream_profile_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_code} {self.direction} {self.material.code}"


class CatalogueRelease(models.Model):
    """A load of the reviewed data files; tells whether the database already holds them."""

    digest = models.CharField(max_length=64, unique=True)
    loaded_at = models.DateTimeField(auto_now_add=True)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("catalogue release")
        verbose_name_plural = _("catalogue releases")

    def __str__(self) -> str:
        return f"{self.loaded_at:%Y-%m-%d} {self.digest[:12]}"
