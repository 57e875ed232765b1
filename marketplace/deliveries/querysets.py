"""Questions about deliveries that read as sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q


class DeliveryQuerySet(models.QuerySet[Any]):
    def with_standing(self) -> DeliveryQuerySet:
        """Annotated with what the rest of the chain says: ``is_latest``, ``is_superseded``."""
        later = type(self)(self.model).filter(chain=OuterRef("chain"), pk__gt=OuterRef("pk"))
        rows: DeliveryQuerySet = self.annotate(
            is_latest=~Exists(later), is_superseded=Exists(later.filter(confirmed=True))
        )
        return rows

    def counting(self) -> DeliveryQuerySet:
        """The confirmed row of each chain that no later confirmed row supersedes, unless it says
        that nothing happened."""
        rows = self.with_standing().filter(confirmed=True, is_superseded=False)
        return rows.exclude(kind="withdrawal")

    def awaiting(self) -> DeliveryQuerySet:
        """Told by one side, not yet answered by the other nor corrected."""
        return self.with_standing().filter(confirmed__isnull=True, is_latest=True)

    def awaiting_answer_of(self, organisation_ids: frozenset[int]) -> DeliveryQuerySet:
        """Those that one of the organisations has to confirm or contest."""
        return self.awaiting().filter(
            Q(recorded_role="offer", exchange__need_organisation_id__in=organisation_ids)
            | Q(recorded_role="need", exchange__offer_organisation_id__in=organisation_ids)
        )

    def contested(self) -> DeliveryQuerySet:
        """Refused by the other side and not corrected since."""
        return self.with_standing().filter(confirmed=False, is_latest=True)

    def between(self, since: date | None, until: date | None) -> DeliveryQuerySet:
        """Delivered in the period, both days included."""
        rows = self
        if since is not None:
            rows = rows.filter(delivered_on__gte=since)
        return rows if until is None else rows.filter(delivered_on__lte=until)

    def with_context(self) -> DeliveryQuerySet:
        """Joined with everything that a page, an answer or a record book shows."""
        return self.with_standing().select_related(
            "corrects",
            "waste_code",
            "exchange__offer__material",
            "exchange__need__material",
            "exchange__offer_organisation",
            "exchange__need_organisation",
            "offer_site__region",
            "need_site__region",
        )
