"""The catalogue is public: what can be listed, under which codes, from which activities."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery

from marketplace.catalogue.models import (
    Activity,
    CatalogueRelease,
    Conversion,
    Material,
    WasteCode,
)
from marketplace.catalogue.querysets import ConversionQuerySet, MaterialQuerySet


def catalogue() -> MaterialQuerySet:
    """Every concept with its waste codes and its broader concept."""
    return Material.objects.select_related("broader").prefetch_related("waste_codes")


def waste_codes() -> QuerySet[WasteCode]:
    """The European List of Waste with its mirror entries."""
    return WasteCode.objects.prefetch_related("mirrors")


def activities() -> QuerySet[Activity]:
    """NACE activities of every revision loaded."""
    return Activity.objects.all()


def _last_load() -> Subquery:
    return Subquery(CatalogueRelease.objects.order_by("-id").values("loaded_at")[:1])


def edited_materials() -> MaterialQuerySet:
    """Concepts changed or added by people since the reviewed files were loaded last."""
    return catalogue().changed_since(_last_load())


def edited_conversions() -> ConversionQuerySet:
    """Conversions changed by people since the reviewed files were loaded last."""
    ways: ConversionQuerySet = Conversion.objects.changed_since(_last_load())
    return ways.select_related("source", "target")
