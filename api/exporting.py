"""Features as files: CSV and GeoJSON as they are read, XLSX and GeoPackage built on the disk."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any

import numpy as np
import xlsxwriter
from django.utils import timezone
from pyogrio import raw
from shapely import points, to_wkb

from api.ogc.layers import Feature

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")
BOM = "\ufeff"
MOST_ROWS = 200_000
"""Of the forms that are built whole."""


def safe_text(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would reckon or run (ASVS 1.2.10).

    >>> safe_text("=HYPERLINK(1)"), safe_text("12.5")
    ("'=HYPERLINK(1)", '12.5')
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def _cells(feature: Feature) -> list[Any]:
    lon, lat = feature.points[0]
    return [feature.id, round(lon, 6), round(lat, 6), *feature.properties.values()]


def _header(names: Iterable[str]) -> list[str]:
    return ["id", "lon", "lat", *names]


def _safe(value: Any) -> Any:
    return safe_text(value) if isinstance(value, str) else value


def as_csv(features: Iterable[Feature], names: Sequence[str]) -> Iterator[str]:
    """Lines, the first with a byte order mark by which spreadsheets know UTF-8."""
    held = io.StringIO()
    writer = csv.writer(held)
    writer.writerow(_header(names))
    yield BOM + held.getvalue()
    for feature in features:
        held.seek(0)
        held.truncate()
        writer.writerow(_safe(value) for value in _cells(feature))
        yield held.getvalue()


def as_geojson(features: Iterable[Feature], names: Sequence[str]) -> Iterator[str]:
    """One FeatureCollection, a feature a piece."""
    yield '{"type":"FeatureCollection","features":['
    comma = ""
    for feature in features:
        body = {
            "type": "Feature",
            "id": feature.id,
            "geometry": {"type": "Point", "coordinates": _cells(feature)[1:3]},
            "properties": feature.properties,
        }
        yield comma + json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        comma = ","
    yield "]}"


def as_xlsx(features: Iterable[Feature], names: Sequence[str]) -> IO[bytes]:
    """A workbook whose cells are numbers and strings, none a formula or a link."""
    held = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(held, options)
    book.set_properties({"created": timezone.now()})
    sheet = book.add_worksheet()
    for column, name in enumerate(_header(names)):
        sheet.write_string(0, column, name)
    for row, feature in enumerate(features, 1):
        for column, value in enumerate(_cells(feature)):
            if isinstance(value, bool | str):
                sheet.write_string(row, column, safe_text(str(value)))
            elif value is not None:
                sheet.write_number(row, column, value)
    book.close()
    held.seek(0)
    return held


def as_gpkg(features: Iterable[Feature], names: Sequence[str]) -> IO[bytes]:
    """A GeoPackage with one layer of points in WGS 84."""
    rows = [_cells(feature) for feature in features]
    texts = [
        np.array(["" if row[n] is None else str(row[n]) for row in rows], dtype=object)
        for n in (0, *range(3, 3 + len(names)))
    ]
    places = points([(row[1], row[2]) for row in rows]) if rows else np.array([], dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/listings.gpkg"
        raw.write(
            path,
            geometry=np.asarray(to_wkb(places), dtype=object),
            field_data=texts,
            fields=np.array(["public_id", *names], dtype=object),
            geometry_type="Point",
            crs="EPSG:4326",
            driver="GPKG",
            layer="listings",
        )
        held = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        with open(path, "rb") as made:
            held.write(made.read())
    held.seek(0)
    return held


Streamed = Callable[[Iterable[Feature], Sequence[str]], Iterator[str]]
Built = Callable[[Iterable[Feature], Sequence[str]], IO[bytes]]
STREAMED: dict[str, tuple[str, Streamed]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "geojson": ("application/geo+json", as_geojson),
}
BUILT: dict[str, tuple[str, Built]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "gpkg": ("application/geopackage+sqlite3", as_gpkg),
}
