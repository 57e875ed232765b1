"""What headers and words of a file stand for: a table that is shown, never a guess.

A header that is not in the table must be mapped or left out by the caller; a word that is not in it
goes to the serializer as it is, which refuses what it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEADERS: dict[str, tuple[str, ...]] = {
    "external_id": ("номер", "код на реда", "вътрешен номер", "id", "own id"),
    "site": ("площадка", "обект", "site id"),
    "site_external_id": ("номер на площадка", "код на площадка", "site external id"),
    "material": ("материал", "поток", "код на материал", "material code"),
    "quantity": ("количество", "amount"),
    "unit": ("мярка", "мерна единица", "м.ед.", "units"),
    "basis": ("период", "за период", "per", "period"),
    "title": ("заглавие", "наименование", "име", "name"),
    "description": ("описание",),
    "language": ("език",),
    "pattern": ("режим", "режим на подаване", "supply"),
    "available_from": ("от дата", "налично от", "from"),
    "available_until": ("до дата", "налично до", "until"),
    "months": ("месеци", "сезон"),
    "min_lot": ("минимална партида", "мин. партида", "minimum lot"),
    "price": ("цена", "цена eur", "price eur"),
    "quality_notes": ("качество", "quality"),
    "waste_status": ("статут", "статус на отпадък", "legal status"),
    "waste_code": ("код на отпадък", "код отпадък", "low code", "ewc"),
    "visibility": ("видимост",),
    "status": ("състояние",),
}
"""Field -> headers that stand for it beside its own name, in any case."""

WORDS: dict[str, dict[str, str]] = {
    "unit": {
        "т": "t", "тон": "t", "тона": "t", "тонове": "t", "кг": "kg", "килограма": "kg",
        "м3": "m3", "м³": "m3", "m³": "m3", "куб.м": "m3", "л": "l", "литра": "l",
        "квтч": "kWh", "kwh": "kWh", "мвтч": "MWh", "mwh": "MWh", "бр": "unit", "бр.": "unit",
    },
    "basis": {
        "общо": "total", "ден": "day", "дневно": "day", "седмица": "week", "седмично": "week",
        "месец": "month", "месечно": "month", "година": "year", "годишно": "year",
    },
    "pattern": {"еднократно": "one_off", "непрекъснато": "continuous", "сезонно": "seasonal"},
    "visibility": {"публична": "public", "за членове": "members", "анонимна": "anonymous"},
    "waste_status": {
        "неизвестен": "unknown", "отпадък": "waste", "страничен продукт": "by_product",
        "край на отпадъка": "end_of_waste", "продукт": "product",
    },
    "status": {"отворена": "open", "спряна": "paused", "затворена": "closed"},
}  # fmt: skip
_FIELD_OF = {name: field for field, names in HEADERS.items() for name in (field, *names)}
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?: ?г\.)?\Z")
_NUMBERS = ("quantity", "min_lot", "price")


class Unmapped(Exception):
    """Headers that stand for nothing, or two that stand for the same field."""

    def __init__(self, code: str, names: Sequence[str]) -> None:
        self.code, self.names = code, tuple(names)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Columns:
    """Column number -> field, and how numbers are written (``comma`` or ``point``)."""

    columns: Mapping[int, str]
    decimal: str

    def body(self, cells: Sequence[str], sites: Mapping[str, str]) -> dict[str, Any]:
        """A row as the body that would be sent for it; empty cells say nothing. ``sites``: own
        external id -> public id."""
        said = {
            field: cells[number].strip()
            for number, field in self.columns.items()
            if number < len(cells) and cells[number].strip()
        }
        for field in _NUMBERS:
            if field in said:
                said[field] = self._number(said[field])
        return _nested({field: _word(field, text) for field, text in said.items()}, sites)

    def _number(self, text: str) -> str:
        """Spaces group thousands; the other sign than the agreed one is left for the refusal."""
        text = _SPACES.sub("", text)
        return text.replace(",", ".") if self.decimal == "comma" and "." not in text else text


def field_of(header: str) -> str | None:
    """The field that a header stands for.

    >>> field_of("Мерна единица"), field_of("external_id"), field_of("Бележка")
    ('unit', 'external_id', None)
    """
    return _FIELD_OF.get(_SPACES.sub(" ", header).strip().lower())


def mapping(
    header: Sequence[str], *, chosen: Mapping[str, str], left_out: Sequence[str], decimal: str
) -> Columns:
    """Which column is which field: the caller's choice first, then the table. Raises Unmapped."""
    columns: dict[int, str] = {}
    unknown = []
    for number, name in enumerate(header):
        if not name or name in left_out:
            continue
        field = chosen.get(name) or field_of(name)
        if field is None or field not in HEADERS:
            unknown.append(name)
        elif field in columns.values():
            raise Unmapped("repeated_column", [name])
        else:
            columns[number] = field
    if unknown:
        raise Unmapped("unknown_column", unknown)
    return Columns(columns, decimal)


def _word(field: str, text: str) -> str:
    if field in ("available_from", "available_until"):
        found = _DAY.match(text)
        if found:
            day, month, year = found.groups()
            return f"{year}-{int(month):02d}-{int(day):02d}"
    if field == "waste_code":
        return re.sub(r"[\s*]", "", text)
    return WORDS.get(field, {}).get(text.lower(), text)


def _nested(said: dict[str, Any], sites: Mapping[str, str]) -> dict[str, Any]:
    """Flat columns as the nested body of a listing."""
    body = dict(said)
    own_id = body.pop("site_external_id", None)
    if own_id is not None and "site" not in body:
        body["site"] = sites.get(own_id, own_id)
    amount = {"value": body.pop("quantity", None), "unit": body.pop("unit", None)}
    amount["basis"] = body.pop("basis", None)
    if any(value is not None for value in amount.values()):
        body["quantity"] = {name: value for name, value in amount.items() if value is not None}
    if "price" in body:
        body["price"] = {"amount": body["price"]}
    if "months" in body:
        parts = re.split(r"[,; ]+", body["months"])
        body["months"] = [int(part) if part.isdecimal() else part for part in parts]
    return body
