"""Consent: a member lets the programs of its cluster or chamber act for it, and takes it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.errors import NotPermitted, Problem
from marketplace.firms.models import Affiliation
from marketplace.firms.viewers import Viewer


@transaction.atomic
def set_consent(
    *, viewer: Viewer, affiliation: Affiliation, given: bool, now: datetime
) -> Affiliation:
    """Give or withdraw the consent; counts from the next request on. Raises NotPermitted for all
    but the member itself: the host cannot give itself the right, nor pass it on."""
    if not viewer.may_govern(affiliation.member_id):
        raise NotPermitted(
            [Problem("consent", "not_permitted", _("Only the member itself gives its consent."))]
        )
    locked = Affiliation.objects.select_for_update(of=("self",)).get(pk=affiliation.pk)
    if given != (locked.consent_given_at is not None):
        locked.consent_given_at = now if given else None
        locked.save(update_fields=["consent_given_at"])
    affiliation.consent_given_at = locked.consent_given_at
    return affiliation
