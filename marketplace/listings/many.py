"""Many listings at once: each judged by the rules of a single one, new ones written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, MarketplaceError, Problem
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import Need, Offer
from marketplace.listings.services import (
    ListingDraft,
    as_changes,
    draft_of_listing,
    prepared,
    require_edit,
    revise_listing,
)

WRITTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """``created``, ``updated``, ``unchanged``, or ``refused`` with the reason."""

    status: str
    listing: Offer | Need | None = None
    refusal: MarketplaceError | None = None


@transaction.atomic
def put_many(
    *,
    viewer: Viewer,
    model: type[Offer] | type[Need],
    drafts: Sequence[ListingDraft],
    replace_known: bool,
) -> list[RowOutcome]:
    """Post every acceptable draft and say what became of each, in their order.

    A draft under an external id that its organisation uses already replaces that listing where
    ``replace_known``, and is refused otherwise, as is the second of two in one batch. Proposals
    follow from the matcher, which the database tells of every row.
    """
    known = _known(model, drafts)
    seen: set[tuple[int, str]] = set()
    outcomes: list[RowOutcome] = []
    fresh: list[Any] = []
    for draft in drafts:
        key = (draft.site.organisation_id, draft.external_id)
        taken = draft.external_id != "" and (key in seen or (key in known and not replace_known))
        seen.add(key)
        try:
            if taken:
                raise Conflict(
                    [Problem("external_id", "duplicate", _("This external id is already in use."))]
                )
            outcome = _one(viewer, model, draft, known.get(key))
        except MarketplaceError as refusal:
            outcome = RowOutcome("refused", refusal=refusal)
        if outcome.status == "created" and outcome.listing is not None:
            fresh.append(outcome.listing)
        outcomes.append(outcome)
    model._default_manager.bulk_create(fresh, batch_size=WRITTEN_AT_ONCE)
    return outcomes


def _one(
    viewer: Viewer,
    model: type[Offer] | type[Need],
    draft: ListingDraft,
    present: Offer | Need | None,
) -> RowOutcome:
    """Judge one row; a new listing is not saved yet."""
    require_edit(viewer, draft.site.organisation_id)
    if present is None:
        return RowOutcome("created", prepared(model, draft))
    prepared(model, draft)
    if draft_of_listing(present) == _as_stored(draft):
        return RowOutcome("unchanged", present)
    revised = revise_listing(
        viewer=viewer, listing=present, changes=as_changes(draft), expected_version=None
    )
    return RowOutcome("updated", revised)


def _as_stored(draft: ListingDraft) -> ListingDraft:
    """The draft as it reads once it is saved: the name of the material stands for no title."""
    return draft_of_listing(prepared(Offer, draft))


def _known(
    model: type[Offer] | type[Need], drafts: Sequence[ListingDraft]
) -> dict[tuple[int, str], Offer | Need]:
    """Listings that the drafts' external ids name already, by organisation and id."""
    named = {draft.external_id for draft in drafts} - {""}
    if not named:
        return {}
    rows = model._default_manager.select_related("site__organisation", "material", "waste_code")
    found = rows.filter(
        external_id__in=named,
        organisation_id__in={draft.site.organisation_id for draft in drafts},
    )
    return {(row.organisation_id, row.external_id): row for row in found}
