"""The ledger: what each confirmed delivery has saved, and the factors that tenants set."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.deliveries.models import Delivery
from marketplace.firms.models import Organisation
from marketplace.impact.formulas import Formula, Measure, Side

MEASURES = [
    (Measure.DIVERTED.value, _("kept from disposal")),
    (Measure.VIRGIN.value, _("virgin material saved")),
    (Measure.CARBON.value, _("emissions avoided")),
    (Measure.MONEY.value, _("money saved")),
    (Measure.WATER.value, _("water saved")),
    (Measure.ENERGY.value, _("energy saved")),
    (Measure.JOBS.value, _("jobs")),
]
SIDES = [(Side.HOLDER.value, _("the holder")), (Side.RECEIVER.value, _("the receiver"))]


class FactorOverride(models.Model):
    """A factor that a chamber, a cluster or the secretariat puts in the place of the reviewed one.

    ``code`` is that of the table (``freight.road``) or a material's (``avoided:pet-flakes``,
    ``processing:``, ``water:``, ``energy:``). Holds from ``valid_from`` for deliveries of the
    host's members; append-only: a change of mind is a later row.
    """

    host = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="factor_overrides"
    )
    code = models.CharField(_("factor"), max_length=120)
    value = models.DecimalField(_("value"), max_digits=16, decimal_places=6)
    unit = models.CharField(_("unit"), max_length=40)
    spread_percent = models.DecimalField(_("spread, %"), max_digits=5, decimal_places=2)
    year = models.PositiveSmallIntegerField(_("year"))
    source = models.CharField(_("source"), max_length=300)
    valid_from = models.DateField(_("valid from"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["host", "code", "-valid_from", "-id"]
        verbose_name = _("factor of a tenant")
        verbose_name_plural = _("factors of tenants")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(spread_percent__gte=0, spread_percent__lte=100)
                & ~models.Q(source=""),
                name="factor_override_sourced",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} = {self.value.normalize():f} ({self.host_id})"


class ImpactFigure(models.Model):
    """One measure of one delivery, in the measure's whole units, with all it was computed from.

    Append-only (a trigger refuses changes): the figure of a superseded delivery stays and is not
    counted, for statements count through the delivery.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="figures")
    measure = models.CharField(max_length=16, choices=MEASURES)
    formula = models.CharField(max_length=12, choices=[(f.value, f.value) for f in Formula])
    amount = models.BigIntegerField()
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    inputs = models.JSONField()
    factors = models.JSONField(help_text=_("each with value, spread, year and source"))
    factor_set = models.CharField(max_length=60)
    attribution = models.CharField(max_length=12)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["delivery", "id"]
        verbose_name = _("impact figure")
        verbose_name_plural = _("impact figures")
        constraints = [
            models.UniqueConstraint(fields=["delivery", "measure"], name="impact_figure_once"),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("amount"), high__gte=models.F("amount")),
                name="impact_figure_band_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.measure} {self.amount}"


class ImpactShare(models.Model):
    """What of a figure is one side's. The shares of both sides are the figure; a firm, a region
    or a cluster adds up its sides and nothing else."""

    figure = models.ForeignKey(ImpactFigure, on_delete=models.PROTECT, related_name="shares")
    side = models.CharField(max_length=5, choices=SIDES)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="impact_shares"
    )
    region = models.ForeignKey(
        Region, on_delete=models.PROTECT, null=True, related_name="impact_shares"
    )
    amount = models.BigIntegerField()
    low = models.BigIntegerField()
    high = models.BigIntegerField()

    class Meta:
        ordering = ["figure", "side"]
        verbose_name = _("impact share")
        verbose_name_plural = _("impact shares")
        indexes = [models.Index(fields=["organisation"]), models.Index(fields=["region"])]
        constraints = [
            models.UniqueConstraint(fields=["figure", "side"], name="impact_share_once"),
            models.CheckConstraint(
                condition=models.Q(low__lte=models.F("amount"), high__gte=models.F("amount")),
                name="impact_share_band_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.figure_id} {self.side} {self.amount}"
