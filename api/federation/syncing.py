"""One round with each partner market: tell what is new here, read what is new there, match.

A partner that is down costs its round and nothing else. What was read stays read: the position
moves in the transaction that brought it, so the next round goes on exactly there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.federation.models import PartnerAccess
from api.federation.reading import Reader, Unreachable
from api.webhooks import targets
from symbiosis.federation.descriptors import refresh_descriptors
from symbiosis.federation.hearing import ToldDescriptor, hear
from symbiosis.federation.interests import ToldInterest, take_in
from symbiosis.federation.matching import match_across


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a round with one partner; ``failure`` is a stable code, empty when it went."""

    partner: str
    descriptors: int = 0
    interests: int = 0
    matches: int = 0
    failure: str = ""


class Federation:
    """Rounds with all partners; keeps their tokens from one round to the next."""

    def __init__(self, *, now: Callable[[], datetime] = timezone.now) -> None:
        self.now = now
        self._readers: dict[int, Reader] = {}

    def round(self) -> list[Round]:
        """One round with every active partner."""
        active = PartnerAccess.objects.select_related("partner").filter(partner__active=True)
        found = list(active.order_by("pk"))
        if found:
            refresh_descriptors(today=timezone.localdate(self.now()))
        return [self._with(access) for access in found]

    def _with(self, access: PartnerAccess) -> Round:
        moment = self.now()
        today = timezone.localdate(moment)
        descriptors = interests = matches = 0
        failure = ""
        try:
            reader = self._reader(access)
            # Interests are read first and taken in last: their descriptors are known by then.
            said = list(reader.interests(access.interests_after))
            for told in reader.descriptors(access.descriptors_after):
                take_descriptors(access, told, now=moment)
                descriptors += len(told)
            matches = match_across(access.partner, today=today)
            for page in said:
                interests += self._take_interests(access, page, moment)
        except Unreachable as refusal:
            failure = refusal.code
        _note(access, failure, moment)
        return Round(access.partner.name, descriptors, interests, matches, failure)

    def _reader(self, access: PartnerAccess) -> Reader:
        known = self._readers.get(access.pk)
        same = known is not None and known.access.sealed_secret == access.sealed_secret
        if known is None or not same:
            allowed = targets.networks(settings.WEBHOOK_ALLOWED_NETWORKS)
            known = self._readers[access.pk] = Reader(access, allowed=allowed)
        known.access = access
        return known

    @transaction.atomic
    def _take_interests(
        self, access: PartnerAccess, said: Sequence[tuple[int, ToldInterest]], moment: datetime
    ) -> int:
        for _number, told in said:
            take_in(access.partner, told, now=moment, today=timezone.localdate(moment))
        access.interests_after = said[-1][0]
        access.save(update_fields=["interests_after"])
        return len(said)


@transaction.atomic
def take_descriptors(
    access: PartnerAccess, told: Sequence[ToldDescriptor], *, now: datetime
) -> None:
    """Write a page of a partner's descriptors, and that it was read."""
    hear(access.partner, told, now=now)
    access.descriptors_after = told[-1].number
    access.save(update_fields=["descriptors_after"])


def _note(access: PartnerAccess, failure: str, moment: datetime) -> None:
    access.failure = failure
    if failure:
        access.failed_at = moment
    else:
        access.reached_at = moment
    access.save(update_fields=["failure", "failed_at", "reached_at"])
