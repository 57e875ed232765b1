"""Takes a register of facilities in: organisations and sites, once each, in resumable chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.contrib.gis.geos import Point
from django.db import transaction

from geo.errors import OutsideServiceArea
from geo.models import Region
from geo.privacy import Cell, grid_cell
from geo.selectors import regions_for_points
from marketplace.catalogue.models import Activity
from marketplace.firms.models import Organisation, Site
from marketplace.firms.registration import compact, valid_eik
from marketplace.registers.facilities import Facility, SkippedRow, read_facilities
from marketplace.registers.sectors import activity_of

CHUNK_ROWS = 2_000
"""Rows written in one transaction; an interrupted import resumes after the last whole chunk."""


@dataclass(slots=True)
class ImportReport:
    """What happened to every row."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    without_region: int = 0
    skipped: list[SkippedRow] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged + len(self.skipped)


def import_facilities(
    path: Path, *, on_progress: Callable[[int], None] = lambda rows: None
) -> ImportReport:
    """Import a register file. Repeating it changes nothing; a changed row updates its site.

    Raises RegisterFileError where the file as a whole cannot be read.
    """
    report = ImportReport()
    activities = dict(Activity.objects.filter(revision="2.0").values_list("code", "id"))
    codes = dict(Region.objects.values_list("code", "id"))
    for chunk in _chunks(read_facilities(path), CHUNK_ROWS):
        rows = [_in_service_area(row) for row in chunk]
        report.skipped.extend(row for row in rows if isinstance(row, SkippedRow))
        placed = [row for row in rows if not isinstance(row, SkippedRow)]
        with transaction.atomic():
            _import_chunk(placed, activities, codes, report)
        on_progress(report.read)
    return report


class _Placed(NamedTuple):
    """A facility with the cell of the privacy grid that it lies in."""

    facility: Facility
    cell: Cell


def _in_service_area(row: Facility | SkippedRow) -> _Placed | SkippedRow:
    """The row in its cell, or why the market does not reach it (no cell, no haulage by road)."""
    if isinstance(row, SkippedRow):
        return row
    try:
        return _Placed(row, grid_cell(row.lon, row.lat))
    except OutsideServiceArea:
        return SkippedRow(row.line, row.source_id, "lat", "lies outside the service area")


def _chunks(
    rows: Iterable[Facility | SkippedRow], size: int
) -> Iterator[Sequence[Facility | SkippedRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _import_chunk(
    placed: list[_Placed],
    activities: dict[str, int],
    codes: dict[str, int],
    report: ImportReport,
) -> None:
    known = _known_sites([facility for facility, _cell in placed])
    changed = [
        row
        for row in placed
        if (site := known.get(row.facility.key)) is None
        or site.reported_digest != row.facility.digest
    ]
    report.unchanged += len(placed) - len(changed)
    if not changed:
        return
    organisations = _organisations_of([facility for facility, _cell in changed])
    regions = _regions_of(changed, codes)
    fresh: list[Site] = []
    revised: list[Site] = []
    for (facility, cell), (region_id, cell_region_id) in zip(changed, regions, strict=True):
        site = known.get(facility.key)
        target = revised if site else fresh
        site = site or Site(source=facility.source, external_id=facility.source_id)
        _fill(site, facility, cell, activities)
        site.organisation = organisations[_owner_key(facility)]
        site.region_id = region_id
        site.cell_region_id = cell_region_id
        report.without_region += region_id is None
        target.append(site)
    Site.objects.bulk_create(fresh, batch_size=500)
    Site.objects.bulk_update(revised, _WRITTEN, batch_size=500)
    report.created += len(fresh)
    report.updated += len(revised)


_WRITTEN = [
    "organisation",
    "name",
    "address",
    "postal_code",
    "city",
    "country",
    "location",
    "cell_location",
    "region",
    "cell_region",
    "activity",
    "sector",
    "reported",
    "reported_digest",
]


def _known_sites(facilities: list[Facility]) -> dict[tuple[str, str], Site]:
    rows = Site.objects.filter(
        source__in={f.source for f in facilities},
        external_id__in=[f.source_id for f in facilities],
    )
    return {(site.source, site.external_id): site for site in rows}


def _fill(site: Site, facility: Facility, cell: Cell, activities: dict[str, int]) -> None:
    site.name = facility.name
    site.address = facility.address
    site.postal_code = facility.postal_code
    site.city = facility.city
    site.country = facility.country
    site.location = Point(facility.lon, facility.lat, srid=4326)
    site.cell_location = Point(cell.centre_lon, cell.centre_lat, srid=4326)
    site.activity_id = activities.get(activity_of(facility.nace, facility.sector))
    site.sector = facility.sector
    site.reported = facility.reported
    site.reported_digest = facility.digest


def _regions_of(
    placed: list[_Placed], codes: dict[str, int]
) -> list[tuple[int | None, int | None]]:
    """Region of each site and of its cell: by polygon, else by the register's NUTS 3 code."""
    at_site = regions_for_points(
        [facility.lon for facility, _cell in placed],
        [facility.lat for facility, _cell in placed],
        countries=[facility.country for facility, _cell in placed],
    )
    at_cell = regions_for_points(
        [cell.centre_lon for _facility, cell in placed],
        [cell.centre_lat for _facility, cell in placed],
    )
    found = []
    for (facility, _cell), here, there in zip(placed, at_site, at_cell, strict=True):
        coded = _nearest_code(facility.nuts3, codes)
        found.append((here.pk if here else coded, there.pk if there else coded))
    return found


def _nearest_code(nuts3: str, codes: dict[str, int]) -> int | None:
    """The coded region, or what contains it where a revision has renamed the small one."""
    return next((codes[nuts3[:length]] for length in (5, 4, 3, 2) if nuts3[:length] in codes), None)


def _owner_key(facility: Facility) -> tuple[str, str, str]:
    """What tells one owner from another: EIK, operator's name, or the facility itself."""
    number = compact(facility.operator_id)
    if facility.country == "BG" and valid_eik(number):
        return "eik", facility.country, number
    if facility.operator:
        return "operator", facility.country, facility.operator.casefold()[:110]
    return "facility", facility.source, facility.source_id


def _organisations_of(facilities: list[Facility]) -> dict[tuple[str, str, str], Organisation]:
    """An organisation for each owner of the chunk, made where the register is its first word."""
    wanted = {_owner_key(facility): facility for facility in facilities}
    found: dict[tuple[str, str, str], Organisation] = {}
    numbers = [key[2] for key in wanted if key[0] == "eik"]
    for organisation in Organisation.objects.filter(country="BG", registration_number__in=numbers):
        found["eik", "BG", organisation.registration_number] = organisation
    names = {_external_id(key): key for key in wanted if key[0] != "eik"}
    for organisation in Organisation.objects.filter(source="register", external_id__in=names):
        found[names[organisation.external_id]] = organisation
    fresh = {
        key: _organisation(key, facility) for key, facility in wanted.items() if key not in found
    }
    Organisation.objects.bulk_create(fresh.values(), batch_size=500)
    return found | fresh


def _external_id(key: tuple[str, str, str]) -> str:
    return f"{key[0][0]}:{key[1]}:{key[2]}"[:120]


def _organisation(key: tuple[str, str, str], facility: Facility) -> Organisation:
    by_number = key[0] == "eik"
    return Organisation(
        type=Organisation.Type.FIRM,
        name=facility.operator or facility.name,
        country=facility.country,
        registration_number=key[2] if by_number else "",
        source="register",
        external_id="" if by_number else _external_id(key),
    )
