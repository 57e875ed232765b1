"""Recording the papers that a firm holds, and keeping them current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material, WasteCode
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Organisation, Site
from marketplace.firms.permits import HAZARD_PROPERTY, OPERATION, Permit, PermittedCode
from marketplace.firms.viewers import Viewer
from marketplace.text_rules import text_problems, visibly_blank

_TEXT_LIMITS = {"number": 80, "authority": 200}


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitDraft:
    """A paper as its holder writes it down; ``codes`` maps each waste code to kg a year or None."""

    kind: str
    number: str
    authority: str = ""
    country: str = "BG"
    site: Site | None = None
    operations: tuple[str, ...] = ()
    hazard_properties: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    codes: Mapping[WasteCode, int | None] = field(default_factory=dict)
    materials: tuple[Material, ...] = ()


def _columns(draft: PermitDraft) -> dict[str, Any]:
    values = {part.name: getattr(draft, part.name) for part in fields(draft)}
    values["operations"] = list(draft.operations)
    values["hazard_properties"] = list(draft.hazard_properties)
    return {name: value for name, value in values.items() if name not in {"codes", "materials"}}


@transaction.atomic
def record_permit(*, viewer: Viewer, organisation: Organisation, draft: PermitDraft) -> Permit:
    """Write down a paper of an own organisation. Raises NotPermitted, InvalidInput or Conflict."""
    _may_edit(viewer, organisation.pk)
    _refuse_faults(organisation.pk, draft)
    permit = Permit(organisation=organisation, **_columns(draft))
    _save(permit, draft)
    return permit


def draft_of(permit: Permit) -> PermitDraft:
    """What a paper on record says, as its holder would write it down."""
    values = {name: getattr(permit, name) for name in _columns(PermitDraft(kind="", number=""))}
    values["operations"] = tuple(permit.operations)
    values["hazard_properties"] = tuple(permit.hazard_properties)
    covered = permit.codes.select_related("waste_code")
    return PermitDraft(
        **values,
        codes={line.waste_code: line.kg_per_year for line in covered},
        materials=tuple(permit.materials.all()),
    )


@transaction.atomic
def revise_permit(
    *,
    viewer: Viewer,
    permit: Permit,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Permit:
    """Change what a paper says; ``changes`` are fields of the draft. Raises NotPermitted,
    InvalidInput or Conflict, also where the paper has another version than the one expected."""
    _may_edit(viewer, permit.organisation_id)
    held = Permit.objects.select_for_update().get(pk=permit.pk)
    _refuse_stale(held, expected_version)
    draft = replace(draft_of(held), **changes)
    _refuse_faults(permit.organisation_id, draft)
    for name, value in _columns(draft).items():
        setattr(held, name, value)
    held.version += 1
    _save(held, draft)
    return held


@transaction.atomic
def withdraw_permit(
    *, viewer: Viewer, permit: Permit, on: date, expected_version: int | None = None
) -> Permit:
    """A paper was revoked or given up; it stays on record and no longer counts."""
    _may_edit(viewer, permit.organisation_id)
    held = Permit.objects.select_for_update().get(pk=permit.pk)
    _refuse_stale(held, expected_version)
    if held.withdrawn_on is None:
        held.withdrawn_on = on
        held.version += 1
        held.save(update_fields=["withdrawn_on", "version", "updated_at"])
    return held


def permit_problems(organisation_id: int, draft: PermitDraft) -> list[Problem]:
    """Everything wrong with a draft, all at once."""
    found = _text_problems(draft)
    if draft.kind not in Permit.Kind.values:
        found.append(Problem("kind", "unknown_choice", _("This kind of paper is not known.")))
    if not (len(draft.country) == 2 and draft.country.isascii() and draft.country.isupper()):
        found.append(Problem("country", "unknown_choice", _("Give a two-letter country code.")))
    if draft.site is not None and draft.site.organisation_id != organisation_id:
        found.append(Problem("site", "foreign_site", _("The site is not the organisation's own.")))
    if not all(OPERATION.fullmatch(code) for code in draft.operations):
        found.append(
            Problem("operations", "unknown_choice", _("Operations are R1 to R13 and D1 to D15."))
        )
    if not all(HAZARD_PROPERTY.fullmatch(code) for code in draft.hazard_properties):
        found.append(
            Problem("hazard_properties", "unknown_choice", _("Hazard properties are HP1 to HP15."))
        )
    if any(kg is not None and kg <= 0 for kg in draft.codes.values()):
        found.append(Problem("codes", "not_positive", _("Kilograms a year must be above zero.")))
    if draft.valid_from and draft.valid_until and draft.valid_until < draft.valid_from:
        found.append(Problem("valid_until", "before_start", _("It ends before it begins.")))
    return found


def _text_problems(draft: PermitDraft) -> list[Problem]:
    found = []
    for name, limit in _TEXT_LIMITS.items():
        found += text_problems(name, getattr(draft, name), limit=limit)
    if visibly_blank(draft.number):
        found.append(Problem("number", "required", _("This field is required.")))
    return found


def _may_edit(viewer: Viewer, organisation_id: int) -> None:
    if not viewer.may_edit(organisation_id):
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not keep its papers."))]
        )


def _refuse_stale(held: Permit, expected_version: int | None) -> None:
    if expected_version is not None and held.version != expected_version:
        raise Conflict([Problem("version", "stale", _("The paper has changed meanwhile."))])


def _refuse_faults(organisation_id: int, draft: PermitDraft) -> None:
    problems = permit_problems(organisation_id, draft)
    if problems:
        raise InvalidInput(problems)


def _save(permit: Permit, draft: PermitDraft) -> None:
    try:
        with transaction.atomic():
            permit.save()
    except IntegrityError as error:
        raise Conflict(
            [Problem("number", "duplicate", _("A paper of this kind and number is on record."))]
        ) from error
    permit.materials.set(draft.materials)
    permit.codes.all().delete()
    PermittedCode.objects.bulk_create(_codes(permit, draft.codes.items()))


def _codes(
    permit: Permit, covered: Iterable[tuple[WasteCode, int | None]]
) -> Iterable[PermittedCode]:
    for waste_code, kg in covered:
        yield PermittedCode(permit=permit, waste_code=waste_code, kg_per_year=kg)
