"""How a partner market is reached, how it reaches us, and how far its feeds were read."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from symbiosis.models import PartnerMarket


class PartnerAccess(models.Model):
    """The two doors between a partner market and this one.

    ``program`` is the client that the partner signs in here with. ``base_url``, ``client_id`` and
    the sealed secret are how this market signs in there. ``*_after``: positions of the partner's
    feeds up to which everything was taken in; they move with what they brought in one transaction.
    """

    partner = models.OneToOneField(PartnerMarket, on_delete=models.CASCADE, related_name="access")
    program = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="partner_access",
    )
    base_url = models.CharField(_("address"), max_length=400)
    client_id = models.CharField(max_length=100)
    sealed_secret = models.BinaryField()
    descriptors_after = models.BigIntegerField(default=0)
    interests_after = models.BigIntegerField(default=0)
    reached_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("access of a partner market")
        verbose_name_plural = _("accesses of partner markets")

    def __str__(self) -> str:
        return self.base_url
