"""What terms and messages may say, whichever door they came through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material
from marketplace.errors import InvalidInput, Problem
from marketplace.exchanges.models import HaulageBorneBy, Incoterm
from marketplace.listings.models import QuantityBasis
from marketplace.listings.rules import MAX_PRICE_CENTS
from marketplace.text_rules import text_problems
from marketplace.units import Basis, ResourceKind, per_year, to_base

LONGEST_MESSAGE = 5_000
LONGEST_NOTE = 2_000
LONGEST_PERIOD = timedelta(days=366 * 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsDraft:
    """What one side would agree to; units as the terms' columns have them."""

    quantity_value: Decimal
    quantity_unit: str
    quantity_basis: str = QuantityBasis.YEAR
    price_cents: int
    starts_on: date
    ends_on: date | None = None
    incoterm: str = Incoterm.FCA
    haulage_borne_by: str = HaulageBorneBy.NEED
    carrier: str = ""
    quality: str = ""
    note: str = ""


def base_quantity_of(draft: TermsDraft, material: Material) -> int:
    """Base units of a valid draft, a year or in all. Raises InvalidInput with every problem."""
    problems = _terms_problems(draft)
    base = 0
    try:
        amount = to_base(
            draft.quantity_value,
            draft.quantity_unit,
            ResourceKind(material.kind),
            density_kg_m3=material.density_kg_m3,
            field="quantity.value",
        )
        base = per_year(amount, Basis(draft.quantity_basis))
    except InvalidInput as refusal:
        problems.extend(refusal.problems)
    except ValueError:
        problems.append(Problem("quantity.basis", "unknown", _("This basis is not known.")))
    if problems:
        raise InvalidInput(problems)
    return base


def _terms_problems(draft: TermsDraft) -> list[Problem]:
    problems = text_problems("carrier", draft.carrier, limit=200)
    problems += text_problems("quality", draft.quality, limit=LONGEST_MESSAGE)
    problems += text_problems("note", draft.note, limit=LONGEST_NOTE)
    if draft.incoterm not in Incoterm.values:
        problems.append(_unknown("incoterm"))
    if draft.haulage_borne_by not in HaulageBorneBy.values:
        problems.append(_unknown("haulage_borne_by"))
    if abs(draft.price_cents) > MAX_PRICE_CENTS:
        problems.append(Problem("price", "too_large", _("The price is beyond any real material.")))
    if draft.ends_on is not None:
        if draft.ends_on < draft.starts_on:
            problems.append(Problem("ends_on", "before_start", _("The end lies before the start.")))
        elif draft.ends_on - draft.starts_on > LONGEST_PERIOD:
            problems.append(
                Problem("ends_on", "too_long", _("The period is longer than twenty years."))
            )
    return problems


def _unknown(field: str) -> Problem:
    return Problem(field, "unknown_choice", _("This value is not one of the choices."))
