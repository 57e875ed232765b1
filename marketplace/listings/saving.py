"""Saving what a holder names by an id of its own."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, Problem
from marketplace.listings.models import Listing, Service


def save_once(row: Listing | Service) -> None:
    """Save; raises Conflict where the organisation uses the external id already."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "external_id_once" not in str(error):
            raise
        raise Conflict(
            [Problem("external_id", "duplicate", _("This external id is already in use."))]
        ) from error
