"""What the parties of an exchange write and give to each other."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import Role
from marketplace.ids import encode


class Message(models.Model):
    """A word from one party to the other. Append-only (a trigger refuses changes)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="messages")
    role = models.CharField(max_length=11, choices=Role.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    body = models.TextField(_("message"))
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["exchange", "id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return f"{self.exchange_id} {self.role}"

    @property
    def public_id(self) -> str:
        return encode("message", self.uid)


class Document(models.Model):
    """A file one party gave the other; its bytes stand apart, so that lists never load them."""

    class Kind(models.TextChoices):
        ANALYSIS = "analysis", _("laboratory analysis")
        PHOTO = "photo", _("photograph")
        PERMIT = "permit", _("permit or registration")
        CONTRACT = "contract", _("contract")
        SAFETY = "safety", _("safety data sheet")
        OTHER = "other", _("other")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="documents")
    role = models.CharField(max_length=11, choices=Role.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.OTHER)
    name = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["exchange", "id"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        return encode("document", self.uid)


class DocumentContent(models.Model):
    """The bytes of a document, in the database: written with its row or not at all."""

    document = models.OneToOneField(
        Document, on_delete=models.CASCADE, primary_key=True, related_name="content"
    )
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.document_id}"
