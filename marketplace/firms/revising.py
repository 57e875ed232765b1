"""Changing organisations and sites; a moved site takes its listings along."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Organisation, Site
from marketplace.firms.registration import compact
from marketplace.firms.services import (
    OrganisationDraft,
    SiteDraft,
    organisation_problems,
    placement,
    site_problems,
)
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import Listing, Need, Offer

Versioned = TypeVar("Versioned", Organisation, Site)


@dataclass(frozen=True, slots=True)
class RevisedSite:
    """A site after a change, and the listings that moved with it."""

    site: Site
    moved: tuple[Listing, ...]


@transaction.atomic
def revise_organisation(
    *,
    viewer: Viewer,
    organisation: Organisation,
    changes: dict[str, Any],
    expected_version: int | None,
) -> Organisation:
    """Change what an organisation says of itself. Raises NotPermitted, InvalidInput or Conflict.

    An organisation that consented to be acted for keeps its own description to itself.
    """
    if not viewer.may_govern(organisation.pk):
        raise _not_permitted("organisation", _("You may not change this organisation."))
    row = _locked(Organisation.objects.all(), organisation, expected_version)
    said = {item.name: getattr(row, item.name) for item in fields(OrganisationDraft)}
    draft = replace(OrganisationDraft(**{**said, "pillars": tuple(row.pillars)}), **changes)
    _check_type(viewer, row, draft)
    problems = organisation_problems(draft)
    if problems:
        raise InvalidInput(problems)
    for item in fields(OrganisationDraft):
        setattr(row, item.name, getattr(draft, item.name))
    row.name, row.name_en = draft.name.strip(), draft.name_en.strip()
    row.registration_number = compact(draft.registration_number)
    row.vat_number = compact(draft.vat_number)
    row.pillars = list(draft.pillars)
    _save(row, "registration_number", _("An organisation with this number is registered already."))
    return row


@transaction.atomic
def revise_site(
    *, viewer: Viewer, site: Site, changes: dict[str, Any], expected_version: int | None
) -> RevisedSite:
    """Change a site that its organisation entered; a register's site is the register's.

    Raises NotPermitted, InvalidInput or Conflict.
    """
    if not viewer.may_edit(site.organisation_id):
        raise _not_permitted("site", _("You may not change this site."))
    row = _locked(Site.objects.all(), site, expected_version)
    said = {
        item.name: getattr(row, item.name)
        for item in fields(SiteDraft)
        if item.name not in ("lon", "lat")
    }
    draft = replace(SiteDraft(**said, lon=row.location.x, lat=row.location.y), **changes)
    if row.source and {"lon", "lat", "external_id"} & set(changes):
        raise Conflict(
            [Problem("location", "from_register", _("The register says where this site is."))]
        )
    problems = site_problems(draft)
    if problems:
        raise InvalidInput(problems)
    for item in fields(SiteDraft):
        if item.name not in ("lon", "lat"):
            value = getattr(draft, item.name)
            setattr(row, item.name, value.strip() if isinstance(value, str) else value)
    moved = (draft.lon, draft.lat) != (row.location.x, row.location.y)
    if moved:
        place = placement(draft.lon, draft.lat)
        for name in ("location", "cell_location", "region", "cell_region", "municipality"):
            setattr(row, name, getattr(place, name))
    _save(row, "external_id", _("This external id is already in use."))
    return RevisedSite(row, tuple(_listings_moved_to(row)) if moved else ())


def _listings_moved_to(site: Site) -> list[Listing]:
    """The listings of the site whose public place changed, at their new place; the matcher hears
    of them from the database. One that keeps its place back inside its cell leaves no trace."""
    moved: list[Listing] = []
    for model in (Offer, Need):
        for listing in model.objects.select_for_update(of=("self",)).filter(site=site):
            before = (listing.public_location.coords, listing.public_region_id)
            listing.place_at(site)
            if (listing.public_location.coords, listing.public_region_id) != before:
                listing.version += 1
                listing.save()
                moved.append(listing)
    return moved


def _check_type(viewer: Viewer, row: Organisation, draft: OrganisationDraft) -> None:
    """What kind of body an organisation is decides rights, so only the secretariat changes it."""
    if draft.type != row.type and not viewer.secretariat:
        raise _not_permitted("type", _("Only the secretariat changes the type."))


def _locked(rows: Any, row: Versioned, expected_version: int | None) -> Versioned:
    locked: Versioned = rows.select_for_update(of=("self",)).get(pk=row.pk)
    if expected_version is not None and locked.version != expected_version:
        raise Conflict([Problem("version", "stale", _("It has changed meanwhile."))])
    return locked


def _save(row: Organisation | Site, field: str, taken: str) -> None:
    row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict([Problem(field, "duplicate", taken)]) from error


def _not_permitted(field: str, detail: str) -> NotPermitted:
    return NotPermitted([Problem(field, "not_permitted", detail)])
