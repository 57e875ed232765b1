"""Posting, revising and withdrawing listings: validated whole, written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material, WasteCode
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Site
from marketplace.firms.viewers import Viewer
from marketplace.listings.locking import locked_rows
from marketplace.listings.models import (
    Listing,
    ListingStatus,
    Need,
    Offer,
    QuantityBasis,
    SupplyPattern,
    Visibility,
    WasteStatus,
)
from marketplace.listings.rules import listing_problems
from marketplace.listings.saving import save_once
from marketplace.units import Basis, ResourceKind, per_year, to_base

ListingT = TypeVar("ListingT", bound=Listing)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingDraft:
    """What a firm says of a stream or a need; the first five fields are enough."""

    site: Site
    material: Material
    quantity_value: Decimal
    quantity_unit: str
    quantity_basis: str = QuantityBasis.YEAR
    title: str = ""
    description: str = ""
    language: str = "bg"
    pattern: str = SupplyPattern.CONTINUOUS
    available_from: date | None = None
    available_until: date | None = None
    months: tuple[int, ...] = ()
    min_lot_value: Decimal | None = None
    price_cents: int | None = None
    quality_notes: str = ""
    waste_status: str = WasteStatus.UNKNOWN
    waste_code: WasteCode | None = None
    visibility: str = Visibility.PUBLIC
    members_only: tuple[str, ...] = ()
    confidential: tuple[str, ...] = ()
    external_id: str = ""
    status: str = field(default=ListingStatus.OPEN)


def post_offer(*, viewer: Viewer, draft: ListingDraft) -> Offer:
    """Publish an offer. Raises NotPermitted or InvalidInput; nothing is written then."""
    return _post(Offer, viewer, draft)


def post_need(*, viewer: Viewer, draft: ListingDraft) -> Need:
    """Publish a need. Raises NotPermitted or InvalidInput; nothing is written then."""
    return _post(Need, viewer, draft)


@transaction.atomic
def revise_listing(
    *, viewer: Viewer, listing: ListingT, changes: dict[str, Any], expected_version: int | None
) -> ListingT:
    """Change some fields of an own listing; a stale ``expected_version`` raises Conflict."""
    rows: QuerySet[ListingT] = type(listing)._default_manager.select_related(
        "site__organisation", "material", "waste_code"
    )
    locked = locked_rows(rows, [listing.pk])[listing.pk]
    require_edit(viewer, locked.organisation_id)
    if expected_version is not None and locked.version != expected_version:
        raise Conflict([Problem("version", "stale", _("The listing has changed meanwhile."))])
    draft = replace(draft_of_listing(locked), **changes)
    _apply(locked, draft)
    locked.version += 1
    save_once(locked)
    return locked


def withdraw_listing(
    *, viewer: Viewer, listing: ListingT, expected_version: int | None = None
) -> ListingT:
    """Take an own listing off the market; its row stays for the record."""
    return revise_listing(
        viewer=viewer,
        listing=listing,
        changes={"status": ListingStatus.WITHDRAWN},
        expected_version=expected_version,
    )


@transaction.atomic
def _post(model: type[ListingT], viewer: Viewer, draft: ListingDraft) -> ListingT:
    require_edit(viewer, draft.site.organisation_id)
    listing = prepared(model, draft)
    save_once(listing)
    return listing


def prepared(model: type[ListingT], draft: ListingDraft) -> ListingT:
    """A validated listing that is not saved yet, for bulk writes. Raises InvalidInput."""
    listing = model()
    _apply(listing, draft)
    return listing


def require_edit(viewer: Viewer, organisation_id: int) -> None:
    """Raises NotPermitted unless the viewer may post for the organisation."""
    if not viewer.may_edit(organisation_id):
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not post for this organisation."))]
        )


def _apply(listing: Listing, draft: ListingDraft) -> None:
    """Copy a draft onto a listing with every derived figure; raises all problems at once."""
    kind = ResourceKind(draft.material.kind)
    problems = listing_problems(draft)
    base_quantity = base_min_lot = None
    try:
        amount = to_base(
            draft.quantity_value,
            draft.quantity_unit,
            kind,
            density_kg_m3=draft.material.density_kg_m3,
            field="quantity.value",
        )
        base_quantity = per_year(amount, Basis(draft.quantity_basis))
        if base_quantity < listing.base_reserved:
            problems.append(
                Problem(
                    "quantity.value",
                    "below_reserved",
                    _("Agreed exchanges already hold more than this."),
                )
            )
        if draft.min_lot_value is not None:
            base_min_lot = to_base(
                draft.min_lot_value,
                draft.quantity_unit,
                kind,
                density_kg_m3=draft.material.density_kg_m3,
                field="min_lot",
            )
            if base_min_lot > base_quantity:
                problems.append(
                    Problem(
                        "min_lot",
                        "above_quantity",
                        _("The minimum lot is larger than the whole quantity."),
                    )
                )
    except InvalidInput as refusal:
        problems.extend(refusal.problems)
    except ValueError:
        problems.append(Problem("quantity.basis", "unknown", _("This basis is not known.")))
    if problems:
        raise InvalidInput(problems)
    for item in fields(draft):
        setattr(listing, item.name, getattr(draft, item.name))
    listing.months = sorted(draft.months)
    listing.members_only = sorted(set(draft.members_only) - set(draft.confidential))
    listing.confidential = sorted(set(draft.confidential))
    listing.title = draft.title.strip() or draft.material.name
    listing.base_quantity = base_quantity or 0
    listing.base_min_lot = base_min_lot
    listing.place_at(draft.site)


def draft_of_listing(listing: Listing) -> ListingDraft:
    """What a listing says, as it could be said again."""
    values = {item.name: getattr(listing, item.name) for item in fields(ListingDraft)}
    values |= {name: tuple(values[name]) for name in ("months", "members_only", "confidential")}
    return ListingDraft(**values)


def as_changes(draft: ListingDraft) -> dict[str, Any]:
    """Every field of a draft as changes: a replacement leaves nothing of what was there."""
    return {item.name: getattr(draft, item.name) for item in fields(draft)}
