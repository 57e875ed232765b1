"""Offering a service: processing, transport, storage, laboratory work, advice."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material, WasteCode
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Site
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import ListingStatus, Service
from marketplace.listings.rules import MAX_PRICE_CENTS
from marketplace.listings.saving import save_once
from marketplace.text_rules import text_problems, visibly_blank

MAX_CAPACITY = 10**15
MAX_YIELD = Decimal("99.9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDraft:
    """``base_capacity`` base units of the input a year; ``cost_cents`` per 1,000 of them."""

    site: Site
    kind: str
    title: str
    description: str = ""
    input_material: Material | None = None
    output_material: Material | None = None
    base_capacity: int | None = None
    yield_ratio: Decimal = Decimal(1)
    cost_cents: int | None = None
    permitted_codes: tuple[WasteCode, ...] = ()
    external_id: str = ""
    status: str = ListingStatus.OPEN


@transaction.atomic
def offer_service(*, viewer: Viewer, draft: ServiceDraft) -> Service:
    """Publish a service. Raises NotPermitted, InvalidInput or Conflict."""
    _require_edit(viewer, draft.site.organisation_id)
    return _write(Service(), draft)


@transaction.atomic
def revise_service(
    *, viewer: Viewer, service: Service, changes: dict[str, Any], expected_version: int | None
) -> Service:
    """Change an own service; a stale ``expected_version`` raises Conflict."""
    _require_edit(viewer, service.organisation_id)
    locked = (
        Service.objects.select_for_update(of=("self",))
        .select_related("site__organisation", "input_material", "output_material")
        .get(pk=service.pk)
    )
    if expected_version is not None and locked.version != expected_version:
        raise Conflict([Problem("version", "stale", _("It has changed meanwhile."))])
    said = {item.name: getattr(locked, item.name) for item in fields(ServiceDraft)}
    said["permitted_codes"] = tuple(locked.permitted_codes.all())
    locked.version += 1
    return _write(locked, replace(ServiceDraft(**said), **changes))


def service_problems(draft: ServiceDraft) -> list[Problem]:
    """Everything wrong with a draft, all at once."""
    problems = _text_problems(draft)
    if draft.kind not in Service.Kind.values:
        problems.append(Problem("kind", "unknown_choice", _("This kind is not known.")))
    if draft.status not in ListingStatus.values:
        problems.append(Problem("status", "unknown_choice", _("This value is not a choice.")))
    if draft.base_capacity is not None and not 0 < draft.base_capacity <= MAX_CAPACITY:
        problems.append(Problem("capacity", "out_of_range", _("The capacity is out of range.")))
    if not 0 < draft.yield_ratio <= MAX_YIELD:
        problems.append(Problem("yield_ratio", "out_of_range", _("The yield is out of range.")))
    if draft.cost_cents is not None and abs(draft.cost_cents) > MAX_PRICE_CENTS:
        problems.append(Problem("cost", "too_large", _("The price is beyond any real material.")))
    return problems + _processing_problems(draft)


def _text_problems(draft: ServiceDraft) -> list[Problem]:
    problems = []
    for name, limit in (("title", 200), ("description", 5_000), ("external_id", 120)):
        problems += text_problems(name, getattr(draft, name), limit=limit)
    if visibly_blank(draft.title):
        problems.append(Problem("title", "required", _("This field is required.")))
    return problems


def _processing_problems(draft: ServiceDraft) -> list[Problem]:
    """A process without its ends, capacity and cost cannot be planned with."""
    if draft.kind != Service.Kind.PROCESSING:
        return []
    needed = {
        "input_material": draft.input_material,
        "output_material": draft.output_material,
        "capacity": draft.base_capacity,
        "cost": draft.cost_cents,
    }
    return [
        Problem(name, "required", _("Processing needs this field."))
        for name, value in needed.items()
        if value is None
    ]


def _write(service: Service, draft: ServiceDraft) -> Service:
    problems = service_problems(draft)
    if problems:
        raise InvalidInput(problems)
    for item in fields(ServiceDraft):
        if item.name != "permitted_codes":
            setattr(service, item.name, getattr(draft, item.name))
    service.organisation_id = draft.site.organisation_id
    service.title = draft.title.strip()
    save_once(service)
    service.permitted_codes.set(draft.permitted_codes)
    return service


def _require_edit(viewer: Viewer, organisation_id: int) -> None:
    if not viewer.may_edit(organisation_id):
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not post for this organisation."))]
        )
