"""What organisations have and what they want: offers, needs and services."""

from __future__ import annotations

import uuid
from datetime import date

from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.catalogue.models import Material, WasteCode
from marketplace.firms.models import Organisation, Site
from marketplace.ids import encode
from marketplace.listings.confidence import Aspect, BandLow, general_form_needed
from marketplace.listings.querysets import ListingQuerySet, ServiceQuerySet
from marketplace.units import Basis, Quantity


class QuantityBasis(models.TextChoices):
    TOTAL = Basis.TOTAL.value, _("in all")
    DAY = Basis.DAY.value, _("a day")
    WEEK = Basis.WEEK.value, _("a week")
    MONTH = Basis.MONTH.value, _("a month")
    YEAR = Basis.YEAR.value, _("a year")


class SupplyPattern(models.TextChoices):
    ONE_OFF = "one_off", _("one-off")
    CONTINUOUS = "continuous", _("continuous")
    SEASONAL = "seasonal", _("seasonal")


class Visibility(models.TextChoices):
    PUBLIC = "public", _("public")
    MEMBERS = "members", _("members only")
    ANONYMOUS = "anonymous", _("anonymous")


class ListingStatus(models.TextChoices):
    OPEN = "open", _("open")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Origin(models.TextChoices):
    POSTED = "posted", _("posted by the firm")
    INFERRED = "inferred", _("inferred from the activity")


class WasteStatus(models.TextChoices):
    UNKNOWN = "unknown", _("not known yet")
    WASTE = "waste", _("waste")
    BY_PRODUCT = "by_product", _("by-product")
    END_OF_WASTE = "end_of_waste", _("end-of-waste")
    PRODUCT = "product", _("product or resource")


_QUANTITY_KEPT_BACK = (
    models.Q(visibility=Visibility.ANONYMOUS)
    | models.Q(confidential__contains=[Aspect.QUANTITY])
    | models.Q(members_only__contains=[Aspect.QUANTITY])
)


class Listing(models.Model):
    """What offers and needs share.

    ``quantity_*`` is what the owner wrote; ``base_quantity`` the same in whole base units (kg,
    litre, kWh, thousandths of a unit) over a year, or in all for a one-off. Prices are cents per
    1,000 base units (per tonne, m3, MWh, unit).

    ``public_*`` is what stands for the listing wherever one result serves several readers: in the
    engine, in orderings, tiles and totals. Whatever reckons there with the exact figures of a
    listing that keeps them back gives them away.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="%(class)ss"
    )
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="%(class)ss")
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="%(class)ss")
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    quantity_value = models.DecimalField(_("quantity"), max_digits=20, decimal_places=6)
    quantity_unit = models.CharField(_("unit"), max_length=10)
    quantity_basis = models.CharField(
        _("counted"), max_length=5, choices=QuantityBasis.choices, default=QuantityBasis.YEAR
    )
    base_quantity = models.BigIntegerField(editable=False, validators=[MinValueValidator(1)])
    base_reserved = models.BigIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text=_("base units that agreed exchanges hold; the sum of their reservations"),
    )
    pattern = models.CharField(
        _("pattern"),
        max_length=10,
        choices=SupplyPattern.choices,
        default=SupplyPattern.CONTINUOUS,
    )
    available_from = models.DateField(_("available from"), null=True, blank=True)
    available_until = models.DateField(_("available until"), null=True, blank=True)
    months = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(12)]),
        verbose_name=_("months of the season"),
        default=list,
        blank=True,
    )
    min_lot_value = models.DecimalField(
        _("minimum lot"), max_digits=20, decimal_places=6, null=True, blank=True
    )
    base_min_lot = models.BigIntegerField(null=True, blank=True, editable=False)
    price_cents = models.IntegerField(
        _("price"),
        null=True,
        blank=True,
        help_text=_("euro cents per tonne, m3, MWh or unit; negative: the holder pays"),
    )
    quality_notes = models.TextField(_("quality"), blank=True)
    waste_status = models.CharField(
        _("legal status"), max_length=12, choices=WasteStatus.choices, default=WasteStatus.UNKNOWN
    )
    waste_code = models.ForeignKey(
        WasteCode, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)ss"
    )
    visibility = models.CharField(
        _("who may see it"),
        max_length=10,
        choices=Visibility.choices,
        default=Visibility.PUBLIC,
    )
    members_only = ArrayField(
        models.CharField(max_length=8, choices=Aspect.choices),
        verbose_name=_("for members only"),
        default=list,
        db_default=[],
        blank=True,
    )
    confidential = ArrayField(
        models.CharField(max_length=8, choices=Aspect.choices),
        verbose_name=_("for nobody before both sides agree"),
        default=list,
        db_default=[],
        blank=True,
    )
    public_location = models.PointField(
        srid=4326,
        geography=True,
        editable=False,
        help_text=_("the site, or its grid cell's centre where the place is kept back"),
    )
    public_region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    public_quantity = models.GeneratedField(
        expression=models.Case(
            models.When(_QUANTITY_KEPT_BACK, then=BandLow("base_quantity")),
            default=models.F("base_quantity"),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        editable=False,
        help_text=_("the amount, or its band's lower end where the quantity is kept back"),
    )
    public_remaining = models.GeneratedField(
        # Of what is kept back, the band less the reserved: the exact rest would tell, in its own
        # band, where in the whole's band the amount lies.
        expression=Greatest(
            models.Case(
                models.When(_QUANTITY_KEPT_BACK, then=BandLow("base_quantity")),
                default=models.F("base_quantity"),
            )
            - models.F("base_reserved"),
            0,
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
        editable=False,
        help_text=_("what no agreed exchange holds, in the form that the engine may know"),
    )
    origin = models.CharField(max_length=8, choices=Origin.choices, default=Origin.POSTED)
    inferred_from = models.JSONField(default=dict, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=ListingStatus.choices, default=ListingStatus.OPEN
    )
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = ListingQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "origin", "material"]),
            models.Index(fields=["organisation", "status"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(base_quantity__gt=0), name="%(class)s_quantity_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    base_reserved__gte=0, base_reserved__lte=models.F("base_quantity")
                ),
                name="%(class)s_no_tonne_twice",
            ),
            models.CheckConstraint(
                condition=models.Q(available_until__isnull=True)
                | models.Q(available_from__isnull=True)
                | models.Q(available_until__gte=models.F("available_from")),
                name="%(class)s_window_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(base_min_lot__isnull=True)
                | models.Q(base_min_lot__gt=0, base_min_lot__lte=models.F("base_quantity")),
                name="%(class)s_lot_within_quantity",
            ),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~models.Q(external_id=""),
                name="%(class)s_external_id_once",
            ),
            models.UniqueConstraint(
                fields=["site", "material"],
                condition=models.Q(origin="inferred"),
                name="%(class)s_inferred_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.quantity_value, self.quantity_unit, Basis(self.quantity_basis))

    @property
    def base_remaining(self) -> int:
        """Base units that no agreed exchange holds."""
        return self.base_quantity - self.base_reserved

    @property
    def inferred(self) -> bool:
        return self.origin == Origin.INFERRED

    @property
    def kept_back(self) -> frozenset[str]:
        """Aspects that some of the listing's readers are not told."""
        return general_form_needed(
            self.visibility, frozenset(self.members_only) | frozenset(self.confidential)
        )

    def place_at(self, site: Site) -> None:
        """Put the listing at a site of its organisation, shown as its visibility allows.

        The one rule of what stands for the site outside: where the place is kept back it is the
        centre and the oblast of the grid cell, so that nothing computed from them can tell more.
        """
        hidden = Aspect.PLACE in self.kept_back
        self.site = site
        self.organisation_id = site.organisation_id
        self.public_location = site.cell_location if hidden else site.location
        self.public_region = site.cell_region if hidden else site.region

    def open_on(self, day: date) -> bool:
        """Whether the listing is open and its window covers the day."""
        return (
            self.status == ListingStatus.OPEN
            and (self.available_from is None or self.available_from <= day)
            and (self.available_until is None or self.available_until >= day)
        )


