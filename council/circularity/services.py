"""Saving assessments: checked whole, kept beside the earlier ones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from council.circularity.flows import FLOWS, YearOfFlows, contradictions
from council.circularity.indicators import ImpossibleShares, Product, material_circularity
from council.circularity.models import ProductAssessment, YearAssessment
from marketplace.errors import InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import Viewer
from marketplace.text_rules import text_problems, visibly_blank

FIRST_YEAR = 2015
MOST = 10**15
"""A thousand million tonnes: more than any organisation moves."""


@transaction.atomic
def save_year(
    *, viewer: Viewer, organisation: Organisation, year: int, flows: YearOfFlows, now: datetime
) -> YearAssessment:
    """Keep a year of flows as the organisation declares it. Raises NotPermitted, InvalidInput."""
    _check_permitted(viewer, organisation)
    problems = year_problems(year, flows, today=now.date())
    if problems:
        raise InvalidInput(problems)
    return YearAssessment.objects.create(
        organisation=organisation,
        year=year,
        saved_by_id=viewer.user_id,
        saved_at=now,
        **{name: flows.of(name) for name in FLOWS},
    )


def year_problems(year: int, flows: YearOfFlows, *, today: date) -> list[Problem]:
    """Everything wrong with a year of flows, all at once."""
    problems = []
    if not FIRST_YEAR <= year <= today.year:
        problems.append(
            Problem(
                "year",
                "out_of_range",
                _("Give a year from %(first)s to this one.") % {"first": FIRST_YEAR},
            )
        )
    problems += [
        Problem(f"flows.{name}", "out_of_range", _("Give an amount of zero or more."))
        for name in FLOWS
        if not 0 <= flows.of(name) <= MOST
    ]
    if problems:
        return problems
    return [
        Problem(f"flows.{name}", "more_than_whole", _("The parts are more than the whole."))
        for name in dict.fromkeys(contradictions(flows))
    ]


@transaction.atomic
def save_product(
    *, viewer: Viewer, organisation: Organisation, name: str, product: Product, now: datetime
) -> ProductAssessment:
    """Keep a product's answers. Raises NotPermitted, InvalidInput."""
    _check_permitted(viewer, organisation)
    problems = product_problems(name, product)
    if problems:
        raise InvalidInput(problems)
    told: dict[str, Any] = {
        field: getattr(product, field) for field in Product.__dataclass_fields__
    }
    return ProductAssessment.objects.create(
        organisation=organisation,
        name=name.strip(),
        saved_by_id=viewer.user_id,
        saved_at=now,
        **told,
    )


def product_problems(name: str, product: Product) -> list[Problem]:
    """Everything wrong with a product's answers that can be told at once."""
    problems = []
    if visibly_blank(name):
        problems.append(Problem("name", "required", _("This field is required.")))
    else:
        problems += text_problems("name", name, limit=200)
    try:
        material_circularity(product)
    except ImpossibleShares as error:
        detail = {
            "out_of_range": _("This share or ratio is out of range."),
            "more_than_whole": _("The parts are more than the whole."),
        }[error.code]
        problems.append(Problem(error.field, error.code, detail))
    return problems


def _check_permitted(viewer: Viewer, organisation: Organisation) -> None:
    if organisation.pk not in viewer.editable_ids:
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not report for it."))]
        )
