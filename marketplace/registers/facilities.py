"""Rows of a public register of industrial facilities, checked before anything is written.

The file is a CSV with at least ``REQUIRED_COLUMNS``: one facility a row, coordinates in WGS 84
degrees, tonnes a year, co-ordinates and figures as plain decimals. No Django here.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

from stdnum.eu import nace
from stdnum.exceptions import ValidationError

REQUIRED_COLUMNS = ("source", "source_id", "name", "country", "lat", "lon")
FIGURES = (
    "waste_hw_recovery_t",
    "waste_hw_disposal_t",
    "waste_nonhw_recovery_t",
    "waste_nonhw_disposal_t",
    "co2_t",
    "production_t",
    "capacity_mw",
    "excess_heat_gwh",
)
YEARS = ("latest_year", "waste_year", "co2_year")
ISO_COUNTRY = {"EL": "GR", "UK": "GB"}
"""Eurostat's codes that differ from ISO 3166."""

_MAX_FIGURE = Decimal(10) ** 12


class RegisterFileError(Exception):
    """The file as a whole cannot be read: wrong encoding, no header, missing columns."""


@dataclass(frozen=True, slots=True)
class Facility:
    """One facility as the register gives it, with parsed figures."""

    line: int
    source: str
    source_id: str
    name: str
    operator: str
    operator_id: str
    address: str
    postal_code: str
    city: str
    country: str
    lon: float
    lat: float
    nuts3: str
    nace: str
    sector: str
    reported: dict[str, str]
    digest: str

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.source_id


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that was left out, and why."""

    line: int
    source_id: str
    field: str
    reason: str


def read_facilities(path: Path) -> Iterator[Facility | SkippedRow]:
    """Every data row of the file, in order, parsed or refused. Raises RegisterFileError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [c for c in REQUIRED_COLUMNS if c not in (reader.fieldnames or [])]
            if missing:
                raise RegisterFileError(f"{path.name} lacks the columns: {', '.join(missing)}")
            seen: set[tuple[str, str]] = set()
            for row in reader:
                parsed = _parse(reader.line_num, row)
                if isinstance(parsed, Facility):
                    if parsed.key in seen:
                        parsed = SkippedRow(
                            parsed.line, parsed.source_id, "source_id", "repeats an earlier row"
                        )
                    else:
                        seen.add(parsed.key)
                yield parsed
    except UnicodeDecodeError as error:
        raise RegisterFileError(f"{path.name} is not UTF-8 text") from error
    except csv.Error as error:
        raise RegisterFileError(f"{path.name} is not a CSV file: {error}") from error


class _Refused(Exception):
    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(field, reason)


def _parse(line: int, row: dict[str, str | None]) -> Facility | SkippedRow:
    text = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    try:
        return _facility(line, text)
    except _Refused as refusal:
        return SkippedRow(line, text.get("source_id", ""), refusal.field, refusal.reason)


def _facility(line: int, text: dict[str, str]) -> Facility:
    for column in ("source", "source_id", "name", "country"):
        if not text[column]:
            raise _Refused(column, "is empty")
    if len(text["source"]) > 20 or len(text["source_id"]) > 120:
        raise _Refused("source_id", "is too long")
    country = text["country"]
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise _Refused("country", f"{country!r} is not a two-letter code")
    lat, lon = _degrees(text, "lat", 90), _degrees(text, "lon", 180)
    if lat == 0 and lon == 0:
        raise _Refused("lat", "0, 0 is no place")
    reported = {name: str(value) for name in FIGURES if (value := _figure(text, name)) is not None}
    reported |= {name: text[name] for name in YEARS if text.get(name, "").isdigit()}
    return Facility(
        line=line,
        source=text["source"],
        source_id=text["source_id"],
        name=text["name"][:300],
        operator=text.get("operator", "")[:300],
        operator_id=text.get("operator_id", ""),
        address=text.get("address", "")[:300],
        postal_code=text.get("postal_code", "")[:32],
        city=text.get("city", "")[:200],
        country=ISO_COUNTRY.get(country.upper(), country.upper()),
        lon=lon,
        lat=lat,
        nuts3=text.get("nuts3", "").upper(),
        nace=_nace(text.get("nace_rev2", "")),
        sector=text.get("sector", "")[:80],
        reported=reported,
        digest=hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()[:32],
    )


def _degrees(text: dict[str, str], name: str, limit: int) -> float:
    try:
        value = float(text[name])
    except ValueError as error:
        raise _Refused(name, f"{text[name]!r} is not a number") from error
    if not math.isfinite(value) or abs(value) > limit:
        raise _Refused(name, f"{text[name]} is not in -{limit}..{limit}")
    return value


def _figure(text: dict[str, str], name: str) -> Decimal | None:
    raw = text.get(name, "")
    if not raw:
        return None
    try:
        value = Decimal(raw)
    except InvalidOperation as error:
        raise _Refused(name, f"{raw!r} is not a number") from error
    if not value.is_finite() or not 0 <= value <= _MAX_FIGURE:
        raise _Refused(name, f"{raw} is not a plausible figure")
    return value


@lru_cache(maxsize=2_048)
def _nace(code: str) -> str:
    """The code in dotted form, empty where Rev. 2 does not know it."""
    if not code:
        return ""
    try:
        return str(nace.format(nace.validate(code, revision="2.0")))
    except ValidationError:
        return ""