class Offer(Listing):
    """A stream somebody has and would part with."""

    class Meta(Listing.Meta):
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    @property
    def public_id(self) -> str:
        return encode("offer", self.uid)


class Need(Listing):
    """A material, water, energy or capacity somebody would take in."""

    class Meta(Listing.Meta):
        verbose_name = _("need")
        verbose_name_plural = _("needs")

    @property
    def public_id(self) -> str:
        return encode("need", self.uid)


class Service(models.Model):
    """Processing, transport, storage, laboratory work or advice that helps an exchange along.

    A processing service takes ``base_capacity`` base units of the input a year and gives
    ``yield_ratio`` units of the output for each, at ``cost_cents`` per 1,000 units of input.
    """

    class Kind(models.TextChoices):
        PROCESSING = "processing", _("processing")
        TRANSPORT = "transport", _("transport")
        STORAGE = "storage", _("storage")
        LABORATORY = "laboratory", _("laboratory")
        ADVICE = "advice", _("advice")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="services"
    )
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="services")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    input_material = models.ForeignKey(
        Material, on_delete=models.PROTECT, null=True, blank=True, related_name="services_taking"
    )
    output_material = models.ForeignKey(
        Material, on_delete=models.PROTECT, null=True, blank=True, related_name="services_giving"
    )
    base_capacity = models.BigIntegerField(null=True, blank=True)
    yield_ratio = models.DecimalField(max_digits=6, decimal_places=4, default=1)
    cost_cents = models.IntegerField(null=True, blank=True)
    permitted_codes = models.ManyToManyField(WasteCode, blank=True, related_name="services")
    status = models.CharField(
        _("status"), max_length=10, choices=ListingStatus.choices, default=ListingStatus.OPEN
    )
    is_demo = models.BooleanField(default=False)
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="processing")
                | models.Q(
                    input_material__isnull=False,
                    output_material__isnull=False,
                    base_capacity__gt=0,
                    yield_ratio__gt=0,
                    cost_cents__isnull=False,
                ),
                name="service_processing_complete",
            ),
            models.UniqueConstraint(
                fields=["organisation", "external_id"],
                condition=~models.Q(external_id=""),
                name="service_external_id_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def public_id(self) -> str:
        return encode("service", self.uid)


class ServiceCode(Service.permitted_codes.through):  # type: ignore[name-defined, misc]
    """A waste code that a service is permitted to take, as the audit trail follows it."""

    class Meta:
        proxy = True
        verbose_name = _("waste code of a service")
        verbose_name_plural = _("waste codes of services")
