"""What follow-up remembers: questions asked, blockers watched, letters sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import LossReason
from marketplace.firms.users import User
from marketplace.listings.models import Listing, Need, Offer


class ListingCheck(models.Model):
    """“Is this listing still valid?”, asked once and answered once, or not at all."""

    class Answer(models.TextChoices):
        VALID = "valid", _("still valid")
        GONE = "gone", _("no longer valid")
        LAPSED = "lapsed", _("no answer: paused")
        OVERTAKEN = "overtaken", _("changed by its owner meanwhile")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(
        Offer, on_delete=models.CASCADE, null=True, blank=True, related_name="checks"
    )
    need = models.ForeignKey(
        Need, on_delete=models.CASCADE, null=True, blank=True, related_name="checks"
    )
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=9, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("question whether a listing is still valid")
        verbose_name_plural = _("questions whether listings are still valid")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offer__isnull=False, need__isnull=True)
                | models.Q(offer__isnull=True, need__isnull=False),
                name="listing_check_of_one_listing",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="", answered_at__isnull=True)
                | ~models.Q(answer="") & models.Q(answered_at__isnull=False),
                name="listing_check_answered_once",
            ),
            models.UniqueConstraint(
                fields=["offer"],
                condition=models.Q(answer=""),
                name="listing_check_offer_open_once",
            ),
            models.UniqueConstraint(
                fields=["need"], condition=models.Q(answer=""), name="listing_check_need_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id or self.need_id}: {self.answer or 'open'}"

    @property
    def listing(self) -> Listing:
        found = self.offer or self.need
        assert found is not None  # noqa: S101 - a constraint holds one of the two
        return found


class Blocker(models.Model):
    """Why an exchange fell through, with what its two listings said then.

    ``facets`` are short texts of what could clear the reason (blockers.py); when one that the
    reason watches reads otherwise, or ``wake_on`` has come, the exchange is reopened.
    """

    class Cleared(models.TextChoices):
        CHANGED = "changed", _("what stood in the way has changed")
        DATE = "date", _("its day has come")
        BY_HAND = "by_hand", _("reopened by hand")
        OVERTAKEN = "overtaken", _("the pair has another exchange")

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="blockers")
    round = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=16, choices=LossReason.choices)
    facets = models.JSONField()
    wake_on = models.DateField(
        _("ask again on"), null=True, blank=True, help_text=_("such as the end of a contract")
    )
    noted_at = models.DateTimeField()
    cleared = models.CharField(max_length=9, choices=Cleared.choices, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("blocker")
        verbose_name_plural = _("blockers")
        indexes = [models.Index(fields=["cleared", "wake_on"])]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "round"], name="blocker_once_a_round"),
            models.CheckConstraint(
                condition=models.Q(cleared="", cleared_at__isnull=True)
                | ~models.Q(cleared="") & models.Q(cleared_at__isnull=False),
                name="blocker_cleared_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id}: {self.reason}"


class Notice(models.Model):
    """A letter that was sent; the key makes sure that nobody gets the same one twice."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=120)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("letter sent")
        verbose_name_plural = _("letters sent")
        constraints = [models.UniqueConstraint(fields=["user", "kind", "key"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
