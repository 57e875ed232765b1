"""How much a listing says, and which answer would help the match most."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from marketplace.listings.models import Listing, Need, SupplyPattern, WasteStatus


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: the field that answers it and the per cent it would add."""

    field: str
    gain_percent: int
    text: StrOrPromise


@dataclass(frozen=True, slots=True)
class Completeness:
    """``percent`` of 100; ``open_questions`` best first."""

    percent: int
    open_questions: tuple[Question, ...]

    @property
    def best_question(self) -> Question | None:
        return self.open_questions[0] if self.open_questions else None


_BASE_PERCENT = 40
"""What, where and roughly how much: a partial listing with these three is valid."""

# Weights follow what rules pairs out first: legality, then time, price, lots, quality.
_QUESTIONS_OF_OFFER = (
    Question("waste_status", 14, _("Is it waste, a by-product or a product?")),
    Question("waste_code", 12, _("Which waste code does it carry?")),
    Question("available_from", 10, _("From when to when is it available?")),
    Question("price_cents", 9, _("What price do you expect, or would you pay?")),
    Question("min_lot_value", 6, _("What is the smallest lot worth a trip?")),
    Question("quality_notes", 5, _("What quality: moisture, purity, contaminants?")),
    Question("description", 4, _("How does it arise, how is it stored and packed?")),
)
# A receiver's law depends on what is offered; he says when, for how much and how good.
_QUESTIONS_OF_NEED = (
    Question("available_from", 18, _("From when to when is it needed?")),
    Question("price_cents", 16, _("What would you pay for it?")),
    Question("quality_notes", 12, _("What quality is needed: moisture, purity, contaminants?")),
    Question("min_lot_value", 8, _("What is the smallest lot worth a trip?")),
    Question("description", 6, _("What is it for, and how is it received?")),
)


def completeness(listing: Listing) -> Completeness:
    """Score of a saved or unsaved listing; the weights above add to 100 with the base."""
    asked = _QUESTIONS_OF_NEED if isinstance(listing, Need) else _QUESTIONS_OF_OFFER
    missing = tuple(question for question in asked if _unanswered(listing, question.field))
    lost = sum(question.gain_percent for question in missing)
    ranked = tuple(sorted(missing, key=lambda question: -question.gain_percent))
    return Completeness(_BASE_PERCENT + 60 - lost, ranked)


def _unanswered(listing: Listing, field: str) -> bool:
    if field == "waste_status":
        return listing.waste_status == WasteStatus.UNKNOWN
    if field == "waste_code":
        # A product or an energy stream carries no waste code: nothing to answer.
        coded = listing.material.kind == "material" and listing.waste_status in (
            WasteStatus.UNKNOWN,
            WasteStatus.WASTE,
        )
        return coded and listing.waste_code_id is None
    if field == "available_from":
        seasonal = listing.pattern == SupplyPattern.SEASONAL and bool(listing.months)
        return listing.available_from is None and not seasonal
    return getattr(listing, field) in (None, "")
