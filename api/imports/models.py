"""A file on its way into the market."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.ids import encode


class Import(models.Model):
    """A file of offers or needs and how far it got.

    Rows are written in pieces, each together with ``rows_done``: an interrupted import goes on
    where it stopped. The file is dropped when its import has ended.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")
        FAILED = "failed", _("failed")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    caller = models.CharField(max_length=80, db_index=True)
    client = models.ForeignKey("Client", on_delete=models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    side = models.CharField(max_length=6)
    form = models.CharField(max_length=5)
    dry_run = models.BooleanField(default=False)
    content = models.BinaryField(null=True)
    chosen = models.JSONField(default=dict)
    left_out = models.JSONField(default=list)
    decimal = models.CharField(max_length=5)
    read_as = models.JSONField(default=dict, help_text=_("encoding, delimiter, field per header"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    failure = models.CharField(max_length=30, blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list, help_text=_("row, pointer, code and detail"))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"{self.side} {self.state}"

    @property
    def public_id(self) -> str:
        return encode("import", self.uid)

    @property
    def ended(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)
