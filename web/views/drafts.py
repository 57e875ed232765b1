"""What the listing form reads out of pasted text; nothing is filled in until a person picks it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from marketplace.catalogue.models import Material
from marketplace.catalogue.selectors import catalogue
from marketplace.units import Basis
from symbiosis.core.text.listing import CodeCandidate, ConceptCandidate
from symbiosis.core.text.quantities import QuantityRead
from symbiosis.lexicon import draft_listing
from symbiosis.text_engine import running_helper

LONGEST = 2_000
SHOWN = 5
LEAST_LIKELY = 0.01


@dataclass(frozen=True, slots=True)
class MaterialChoice:
    """A concept that the text may mean, the words that say so, and how likely it is."""

    material: Material
    words: tuple[str, ...]
    percent: int


@dataclass(frozen=True, slots=True)
class CodeChoice:
    """A waste code the text may fall under, with the question that decides about its mirror."""

    display: str
    label: str
    question: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AmountChoice:
    """An amount read in the text as the form's fields take it; empty where the form has none."""

    written: str
    value: str
    unit: str
    basis: str


@login_required
@require_POST
def listing_draft(request: HttpRequest, side: str) -> HttpResponse:
    """Candidates for an unsent form, each with the evidence for it."""
    text = request.POST.get("pasted", "")[:LONGEST]
    draft = draft_listing(text=text, wanted=side == "need", helper=running_helper())
    context = {
        "text": text.strip(),
        "side": side,
        "materials": _materials(draft.concepts, uses_too=side == "need"),
        "codes": [_code(candidate) for candidate in draft.codes[:SHOWN]] if side == "offer" else [],
        "amounts": [_amount(quantity) for quantity in draft.quantities[:SHOWN]],
        "missing": [name for name in draft.missing if name in ("material", "quantity", "period")],
    }
    return render(request, "web/listings/_draft.html", context)


def _materials(candidates: tuple[ConceptCandidate, ...], *, uses_too: bool) -> list[MaterialChoice]:
    likely = [c for c in candidates if c.probability >= LEAST_LIKELY]
    wanted = [c for c in likely if uses_too or not c.concept.is_use]
    rows = {row.code: row for row in catalogue().filter(code__in=[c.concept.id for c in wanted])}
    return [
        MaterialChoice(rows[c.concept.id], c.words, max(1, round(100 * c.probability)))
        for c in wanted
        if c.concept.id in rows
    ]


def _code(candidate: CodeCandidate) -> CodeChoice:
    language = "bg" if get_language() == "bg" else "en"
    return CodeChoice(
        candidate.code.display,
        candidate.code.label(language),
        candidate.code.question(language) if candidate.mirrors else "",
        tuple(mirror.display for mirror in candidate.mirrors),
    )


_FORM_UNITS = {
    "t": "t", "kg": "kg", "m3": "m3", "l": "l", "MWh": "MWh", "kWh": "kWh", "GJ": "GJ",
    "piece": "unit", "pallet": "pallet",
}  # fmt: skip


def _amount(quantity: QuantityRead) -> AmountChoice:
    # a range is entered by its middle; the form takes one number
    middle = (quantity.low + quantity.high) / Decimal(2)
    basis = quantity.period if quantity.period in set(Basis) else ""
    unit = _FORM_UNITS.get(quantity.unit, "")
    return AmountChoice(quantity.written, f"{middle.normalize():f}", unit, basis)
