"""The outbox of events, and who is told of them at which address."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from marketplace.ids import encode
from marketplace.models import Organisation


class TransactionNumber(models.Func):
    """The number of the writing transaction (PostgreSQL's xid8 as a whole number)."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class Event(models.Model):
    """Something happened to a thing; written by the database in the writer's own transaction.

    It tells what, when and to which thing, and nothing of the thing itself: who reads on asks the
    API, under its own rights. ``parties``: ids of the organisations whom it concerns.
    ``transaction`` orders the feed: numbers below every running transaction's never change.
    """

    uid = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    type = models.CharField(max_length=40)
    subject = models.CharField(max_length=20)
    subject_uid = models.UUIDField()
    version = models.PositiveIntegerField(default=0)
    parties = ArrayField(models.BigIntegerField())
    occurred_at = models.DateTimeField(db_default=Now(), db_index=True)
    transaction = models.BigIntegerField(db_default=TransactionNumber(), editable=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["transaction", "id"], name="event_feed_order")]

    def __str__(self) -> str:
        return f"{self.type} {self.subject_id}"

    @property
    def public_id(self) -> str:
        return encode("event", self.uid)

    @property
    def subject_id(self) -> str:
        return encode(self.subject, self.subject_uid)


class Endpoint(models.Model):
    """An address of a partner's program that wants to be told.

    The secret is encrypted (api/sealing.py); during a rotation the previous one signs as well.
    ``position_*``: how far in the outbox its deliveries were made out. ``leased_until``: one worker
    at a time serves an endpoint; a killed worker's lease runs out.
    """

    class Stop(models.TextChoices):
        NONE = "", _("in service")
        PAUSED = "paused", _("paused by its owner")
        GONE = "gone", _("the receiver answered 410")
        FAILING = "failing", _("every delivery failed for days")
        UNREADABLE = "unreadable", _("the secret cannot be read any more")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="webhook_endpoints"
    )
    client = models.ForeignKey(
        "Client", on_delete=models.CASCADE, null=True, blank=True, related_name="webhook_endpoints"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhook_endpoints",
    )
    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("description"), max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=40))
    sealed_secret = models.BinaryField()
    sealed_previous = models.BinaryField(null=True)
    previous_until = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=10, choices=Stop.choices, blank=True)
    stopped_at = models.DateTimeField(null=True)
    position_transaction = models.BigIntegerField(default=0)
    position_id = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    resting_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    def __str__(self) -> str:
        return self.url

    @property
    def public_id(self) -> str:
        return encode("webhook", self.uid)


class Dispatch(models.Model):
    """One event for one endpoint: the same id and the same bytes at every attempt."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        WITHHELD = "withheld", _("no longer for this endpoint")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="dispatches")
    event_uid = models.UUIDField()
    type = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_uid"], name="dispatch_once")
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=models.Q(state="pending"),
                name="dispatch_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.state}"

    @property
    def public_id(self) -> str:
        return encode("dispatch", self.uid)

    @property
    def event_id(self) -> str:
        return encode("event", self.event_uid)


class Attempt(models.Model):
    """One try of a delivery: the status the receiver gave, or why there was none."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="log")
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)
    failure = models.CharField(max_length=30, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.status or self.failure}"
