"""A matchmaking workshop of a regional chamber: who comes, who sits where, what was agreed on."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.models import Region
from marketplace.models import Exchange, Organisation

MOST_CHAIRS, MOST_ROUNDS = 12, 6


class Workshop(models.Model):
    """``seating`` holds the rounds last worked out: tables of organisation numbers, the cents their
    new pairs are worth, and the most that any seating could be worth."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=200)
    held_on = models.DateField(_("day"))
    place = models.CharField(_("venue"), max_length=200, blank=True)
    chairs = models.PositiveSmallIntegerField(
        _("firms at a table"),
        default=4,
        validators=[MinValueValidator(2), MaxValueValidator(MOST_CHAIRS)],
    )
    rounds = models.PositiveSmallIntegerField(
        _("rounds"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_ROUNDS)],
    )
    seating: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-held_on", "-id"]
        verbose_name = _("workshop")
        verbose_name_plural = _("workshops")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(chairs__gte=2, chairs__lte=MOST_CHAIRS),
                name="workshop_chairs_sensible",
            ),
            models.CheckConstraint(
                condition=models.Q(rounds__gte=1, rounds__lte=MOST_ROUNDS),
                name="workshop_rounds_sensible",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attendance(models.Model):
    """A firm that is invited; ``present`` once it has come."""

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="attendances")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="workshop_attendances"
    )
    present = models.BooleanField(_("present"), default=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [
            models.UniqueConstraint(
                fields=["workshop", "organisation"], name="workshop_attended_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.workshop_id}: {self.organisation_id}"


class WorkshopMatch(models.Model):
    """An exchange that was opened, or spoken of, at the table."""

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="matches")
    exchange = models.ForeignKey(
        Exchange, on_delete=models.CASCADE, related_name="workshop_matches"
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    logged_at = models.DateTimeField()

    class Meta:
        ordering = ["-logged_at", "-id"]
        verbose_name = _("match of a workshop")
        verbose_name_plural = _("matches of workshops")
        constraints = [
            models.UniqueConstraint(fields=["workshop", "exchange"], name="workshop_match_once")
        ]

    def __str__(self) -> str:
        return f"{self.workshop_id}: {self.exchange_id}"
