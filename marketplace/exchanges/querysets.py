"""Questions about exchanges that read as sentences."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from marketplace.exchanges.process import CLOSED_STATES, GRACE_DAYS, OPEN_STATES, RESERVING_STATES
from marketplace.exchanges.words import State
from marketplace.listings.querysets import OF_BOTH_SIDES, SHAPES_OF_BOTH_SIDES


class ExchangeQuerySet(models.QuerySet[Any]):
    def open(self) -> ExchangeQuerySet:
        """Those in which somebody has to act next."""
        return self.filter(state__in=OPEN_STATES)

    def closed(self) -> ExchangeQuerySet:
        return self.filter(state__in=CLOSED_STATES)

    def reserving(self) -> ExchangeQuerySet:
        """Agreed or running: those that hold quantity."""
        return self.filter(state__in=RESERVING_STATES)

    def binding(self) -> ExchangeQuerySet:
        """Agreed, running or completed: those under which deliveries are recorded."""
        return self.filter(state__in=[*RESERVING_STATES, State.COMPLETED])

    def due_by(self, day: date) -> ExchangeQuerySet:
        """Open, with a next action on or before the day."""
        return self.open().filter(next_action_on__lte=day)

    def overdue_on(self, day: date) -> ExchangeQuerySet:
        """Open, with the next action past its date by more than the grace."""
        return self.open().filter(next_action_on__lt=day - timedelta(days=GRACE_DAYS))

    def of_organisations(self, organisation_ids: frozenset[int]) -> ExchangeQuerySet:
        """Those to which one of the organisations is a party."""
        return self.filter(
            Q(offer_organisation_id__in=organisation_ids)
            | Q(need_organisation_id__in=organisation_ids)
        )

    def in_regions(self, region_ids: frozenset[int]) -> ExchangeQuerySet:
        """Those with a side filed under one of the regions (an anonymous one by its grid cell)."""
        return self.filter(
            Q(offer__public_region_id__in=region_ids) | Q(need__public_region_id__in=region_ids)
        )

    def under_region(self, code: str) -> ExchangeQuerySet:
        """Those with a side filed under a region of this code or below it."""
        return self.filter(
            Q(offer__public_region__code__startswith=code)
            | Q(need__public_region__code__startswith=code)
        )

    def with_parties(self) -> ExchangeQuerySet:
        """Joined with everything that a page or an answer shows of the two sides."""
        return self.select_related(
            "facilitator",
            "offer_organisation",
            "need_organisation",
            *OF_BOTH_SIDES,
        ).defer(*SHAPES_OF_BOTH_SIDES)
