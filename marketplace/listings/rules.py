"""What makes a draft impossible, whichever door it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from marketplace.errors import Problem
from marketplace.listings.confidence import EVERYTHING
from marketplace.listings.models import (
    ListingStatus,
    SupplyPattern,
    Visibility,
    WasteStatus,
)
from marketplace.text_rules import text_problems, visibly_blank

if TYPE_CHECKING:
    from marketplace.listings.services import ListingDraft

MAX_PRICE_CENTS = 100_000_000
"""A million EUR per tonne, beyond any secondary material."""

_TEXT_LIMITS = {
    "title": 200,
    "description": 5_000,
    "quality_notes": 5_000,
    "external_id": 120,
}
_CHOICES = {
    "pattern": SupplyPattern.values,
    "visibility": Visibility.values,
    "waste_status": WasteStatus.values,
    "status": ListingStatus.values,
    "language": ["bg", "en"],
}


def listing_problems(draft: ListingDraft) -> list[Problem]:
    """Every problem of a draft but those of its quantities, which units.py finds."""
    return [
        *_text_problems(draft),
        *_choice_problems(draft),
        *_window_problems(draft),
        *_price_problems(draft),
        *_material_problems(draft),
    ]


def _text_problems(draft: ListingDraft) -> list[Problem]:
    problems = []
    for name, limit in _TEXT_LIMITS.items():
        text = getattr(draft, name)
        found = text_problems(name, text, limit=limit)
        if not found and text and visibly_blank(text):
            found = [Problem(name, "blank", _("The text holds nothing visible."))]
        problems.extend(found)
    return problems


def _choice_problems(draft: ListingDraft) -> list[Problem]:
    wrong = [name for name, allowed in _CHOICES.items() if getattr(draft, name) not in allowed]
    wrong += [
        name
        for name in ("members_only", "confidential")
        if not EVERYTHING.issuperset(getattr(draft, name))
    ]
    return [
        Problem(name, "unknown_choice", _("This value is not one of the choices."))
        for name in wrong
    ]


def _window_problems(draft: ListingDraft) -> list[Problem]:
    problems = []
    start, end = draft.available_from, draft.available_until
    if start and end and end < start:
        problems.append(
            Problem("available_until", "before_start", _("The end lies before the start."))
        )
    if any(not 1 <= month <= 12 for month in draft.months):
        problems.append(Problem("months", "not_a_month", _("Months are numbers from 1 to 12.")))
    if len(set(draft.months)) != len(draft.months):
        problems.append(Problem("months", "repeated", _("A month is named twice.")))
    if draft.pattern == SupplyPattern.SEASONAL and not (draft.months or (start and end)):
        problems.append(
            Problem("months", "required", _("A seasonal listing names its months or its window."))
        )
    return problems


def _price_problems(draft: ListingDraft) -> list[Problem]:
    if draft.price_cents is not None and abs(draft.price_cents) > MAX_PRICE_CENTS:
        return [Problem("price", "too_large", _("The price is beyond any real material."))]
    return []


def _material_problems(draft: ListingDraft) -> list[Problem]:
    if draft.waste_code is not None and draft.material.kind != "material":
        return [
            Problem("waste_code", "not_applicable", _("Only a material can carry a waste code."))
        ]
    return []
