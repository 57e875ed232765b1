"""Better polygons from a file: NUTS regions or local administrative units (municipalities)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from django.contrib.gis.geos import Point
from django.db import transaction
from shapely.geometry.base import BaseGeometry

from geo.coordinates import WGS84
from geo.errors import UnreadableRegionFile
from geo.models import Region
from geo.regions import (
    RegionRow,
    dissolve_above,
    iso_countries,
    nuts_parent_code,
    save_regions,
    save_shapes,
)
from geo.selectors import region_of_point

SCHEMES: Final = ("nuts", "lau")

# What a column is called in the files of Eurostat's GISCO and of the Bulgarian statistics office.
_COLUMNS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "nuts": {
        "code": ("NUTS_ID", "nuts3"),
        "name_en": ("NAME_LATN", "name_en"),
        "name_local": ("NUTS_NAME", "name_bg"),
    },
    "lau": {
        "code": ("GISCO_ID", "obshtina"),
        "name_en": ("LAU_NAME", "name_en"),
        "name_local": ("name_bg",),
        "parent": ("nuts3", "NUTS_CODE"),
    },
}
_REQUIRED: Final = ("code", "name_en")
_WGS84_NAMES: Final = {"EPSG:4326", "OGC:CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84"}


@dataclass(slots=True)
class RegionsReport:
    """What an import did: counts, and (code, why) of repaired and of skipped features."""

    created: int = 0
    drawn: int = 0
    repaired: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def import_region_file(path: Path, *, scheme: str) -> RegionsReport:
    """Replace names and polygons of regions from a GDAL-readable file in WGS 84.

    Invalid polygons are repaired and reported; features without a usable code, name or polygon
    are skipped and reported. One transaction. Raises UnreadableRegionFile.
    """
    report = RegionsReport()
    rows = _rows(path, scheme, report)
    source = path.name[:200]
    with transaction.atomic():
        rows = _with_parents(rows, report)
        report.created = save_regions(rows, source=source)
        shapes = [(row.code, row.shape) for row in rows if row.shape is not None]
        save_shapes(shapes, source=source)
        dissolve_above(row.code for row in rows if row.level == Region.Level.NUTS3)
    report.drawn = len(shapes)
    return report


def _rows(path: Path, scheme: str, report: RegionsReport) -> list[RegionRow]:
    columns, shapes = _read(path, scheme)
    iso = iso_countries()
    rows: dict[str, RegionRow] = {}
    for i, wkb in enumerate(shapes):
        cell = {name: str(values[i] or "").strip() for name, values in columns.items()}
        row = _nuts_row(cell, iso) if scheme == "nuts" else _lau_row(cell, iso)
        why = _fault(row, rows, iso)
        if why:
            report.skipped.append((row.code or f"feature {i + 1}", why))
            continue
        found = _polygon(wkb, row.code, report)
        if found is not None:
            rows[row.code] = _drawn(row, found)
    return list(rows.values())


def _read(path: Path, scheme: str) -> tuple[dict[str, Any], Any]:
    """Columns by our names, and polygons as WKB."""
    if not path.is_file():
        raise UnreadableRegionFile(f"{path.name} is not a file")
    try:
        meta, _, shapes, values = pyogrio.raw.read(path)
    except Exception as error:  # GDAL's drivers raise what they like
        raise UnreadableRegionFile(f"{path.name} cannot be read: {error}") from error
    if meta["crs"] not in _WGS84_NAMES:
        raise UnreadableRegionFile(
            f"{path.name} is in {meta['crs']}; convert it to EPSG:4326 first "
            "(ogr2ogr -t_srs EPSG:4326)"
        )
    held = dict(zip((str(name) for name in meta["fields"]), values, strict=True))
    columns = {}
    for ours, theirs in _COLUMNS[scheme].items():
        column = next((held[name] for name in theirs if name in held), None)
        if column is None and ours in _REQUIRED:
            raise UnreadableRegionFile(f"{path.name} has none of the columns {', '.join(theirs)}")
        if column is not None:
            columns[ours] = column
    return columns, shapes


def _nuts_row(cell: dict[str, str], iso: dict[str, str]) -> RegionRow:
    code = cell["code"]
    country = iso.get(code[:2], "")
    name_bg = cell.get("name_local", "") if country == "BG" else ""
    level = len(code) - 2 if len(code) <= 5 else -1
    return RegionRow(code, level, country, cell["name_en"], name_bg, nuts_parent_code(code))


def _lau_row(cell: dict[str, str], iso: dict[str, str]) -> RegionRow:
    parent, code = cell.get("parent", ""), cell["code"]
    prefix = code.partition("_")[0] if "_" in code else parent[:2]
    full = code if "_" in code or not code else f"{prefix}_{code}"
    country = iso.get(prefix, "")
    name_bg = cell.get("name_local", "") if country == "BG" else ""
    return RegionRow(
        full, Region.Level.MUNICIPALITY, country, cell["name_en"], name_bg, parent or None
    )


def _fault(row: RegionRow, taken: dict[str, RegionRow], iso: dict[str, str]) -> str:
    """Why a row cannot be used, or ""."""
    if not row.code or len(row.code) > 16:
        return "no code, or a code longer than 16 characters"
    if row.code in taken:
        return "the code appears twice"
    if not row.country:
        return "the code names no country of the NUTS or candidate countries"
    if row.level not in Region.Level.values:
        return "the code is not that of a NUTS region"
    if not row.name_en or len(row.name_en) > 200:
        return "no name, or a name longer than 200 characters"
    return ""


def _polygon(wkb: bytes | None, code: str, report: RegionsReport) -> BaseGeometry | None:
    """A valid polygon of a feature, repaired if need be; None (reported) where there is none."""
    found = shapely.from_wkb(wkb) if wkb is not None else None
    if found is None or found.is_empty:
        report.skipped.append((code, "no polygon"))
        return None
    if not np.isfinite(shapely.get_coordinates(found)).all() or not _in_degrees(found):
        report.skipped.append((code, "coordinates that are no degrees"))
        return None
    found = shapely.force_2d(found)
    if not found.is_valid:
        why = shapely.is_valid_reason(found)
        found = _polygons_of(shapely.make_valid(found))
        report.repaired.append((code, why))
    if found.is_empty or found.geom_type not in ("Polygon", "MultiPolygon"):
        report.skipped.append((code, "no area"))
        return None
    return found


def _in_degrees(found: BaseGeometry) -> bool:
    west, south, east, north = (float(edge) for edge in found.bounds)
    return west >= -180 and east <= 180 and south >= -90 and north <= 90


def _polygons_of(found: BaseGeometry) -> BaseGeometry:
    """The areas of a repaired geometry, without the lines and points a repair may leave."""
    parts = [p for p in shapely.get_parts(found) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts)


def _drawn(row: RegionRow, found: BaseGeometry) -> RegionRow:
    return RegionRow(
        row.code, row.level, row.country, row.name_en, row.name_bg, row.parent_code, found
    )


def _with_parents(rows: Iterable[RegionRow], report: RegionsReport) -> list[RegionRow]:
    """Rows whose parent exists or comes along; a municipality without one goes by its shape."""
    known = set(Region.objects.values_list("code", flat=True))
    kept: list[RegionRow] = []
    for row in sorted(rows, key=lambda r: r.level):
        parent = row.parent_code
        if row.level == Region.Level.MUNICIPALITY and parent not in known:
            parent = _nuts3_of(row)
        if row.level > 0 and parent not in known:
            report.skipped.append((row.code, f"its region {parent or ''} is not loaded"))
            continue
        known.add(row.code)
        kept.append(
            RegionRow(row.code, row.level, row.country, row.name_en, row.name_bg, parent, row.shape)
        )
    return kept


def _nuts3_of(row: RegionRow) -> str | None:
    inside = shapely.point_on_surface(row.shape)
    found = region_of_point(Point(inside.x, inside.y, srid=WGS84), country=row.country)
    return found.code if found else None
