"""What a paper is: titled sections of labelled fields and tables, whatever it is printed as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.sheets import Value, as_csv


@dataclass(frozen=True, slots=True)
class Field:
    """``key`` is stable in every language; an empty ``value`` is for the firms to fill in."""

    key: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; keys name the columns in every language."""

    keys: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    fields: tuple[Field, ...] = ()
    table: Table | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A draft for its readers to complete and sign; never a document of an authority. ``about``:
    what it speaks of, where that is not an exchange."""

    kind: str
    title: str
    notice: str
    language: str
    reference: str
    made_on: date
    sections: tuple[Section, ...]
    signatures: tuple[str, ...] = ()
    about: str = ""

    def as_json(self) -> dict[str, Any]:
        """Values by stable keys, with their labels; what is open is null."""
        return {
            "paper": self.kind,
            "draft": True,
            "language": self.language,
            "title": self.title,
            "notice": self.notice,
            "reference": self.reference,
            "made_on": self.made_on.isoformat(),
            "sections": [_section_json(section) for section in self.sections],
        }

    def as_csv(self) -> bytes:
        """One line a value: section, key, label, value; table rows are numbered in the key."""
        return as_csv(("section", "key", "label", "value"), self._lines())

    def _lines(self) -> Iterator[tuple[Value, ...]]:
        yield ("paper", "kind", self.title, self.kind)
        yield ("paper", "draft", self.notice, "true")
        yield ("paper", "reference", "", self.reference)
        for section in self.sections:
            for field in section.fields:
                yield (section.key, field.key, field.label, field.value)
            if section.table is not None:
                yield from _table_lines(section.key, section.table)


def _section_json(section: Section) -> dict[str, Any]:
    told: dict[str, Any] = {
        "key": section.key,
        "title": section.title,
        "fields": [
            {"key": field.key, "label": field.label, "value": field.value or None}
            for field in section.fields
        ],
    }
    if section.table is not None:
        told["rows"] = [
            dict(zip(section.table.keys, row, strict=True)) for row in section.table.rows
        ]
    return told


def _table_lines(section: str, table: Table) -> Iterator[tuple[Value, ...]]:
    for number, row in enumerate(table.rows, start=1):
        for key, heading, value in zip(table.keys, table.headings, row, strict=True):
            yield (section, f"{number}.{key}", heading, value)
