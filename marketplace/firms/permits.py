"""Papers that a firm holds: permits, registrations, decisions and certificates, with their limits.

What the legality gate weighs a pair by (symbiosis/legality.py). A paper speaks of waste codes with
tonnes a year, of operations, of materials, of one site or the whole organisation, and for a time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.models import Material, WasteCode
from marketplace.firms.models import Organisation, Site
from marketplace.ids import encode

OPERATION = re.compile(r"(?:R(?:1[0-3]|[1-9])|D(?:1[0-5]|[1-9]))")
"""Annexes I and II of Directive 2008/98/EC: D1-D15 and R1-R13."""

HAZARD_PROPERTY = re.compile(r"HP(?:1[0-5]|[1-9])")
"""Annex III of Directive 2008/98/EC."""

WARNED_BEFORE = timedelta(days=90)
"""A permit about to end is pointed out so long before."""


class PermitQuerySet(models.QuerySet["Permit"]):
    def in_force(self, day: date) -> PermitQuerySet:
        """Neither withdrawn, nor over, nor still to begin on the day."""
        return self.filter(
            models.Q(withdrawn_on__isnull=True) | models.Q(withdrawn_on__gt=day),
            models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=day),
            models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=day),
        )

    def not_in_force(self, day: date) -> PermitQuerySet:
        """The others: withdrawn, over, or still to begin."""
        return self.exclude(pk__in=Permit.objects.in_force(day).values("pk"))

    def ending_soon(self, day: date) -> PermitQuerySet:
        """In force on the day and over within the warning time."""
        return self.in_force(day).filter(valid_until__lte=day + WARNED_BEFORE)

    def to_renew(self, day: date) -> PermitQuerySet:
        """Over already or within the warning time, and not withdrawn; the most urgent first."""
        soon = self.filter(withdrawn_on__isnull=True, valid_until__lte=day + WARNED_BEFORE)
        return soon.order_by("valid_until", "id")

    def of_organisations(self, ids: Collection[int]) -> PermitQuerySet:
        return self.filter(organisation_id__in=ids)


class Permit(models.Model):
    """One paper of an organisation; without a site it speaks for the whole organisation."""

    class Kind(models.TextChoices):
        WASTE_PERMIT = "waste_permit", _("waste treatment permit")
        WASTE_REGISTRATION = "waste_registration", _("waste treatment registration")
        INTEGRATED = "integrated_permit", _("integrated (complex) permit")
        TRANSPORT = "waste_transport", _("registration for collecting and carrying waste")
        CLASSIFICATION = "classification", _("waste classification with its evidence")
        BY_PRODUCT = "by_product", _("by-product evidence")
        END_OF_WASTE = "end_of_waste", _("end-of-waste conformity")
        FEED_BUSINESS = "feed_business", _("feed business registration")
        FOOD_BUSINESS = "food_business", _("food business registration")
        ANIMAL_BY_PRODUCTS = "animal_by_products", _("animal by-products approval")
        FERTILISER = "fertiliser", _("fertiliser or soil improver authorisation")
        SLUDGE_USE = "sludge_use", _("permit to use sludge on land")
        CO_INCINERATION = "co_incineration", _("waste (co-)incineration permit")
        WASTE_SHIPMENT = "waste_shipment", _("consent to a waste shipment")
        SHIPMENT_REGISTRATION = "shipment_registration", _("registration for waste shipments")
        REACH = "reach", _("REACH registration or exemption")
        DANGEROUS_GOODS = "dangerous_goods", _("dangerous goods (ADR) certificate")

    class Standing(models.TextChoices):
        """Whether a paper counts on a day."""

        IN_FORCE = "in_force", _("in force")
        ENDING = "ending", _("in force, ends within ninety days")
        TO_COME = "to_come", _("not valid yet")
        EXPIRED = "expired", _("expired")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="permits")
    site = models.ForeignKey(
        Site, on_delete=models.CASCADE, null=True, blank=True, related_name="permits"
    )
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=80)
    authority = models.CharField(_("issued by"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, default="BG")
    operations = ArrayField(
        models.CharField(max_length=3, validators=[RegexValidator(rf"^{OPERATION.pattern}$")]),
        verbose_name=_("operations"),
        default=list,
        blank=True,
        help_text=_("R1 to R13 and D1 to D15, separated by commas"),
    )
    hazard_properties = ArrayField(
        models.CharField(
            max_length=4, validators=[RegexValidator(rf"^{HAZARD_PROPERTY.pattern}$")]
        ),
        verbose_name=_("hazard properties"),
        default=list,
        blank=True,
        help_text=_("HP1 to HP15 that a classification found"),
    )
    materials = models.ManyToManyField(
        Material, blank=True, related_name="permits", verbose_name=_("materials")
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    is_demo = models.BooleanField(_("fictional, for demonstration"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = PermitQuerySet.as_manager()

    class Meta:
        ordering = ["organisation", "kind", "id"]
        verbose_name = _("permit or other paper")
        verbose_name_plural = _("permits and other papers")
        indexes = [models.Index(fields=["valid_until"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "number"], name="permit_number_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_from__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="permit_dates_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def public_id(self) -> str:
        return encode("permit", self.uid)

    def warned_on(self, day: date) -> bool:
        """Whether its end is near enough to be pointed out."""
        return self.valid_until is not None and self.valid_until <= day + WARNED_BEFORE

    def standing_on(self, day: date) -> Permit.Standing:
        """Whether it counts on the day, and for how long yet."""
        if self.withdrawn_on is not None and self.withdrawn_on <= day:
            return self.Standing.WITHDRAWN
        if self.valid_from is not None and self.valid_from > day:
            return self.Standing.TO_COME
        if self.valid_until is not None and self.valid_until < day:
            return self.Standing.EXPIRED
        return self.Standing.ENDING if self.warned_on(day) else self.Standing.IN_FORCE


class PermittedCode(models.Model):
    """A waste code that a paper covers, and how much of it a year; no figure sets no limit."""

    permit = models.ForeignKey(Permit, on_delete=models.CASCADE, related_name="codes")
    waste_code = models.ForeignKey(WasteCode, on_delete=models.PROTECT, related_name="permitted")
    kg_per_year = models.BigIntegerField(
        _("kg a year"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        ordering = ["permit", "waste_code"]
        verbose_name = _("permitted waste code")
        verbose_name_plural = _("permitted waste codes")
        constraints = [
            models.UniqueConstraint(fields=["permit", "waste_code"], name="permitted_code_once"),
            models.CheckConstraint(
                condition=models.Q(kg_per_year__isnull=True) | models.Q(kg_per_year__gt=0),
                name="permitted_kg_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.permit_id}: {self.waste_code_id}"


class PermitMaterial(Permit.materials.through):  # type: ignore[name-defined, misc]
    """A material that a paper speaks of, as the audit trail follows it."""

    class Meta:
        proxy = True
        verbose_name = _("material of a paper")
        verbose_name_plural = _("materials of papers")
