"""Questions about the catalogue that read as sentences."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


class MaterialQuerySet(models.QuerySet[Any]):
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
