"""Who may call: registered programs, personal tokens, and the memory of repeated requests."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken
from oauth2_provider.models import AbstractApplication, ApplicationManager

from api.federation.models import PartnerAccess
from api.imports.models import Import
from api.webhooks.models import Attempt, Dispatch, Endpoint, Event
from marketplace.audit import audited
from marketplace.ids import encode
from marketplace.models import Organisation

__all__ = [
    "Attempt",
    "Client",
    "Dispatch",
    "Endpoint",
    "Event",
    "IdempotentRequest",
    "Import",
    "PartnerAccess",
    "PersonalToken",
]


class Client(AbstractApplication):
    """A partner's program: an OAuth client that belongs to one organisation.

    ``allowed_scopes`` bounds what its tokens may carry. After a rotation the previous secret stays
    good until ``previous_secret_until``, so that a partner changes over without an outage.
    """

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="api_clients"
    )
    allowed_scopes = ArrayField(models.CharField(max_length=40), default=list)
    previous_secret = models.CharField(max_length=255, blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApplicationManager()

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def __str__(self) -> str:
        return f"{self.name or self.client_id}"

    def is_usable(self, request: Any) -> bool:
        """A revoked client gets no token, and the tokens it holds stop at once."""
        return self.revoked_at is None

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)


class PersonalToken(AbstractAuthToken):
    """A person's token for scripts; only its digest is stored."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("personal token")
        verbose_name_plural = _("personal tokens")
        ordering = ["-created", "digest"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key})"

    @property
    def public_id(self) -> str:
        return encode("token", self.uid)

    def live_at(self, moment: datetime) -> bool:
        """Whether the token is still good at a moment."""
        return self.expiry is None or self.expiry > moment


class IdempotentRequest(models.Model):
    """The answer to a request that carried an Idempotency-Key, written with its effect.

    Keys and bodies are kept as keyed digests, the answer encrypted (api/sealing.py): a copy of the
    table gives away neither.
    """

    caller = models.CharField(max_length=80)
    route = models.CharField(max_length=200)
    key_digest = models.CharField(max_length=64)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=0)
    sealed_body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("answered request")
        verbose_name_plural = _("answered requests")
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "route", "key_digest"], name="idempotency_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.caller} {self.route}"


# What the sender notes for itself (lease, position, rest) is no act of anybody; secrets stay out.
audited(
    Endpoint,
    exclude=(
        "sealed_secret",
        "sealed_previous",
        "position_transaction",
        "position_id",
        "leased_until",
        "resting_until",
        "last_success_at",
    ),
)
audited(Client, exclude=("client_secret", "previous_secret"))
# What its holder called it is no business of the record, nor is when it was last used.
audited(PersonalToken, exclude=("token_key", "name", "last_used_at"))
# How far a partner's feeds were read, and whether it answered, is no act of anybody.
audited(
    PartnerAccess,
    exclude=(
        *("sealed_secret", "descriptors_after", "interests_after"),
        *("reached_at", "failure", "failed_at"),
    ),
)
