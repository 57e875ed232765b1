"""The catalogue's pairs, kept in memory until the catalogue changes."""

from __future__ import annotations

from functools import lru_cache

from django.db.models import Count, Max

from marketplace.catalogue.models import CatalogueRelease, Conversion, Material
from symbiosis.problems import Catalogue, load_catalogue_pairs


def current_catalogue() -> Catalogue:
    """Pairs of concepts that fit, as the database has them now; one small query when unchanged."""
    return _catalogue(_fingerprint())


def _fingerprint() -> tuple[object, ...]:
    release = CatalogueRelease.objects.values_list("id", flat=True).first()
    materials = Material.objects.aggregate(n=Count("id"), last=Max("id"), at=Max("updated_at"))
    conversions = Conversion.objects.aggregate(n=Count("id"), last=Max("id"), at=Max("updated_at"))
    return release, *materials.values(), *conversions.values()


@lru_cache(maxsize=1)
def _catalogue(fingerprint: tuple[object, ...]) -> Catalogue:
    return load_catalogue_pairs()
