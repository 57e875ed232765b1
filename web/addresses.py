"""The row that a page's address names."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from marketplace.ids import decode

ModelT = TypeVar("ModelT", bound=Model)


def named_row(rows: QuerySet[ModelT], prefix: str, public_id: str) -> ModelT:
    """The row among those the viewer may see; Http404 alike for what is hidden and what is not."""
    uid = decode(prefix, public_id)
    if uid is None:
        raise Http404
    return get_object_or_404(rows, uid=uid)
