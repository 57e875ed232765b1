"""Questions about the catalogue that read as sentences."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable


class EditedQuerySet(models.QuerySet[Any]):
    """Rows that the reviewed files fill and that people may change afterwards."""

    def changed_since(self, moment: datetime | Combinable) -> Self:
        """Changed later than a moment, which may be a subquery; none where that is null."""
        return self.filter(updated_at__gt=moment)


class ConversionQuerySet(EditedQuerySet):
    def in_pairs(self) -> set[tuple[int, int]]:
        """Ids of source and target; one pair may have several ways."""
        return set(self.values_list("source_id", "target_id"))


class MaterialQuerySet(EditedQuerySet):
    def streams(self) -> MaterialQuerySet:
        """What a firm can list; a use only says what a stream is good for."""
        return self.filter(is_use=False)

    def matching(self, words: str) -> MaterialQuerySet:
        """Materials whose name, code or synonym contains the words, in either language."""
        return self.filter(
            Q(name_en__icontains=words)
            | Q(name_bg__icontains=words)
            | Q(code__icontains=words)
            | Q(synonyms_en__icontains=words)
            | Q(synonyms_bg__icontains=words)
        )

    def under(self, material_id: int) -> frozenset[int]:
        """Ids of a concept and of everything narrower; one query, the tree is small."""
        children: dict[int | None, list[int]] = {}
        for child, parent in self.order_by().values_list("id", "broader_id"):
            children.setdefault(parent, []).append(child)
        found, waiting = {material_id}, [material_id]
        while waiting:
            for child in children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return frozenset(found)
