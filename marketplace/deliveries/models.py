"""What has moved: deliveries under an exchange, told by one side and confirmed by the other."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.catalogue.models import WasteCode
from marketplace.deliveries.querysets import DeliveryQuerySet
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import Role
from marketplace.firms.models import Site
from marketplace.ids import encode
from marketplace.units import Basis, Quantity

OPERATIONS = [
    (code, code) for code in (*(f"R{n}" for n in range(1, 14)), *(f"D{n}" for n in range(1, 16)))
]
"""Recovery and disposal operations of annexes II and I of Directive 2008/98/EC."""


class Transport(models.TextChoices):
    """By what it came; the word is the key of the freight factor."""

    ROAD = "road", _("road, any lorry")
    ROAD_RIGID = "road-rigid", _("road, rigid lorry above 17 t")
    ROAD_ARTICULATED = "road-articulated", _("road, articulated lorry above 33 t")
    RAIL = "rail", _("rail")


class Delivery(models.Model):
    """One delivery, or a correction of one; what is written stays (a trigger refuses changes).

    A correction is a new row that names the row it ``corrects``; a withdrawal is a correction that
    says it did not happen. Rows that correct one another share a ``chain``; of a chain the latest
    confirmed row counts, and nothing where that is a withdrawal. Sites, code and distance are
    those of the day, whatever becomes of the listings. ``base_quantity`` is whole kg, litres, kWh
    or thousandths.
    """

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("delivery")
        CORRECTION = "correction", _("correction")
        WITHDRAWAL = "withdrawal", _("withdrawn: it did not happen")

    class Status(models.TextChoices):
        AWAITING = "awaiting", _("awaits the other side")
        CONFIRMED = "confirmed", _("confirmed by both sides")
        CONTESTED = "contested", _("contested by the other side")
        SUPERSEDED = "superseded", _("superseded by a correction")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.DELIVERY)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    chain = models.UUIDField(editable=False, help_text=_("uid of the first row"))
    delivered_on = models.DateField(_("delivered on"))
    quantity_value = models.DecimalField(_("quantity"), max_digits=20, decimal_places=6)
    quantity_unit = models.CharField(_("unit"), max_length=10)
    base_quantity = models.BigIntegerField(editable=False)
    offer_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    need_site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    waste_code = models.ForeignKey(
        WasteCode, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    operation = models.CharField(_("R/D operation"), max_length=3, choices=OPERATIONS, blank=True)
    transport = models.CharField(
        _("transport"), max_length=16, choices=Transport.choices, default=Transport.ROAD
    )
    road_m = models.PositiveIntegerField(_("distance"))
    paper = models.CharField(
        _("weighbridge note, consignment note or identification document"),
        max_length=120,
        blank=True,
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    recorded_role = models.CharField(max_length=11, choices=Role.choices)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    answered_role = models.CharField(max_length=11, choices=Role.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    confirmed = models.BooleanField(null=True, help_text=_("the other side's answer"))
    objection = models.CharField(_("objection"), max_length=500, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-delivered_on", "-id"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["exchange", "delivered_on"]),
            models.Index(fields=["chain", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(base_quantity__gt=0, quantity_value__gt=0),
                name="delivery_quantity_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(recorded_role__in=["offer", "need"]),
                name="delivery_recorded_by_a_party",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed__isnull=True, answered_at__isnull=True)
                & models.Q(answered_role="")
                | models.Q(confirmed__isnull=False, answered_at__isnull=False)
                & models.Q(answered_role__in=["offer", "need"])
                & ~models.Q(answered_role=models.F("recorded_role")),
                name="delivery_answered_by_the_other_party",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed=False) & ~models.Q(objection="")
                | models.Q(objection="")
                & (models.Q(confirmed__isnull=True) | models.Q(confirmed=True)),
                name="delivery_contested_with_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="delivery", corrects__isnull=True)
                | ~models.Q(kind="delivery") & models.Q(corrects__isnull=False),
                name="delivery_correction_names_what_it_corrects",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivered_on} {self.quantity_value.normalize():f} {self.quantity_unit}"

    @property
    def public_id(self) -> str:
        return encode("delivery", self.uid)

    @property
    def quantity(self) -> Quantity:
        return Quantity(self.quantity_value, self.quantity_unit, Basis.TOTAL)

    @property
    def status(self) -> Delivery.Status:
        """Where it stands; lists annotate what later rows say (``with_standing``)."""
        if self._superseded():
            return self.Status.SUPERSEDED
        if self.confirmed is None:
            return self.Status.AWAITING
        return self.Status.CONFIRMED if self.confirmed else self.Status.CONTESTED

    @property
    def counts(self) -> bool:
        return self.status == self.Status.CONFIRMED and self.kind != self.Kind.WITHDRAWAL

    @property
    def latest(self) -> bool:
        """Whether no row corrects this one: only then it can be answered or corrected."""
        known = getattr(self, "is_latest", None)
        return bool(known) if known is not None else not self._later().exists()

    def _superseded(self) -> bool:
        known = getattr(self, "is_superseded", None)
        return bool(known) if known is not None else self._later().filter(confirmed=True).exists()

    def _later(self) -> DeliveryQuerySet:
        return Delivery.objects.filter(chain=self.chain, pk__gt=self.pk)
