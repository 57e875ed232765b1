"""Questions about organisations and sites that read as sentences."""

from __future__ import annotations

from typing import Any

from django.db import models

from geo.querysets import LocatedQuerySet


class OrganisationQuerySet(models.QuerySet[Any]):
    def of_type(self, organisation_type: str) -> OrganisationQuerySet:
        return self.filter(type=organisation_type)

    def with_member(self, user: Any) -> OrganisationQuerySet:
        """Organisations this person acts for."""
        return self.filter(memberships__user=user)


class SiteQuerySet(LocatedQuerySet):
    def current(self) -> SiteQuerySet:
        """Sites that were not merged into another."""
        return self.filter(merged_into__isnull=True)
