"""Registering organisations and placing their sites."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from geo.coordinates import as_point
from geo.errors import InvalidCoordinates, OutsideServiceArea
from geo.models import Region
from geo.privacy import grid_cell
from geo.selectors import region_of_point
from marketplace.catalogue.models import Activity, Pillar
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.models import Membership, Organisation, Site
from marketplace.firms.registration import compact, valid_eik, valid_vat
from marketplace.firms.users import User
from marketplace.firms.viewers import Viewer
from marketplace.text_rules import hostile_character, text_problems, visibly_blank


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDraft:
    """What an organisation says of itself when it joins."""

    name: str
    name_en: str = ""
    type: str = Organisation.Type.FIRM
    country: str = "BG"
    registration_number: str = ""
    vat_number: str = ""
    pillars: tuple[str, ...] = ()
    employees: int | None = None
    website: str = ""
    about: str = ""
    activity: Activity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """Where an organisation is; the server finds the regions itself."""

    name: str
    lon: float
    lat: float
    address: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "BG"
    employees: int | None = None
    external_id: str = ""
    activity: Activity | None = None


@dataclass(frozen=True, slots=True)
class SitePlacement:
    """Every place-derived figure of a site."""

    location: Point
    cell_location: Point
    region: Region | None
    cell_region: Region | None
    municipality: Region | None


@transaction.atomic
def register_organisation(*, user: User, draft: OrganisationDraft) -> Organisation:
    """Create an organisation owned by the user. Raises InvalidInput or Conflict."""
    problems = organisation_problems(draft)
    if problems:
        raise InvalidInput(problems)
    organisation = Organisation(
        name=draft.name.strip(),
        name_en=draft.name_en.strip(),
        type=draft.type,
        country=draft.country,
        registration_number=compact(draft.registration_number),
        vat_number=compact(draft.vat_number),
        pillars=list(draft.pillars),
        employees=draft.employees,
        website=draft.website,
        about=draft.about,
        activity=draft.activity,
    )
    try:
        with transaction.atomic():
            organisation.save()
    except IntegrityError as error:
        raise Conflict(
            [
                Problem(
                    "registration_number",
                    "duplicate",
                    _("An organisation with this number is registered already."),
                )
            ]
        ) from error
    Membership.objects.create(user=user, organisation=organisation, role=Membership.Role.OWNER)
    return organisation


def organisation_problems(draft: OrganisationDraft) -> list[Problem]:
    """Everything wrong with a draft, all at once."""
    problems = _name_problems("name", draft.name, required=True)
    problems += _name_problems("name_en", draft.name_en, required=False)
    problems += _name_problems("about", draft.about, required=False, limit=5_000)
    if draft.type not in Organisation.Type.values:
        problems.append(Problem("type", "unknown_choice", _("This type is not known.")))
    if not _country_code(draft.country):
        problems.append(Problem("country", "unknown_choice", _("Give a two-letter country code.")))
    if any(pillar not in Pillar.values for pillar in draft.pillars):
        problems.append(Problem("pillars", "unknown_choice", _("This pillar is not known.")))
    for field, limit in (("website", 200), ("registration_number", 20), ("vat_number", 20)):
        problems += _name_problems(field, getattr(draft, field), required=False, limit=limit)
    number = draft.registration_number
    if number and draft.country == "BG" and not valid_eik(number):
        problems.append(
            Problem("registration_number", "invalid_eik", _("This is not a valid EIK."))
        )
    if draft.vat_number and not valid_vat(draft.vat_number):
        problems.append(
            Problem("vat_number", "invalid_vat", _("This is not a valid EU VAT number."))
        )
    return problems


@transaction.atomic
def add_site(*, viewer: Viewer, organisation: Organisation, draft: SiteDraft) -> Site:
    """Place a site of an own organisation. Raises NotPermitted, InvalidInput or Conflict."""
    if not viewer.may_edit(organisation.pk):
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not add sites to it."))]
        )
    problems = site_problems(draft)
    if problems:
        raise InvalidInput(problems)
    place = placement(draft.lon, draft.lat)
    site = Site(
        organisation=organisation,
        name=draft.name.strip(),
        address=draft.address.strip(),
        postal_code=draft.postal_code.strip(),
        city=draft.city.strip(),
        country=draft.country,
        employees=draft.employees,
        activity=draft.activity or organisation.activity,
        location=place.location,
        cell_location=place.cell_location,
        region=place.region,
        cell_region=place.cell_region,
        municipality=place.municipality,
        external_id=draft.external_id,
    )
    try:
        with transaction.atomic():
            site.save()
    except IntegrityError as error:
        raise Conflict(
            [Problem("external_id", "duplicate", _("This external id is already in use."))]
        ) from error
    return site


def site_problems(draft: SiteDraft) -> list[Problem]:
    """Everything wrong with a draft, all at once."""
    problems = _name_problems("name", draft.name, required=True)
    limits = {"address": 300, "postal_code": 32, "city": 200, "external_id": 120}
    for field, limit in limits.items():
        problems += _name_problems(field, getattr(draft, field), required=False, limit=limit)
    if not _country_code(draft.country):
        problems.append(Problem("country", "unknown_choice", _("Give a two-letter country code.")))
    try:
        as_point(draft.lon, draft.lat)
        grid_cell(draft.lon, draft.lat)
    except InvalidCoordinates:
        problems.append(
            Problem("location", "out_of_range", _("Longitude or latitude is out of range."))
        )
    except OutsideServiceArea:
        problems.append(
            Problem("location", "outside_service_area", _("The place lies outside Europe."))
        )
    return problems


def placement(lon: float, lat: float) -> SitePlacement:
    """Regions and grid cell of a point, each region by one indexed look-up."""
    location = Point(lon, lat, srid=4326)
    cell = grid_cell(lon, lat)
    centre = Point(cell.centre_lon, cell.centre_lat, srid=4326)
    return SitePlacement(
        location=location,
        cell_location=centre,
        region=region_of_point(location),
        cell_region=region_of_point(centre),
        municipality=region_of_point(location, level=Region.Level.MUNICIPALITY),
    )


def _name_problems(field: str, text: str, *, required: bool, limit: int = 300) -> list[Problem]:
    if required and visibly_blank(text) and hostile_character(text) is None:
        return [Problem(field, "required", _("This field is required."))]
    return text_problems(field, text, limit=limit)


def _country_code(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()
