"""Partner markets, what is told to them and heard from them, and pairs across the border."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.ids import encode
from marketplace.models import Material, Need, Offer

POSITIONS = "symbiosis_federation_position"
"""The sequence that orders what partners read; numbers are given out under ``sole_writer``."""


class Side(models.TextChoices):
    OFFER = "offer", _("offer")
    NEED = "need", _("need")


class PartnerMarket(models.Model):
    """Another instance of this software, whose listings are matched with ours."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("partner market")
        verbose_name_plural = _("partner markets")

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return encode("market", self.uid)


class Descriptor(models.Model):
    """The least that a match needs of a listing, whoever holds it: concept, quantity band, the
    centre of its 5 km cell, country and window. ``uid`` is no id of the listing: a partner cannot
    look up who stands behind it. ``band_*`` are base units a year, or in all."""

    side = models.CharField(max_length=5, choices=Side.choices)
    band_low = models.BigIntegerField()
    band_high = models.BigIntegerField()
    lon = models.FloatField()
    lat = models.FloatField()
    country = models.CharField(max_length=2)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    months = ArrayField(models.PositiveSmallIntegerField(), default=list)
    gone = models.BooleanField(default=False)

    class Meta:
        abstract = True


class OwnDescriptor(Descriptor):
    """What partner markets are told of a posted, open listing; ``number`` orders the changes."""

    uid = models.UUIDField(unique=True, editable=False)
    offer = models.OneToOneField(
        Offer, on_delete=models.SET_NULL, null=True, related_name="descriptor"
    )
    need = models.OneToOneField(
        Need, on_delete=models.SET_NULL, null=True, related_name="descriptor"
    )
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="+")
    number = models.BigIntegerField(unique=True)

    class Meta:
        verbose_name = _("descriptor told")
        verbose_name_plural = _("descriptors told")

    def __str__(self) -> str:
        return f"{self.side} {self.uid}"

    @property
    def public_id(self) -> str:
        return encode("descriptor", self.uid)


class ForeignDescriptor(Descriptor):
    """What a partner market told of a listing of its own. ``material`` is null where the partner
    names a concept that our catalogue does not have; nothing is matched with it."""

    partner = models.ForeignKey(PartnerMarket, on_delete=models.CASCADE, related_name="descriptors")
    uid = models.UUIDField(editable=False)
    material = models.ForeignKey(Material, on_delete=models.SET_NULL, null=True, related_name="+")
    heard_at = models.DateTimeField()

    class Meta:
        verbose_name = _("descriptor heard")
        verbose_name_plural = _("descriptors heard")
        constraints = [
            models.UniqueConstraint(fields=["partner", "uid"], name="foreign_descriptor_once")
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.uid}"

    @property
    def public_id(self) -> str:
        return encode("descriptor", self.uid)


class CrossMatch(models.Model):
    """An exchange worth making between a listing here and one of a partner market.

    Reckoned from the general figures of both sides. ``interested_at``: our member wants to be
    known; ``their_interest_at``: theirs does. ``contact`` is what our member lets be told and
    ``details`` what the partner told; either travels only once both are interested. ``number``
    orders what the partner reads of our member's interest, null while there was none.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    own = models.ForeignKey(OwnDescriptor, on_delete=models.CASCADE, related_name="matches")
    foreign = models.ForeignKey(ForeignDescriptor, on_delete=models.CASCADE, related_name="matches")
    base_quantity = models.BigIntegerField()
    road_m = models.PositiveIntegerField()
    value_cents = models.BigIntegerField()
    co2e_kg = models.BigIntegerField()
    interested_at = models.DateTimeField(null=True)
    contact = models.JSONField(null=True)
    their_interest_at = models.DateTimeField(null=True)
    details = models.JSONField(null=True)
    details_told_at = models.DateTimeField(null=True)
    number = models.BigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-value_cents", "id"]
        verbose_name = _("match with a partner market")
        verbose_name_plural = _("matches with partner markets")
        constraints = [
            models.UniqueConstraint(fields=["own", "foreign"], name="cross_match_once"),
            models.CheckConstraint(
                condition=models.Q(base_quantity__gt=0), name="cross_match_quantity_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(details_told_at__isnull=True)
                | models.Q(number__isnull=False, contact__isnull=False),
                name="cross_match_told_what_was_given",
            ),
        ]
        indexes = [models.Index(fields=["-value_cents", "id"], name="cross_match_by_value")]

    def __str__(self) -> str:
        return f"{self.own_id} <-> {self.foreign_id}"

    @property
    def public_id(self) -> str:
        return encode("match", self.uid)

    @property
    def mutual(self) -> bool:
        """Both members want to be known to each other."""
        return self.interested_at is not None and self.their_interest_at is not None
