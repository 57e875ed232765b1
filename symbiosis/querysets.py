"""Questions about proposals that read as sentences."""

from __future__ import annotations

from typing import Any

from django.db import models

from marketplace.listings.querysets import OF_BOTH_SIDES, SHAPES_OF_BOTH_SIDES


class ProposalQuerySet(models.QuerySet[Any]):
    def planned(self) -> ProposalQuerySet:
        """Exchanges of the allocation itself, not the alternatives beside it."""
        return self.filter(stage="planned")

    def across_regions(self) -> ProposalQuerySet:
        return self.filter(cross_region=True)

    def rows(self, start: int, stop: int) -> list[Any]:
        """Proposals ``start`` to ``stop`` of this order, with their parties.

        Sorting narrow ids and fetching only a page's wide rows is several times faster than
        sorting the wide rows.
        """
        ids = list(self.values_list("id", flat=True)[start:stop])
        found = self.model._default_manager.with_parties().in_bulk(ids)
        return [found[pk] for pk in ids]

    def with_parties(self) -> ProposalQuerySet:
        """Joined with everything that a page or an answer shows of the two sides."""
        return self.select_related(*OF_BOTH_SIDES).defer(*SHAPES_OF_BOTH_SIDES)


class BarrierQuerySet(models.QuerySet[Any]):
    def standing(self) -> BarrierQuerySet:
        """Found barred by the latest run."""
        return self.filter(lifted_at__isnull=True)
