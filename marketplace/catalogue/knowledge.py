"""Reads the reviewed knowledge of this package: concepts, conversions, profiles, precedents, codes.

The files under ``data/`` are the source; the database is filled from them. Every scalar is read
as a string, so a code such as ``01.10`` keeps its zeros, and numbers are parsed here with an error
that names file, record and field. ``python -m marketplace.catalogue.knowledge`` prints counts and
faults.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml

from marketplace.catalogue.knowledge_checks import validate
from marketplace.catalogue.knowledge_records import (
    ActivityLabel,
    ActivityProfile,
    Concept,
    Conversion,
    Knowledge,
    KnowledgeError,
    Precedent,
    StreamProfile,
    WasteChapter,
    WasteCode,
)

__all__ = [
    "DATA_DIR",
    "ActivityLabel",
    "ActivityProfile",
    "Concept",
    "Conversion",
    "Knowledge",
    "KnowledgeError",
    "Precedent",
    "StreamProfile",
    "WasteChapter",
    "WasteCode",
    "load_knowledge",
    "validate",
]

DATA_DIR = Path(__file__).parent / "data"

T = TypeVar("T")


class _Row:
    """One record of a file while it is being read; every fault is noted, none is raised."""

    def __init__(self, raw: Any, where: str, problems: list[str]) -> None:
        self.problems = problems
        self.where = where
        self.raw: dict[str, Any] = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            problems.append(f"{where}: expected a mapping of fields, found {type(raw).__name__}")
        self._read: set[str] = set()

    def fault(self, key: str, message: str) -> None:
        self.problems.append(f"{self.where}: {key}: {message}")

    def text(self, key: str, *, required: bool = False) -> str:
        self._read.add(key)
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            self.fault(key, "expected text")
            return ""
        if required and not value.strip():
            self.fault(key, "missing")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        self._read.add(key)
        value = self.raw.get(key, [])
        if value == "":
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fault(key, "expected a list of texts")
            return ()
        return tuple(item.strip() for item in value)

    def decimal(self, key: str) -> Decimal | None:
        return self._decimal(key, self.text(key))

    def number(self, key: str) -> float | None:
        value = self.decimal(key)
        return None if value is None else float(value)

    def required_number(self, key: str) -> float:
        value = self.number(key)
        if value is None:
            self.fault(key, "missing")
            return 0.0
        return value

    def whole(self, key: str) -> int | None:
        value = self.decimal(key)
        if value is not None and value != value.to_integral_value():
            self.fault(key, f"{value} is not a whole number")
        return None if value is None else int(value)

    def band(self, key: str) -> tuple[Decimal, Decimal] | None:
        """A low and a high amount; nothing when the field is left out."""
        texts = self.texts(key)
        if not texts:
            return None
        values = [self._decimal(key, text) for text in texts]
        if len(values) != 2 or values[0] is None or values[1] is None:
            self.fault(key, "expected [low, high]")
            return None
        return values[0], values[1]

    def rows(self, key: str) -> list[_Row]:
        self._read.add(key)
        value = self.raw.get(key, [])
        if not isinstance(value, list):
            self.fault(key, "expected a list")
            return []
        return [
            _Row(item, f"{self.where} {key}[{n}]", self.problems) for n, item in enumerate(value)
        ]

    def done(self) -> None:
        """Reports fields nobody asked for, which are misspelt names."""
        for key in self.raw.keys() - self._read:
            self.fault(str(key), "unknown field")

    def _decimal(self, key: str, text: str) -> Decimal | None:
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.fault(key, f"{text!r} is not a number")
            return None
        if not value.is_finite():
            self.fault(key, f"{text!r} is not a finite number")
            return None
        return value


def _concept(row: _Row, name: str) -> Concept:
    return Concept(
        id=row.text("id", required=True),
        en=row.text("en", required=True),
        bg=row.text("bg", required=True),
        kind=row.text("kind", required=True),
        pillar=row.text("pillar"),
        sector=row.text("sector", required=True),
        source_file=name,
        broader=row.text("broader"),
        synonyms_en=row.texts("synonyms_en"),
        synonyms_bg=row.texts("synonyms_bg"),
        phrases_en=row.texts("phrases_en"),
        phrases_bg=row.texts("phrases_bg"),
        low=row.texts("low"),
        cn=row.texts("cn"),
        form=row.text("form"),
        density_kg_m3=row.number("density_kg_m3"),
        disposal_eur_t=row.decimal("disposal_eur_t"),
        value_eur_t=row.band("value_eur_t"),
        purchase_eur_t=row.decimal("purchase_eur_t"),
        substitution=row.number("substitution"),
        avoided_kgco2e_t=row.number("avoided_kgco2e_t"),
        avoided_source=row.text("avoided_source"),
        avoided_year=row.whole("avoided_year"),
        properties=row.text("properties"),
        hazard=row.text("hazard"),
        note=row.text("note"),
        provenance=row.text("provenance"),
    )


def _conversion(row: _Row, name: str) -> Conversion:
    return Conversion(
        from_id=row.text("from", required=True),
        to_id=row.text("to", required=True),
        process_en=row.text("process_en", required=True),
        process_bg=row.text("process_bg", required=True),
        yield_ratio=row.required_number("yield"),
        route=row.text("route", required=True),
        weight=row.required_number("weight"),
        source_file=name,
        cost_eur_t=row.band("cost_eur_t"),
        conditions_en=row.text("conditions_en"),
        conditions_bg=row.text("conditions_bg"),
        nace_to=row.texts("nace_to"),
    )


def _stream(row: _Row) -> StreamProfile:
    stream = StreamProfile(
        concept=row.text("concept", required=True),
        likely=row.text("likely", required=True),
        t_per_employee=row.number("t_per_employee"),
        t_per_t_product=row.number("t_per_t_product"),
        share_of_waste=row.number("share_of_waste"),
        source=row.text("source"),
    )
    row.done()
    return stream


def _profile(row: _Row, name: str) -> ActivityProfile:
    return ActivityProfile(
        nace=row.text("nace", required=True),
        name_en=row.text("name_en", required=True),
        name_bg=row.text("name_bg", required=True),
        source_file=name,
        outputs=tuple(_stream(item) for item in row.rows("outputs")),
        inputs=tuple(_stream(item) for item in row.rows("inputs")),
    )


def _precedent(row: _Row, name: str) -> Precedent:
    return Precedent(
        id=row.text("id", required=True),
        donor_en=row.text("donor_en", required=True),
        donor_nace=row.text("donor_nace"),
        stream=row.text("stream", required=True),
        receiver_en=row.text("receiver_en", required=True),
        receiver_nace=row.text("receiver_nace"),
        use=row.text("use", required=True),
        place=row.text("place", required=True),
        country=row.text("country"),
        year=row.text("year"),
        citation=row.text("citation"),
        url=row.text("url"),
        evidence=row.text("evidence", required=True),
        source_file=name,
    )


def _waste_code(row: _Row, name: str) -> WasteCode:
    return WasteCode(
        code=row.text("code", required=True),
        entry=row.text("entry", required=True),
        mirror=tuple(part for part in row.text("mirror").split(";") if part),
        label_en=row.text("label_en", required=True),
        label_bg=row.text("label_bg", required=True),
        question_en=row.text("question_en"),
        question_bg=row.text("question_bg"),
    )


def _waste_chapter(row: _Row, name: str) -> WasteChapter:
    return WasteChapter(
        code=row.text("code", required=True),
        label_en=row.text("label_en", required=True),
        label_bg=row.text("label_bg", required=True),
    )


def _activity(row: _Row, name: str) -> ActivityLabel:
    return ActivityLabel(
        code=row.text("code", required=True),
        revision=row.text("revision", required=True),
        level=row.text("level", required=True),
        label_bg=row.text("label_bg", required=True),
    )


def _label(raw: Any, number: int) -> str:
    """How a fault names the record: its id, else what it is about, else its place in the file."""
    if isinstance(raw, dict):
        for key in ("id", "nace", "code"):
            if isinstance(raw.get(key), str) and raw[key]:
                return str(raw[key])
        if isinstance(raw.get("from"), str):
            return f"{raw['from']} -> {raw.get('to', '?')}"
    return f"record {number}"


def _build(
    raws: list[Any], name: str, make: Callable[[_Row, str], T], problems: list[str]
) -> list[T]:
    records = []
    for number, raw in enumerate(raws, start=1):
        row = _Row(raw, f"{name} [{_label(raw, number)}]", problems)
        records.append(make(row, name))
        row.done()
    return records


def _read_yaml(
    folder: Path, part: str, make: Callable[[_Row, str], T], problems: list[str]
) -> tuple[T, ...]:
    records: list[T] = []
    for path in sorted((folder / part).glob("*.yaml")):
        name = f"{part}/{path.name}"
        try:
            raws = yaml.load(path.read_text("utf-8"), yaml.CBaseLoader)  # noqa: S506 - strings only
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            problems.append(f"{name}: {error}")
            continue
        if raws in (None, ""):
            continue
        if not isinstance(raws, list):
            problems.append(f"{name}: expected a list of records")
            continue
        records += _build(raws, name, make, problems)
    return tuple(records)


def _read_csv(
    folder: Path, name: str, make: Callable[[_Row, str], T], problems: list[str]
) -> tuple[T, ...]:
    path = folder / name
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        raws: list[Any] = list(csv.DictReader(stream, strict=True))
    return tuple(_build(raws, name, make, problems))


@lru_cache(maxsize=4)
def load_knowledge(folder: Path = DATA_DIR) -> Knowledge:
    """What the files held when this process first asked; for readers of files that ship."""
    return read_knowledge(folder)


def read_knowledge(folder: Path) -> Knowledge:
    """Reads every file; a missing one gives an empty part. KnowledgeError lists all faults."""
    problems: list[str] = []
    knowledge = Knowledge(
        concepts=_read_yaml(folder, "concepts", _concept, problems),
        conversions=_read_yaml(folder, "conversions", _conversion, problems),
        profiles=_read_yaml(folder, "profiles", _profile, problems),
        precedents=_read_yaml(folder, "precedents", _precedent, problems),
        waste_codes=_read_csv(folder, "waste_codes.csv", _waste_code, problems),
        waste_chapters=_read_csv(folder, "waste_chapters.csv", _waste_chapter, problems),
        activities=_read_csv(folder, "activities.csv", _activity, problems),
    )
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def main() -> int:
    """Prints counts and problems; the exit status is 1 when there is any problem."""
    try:
        knowledge = load_knowledge()
    except KnowledgeError as error:
        sys.stdout.write(f"{error}\n{len(error.problems)} faults while reading\n")
        return 1
    for name, count in knowledge.counts().items():
        sys.stdout.write(f"{count:6} {name}\n")
    for name, count in knowledge.evidence_counts().items():
        sys.stdout.write(f"{count:6} precedents with evidence: {name}\n")
    problems = validate(knowledge)
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
