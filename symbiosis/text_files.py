"""Files of listings and exchanges that the text commands read and write; no database."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from symbiosis.core.text.ranking import ListingText

LANGUAGES = ("en", "bg")
_LONGEST_FIELD = 1_000_000


class FileProblem(ValueError):
    """A file cannot be used; the message says which file, which line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A documented exchange: the texts of both sides, and needs that serve each other's offers."""

    id: str
    offer: ListingText
    need: ListingText
    pillar: str
    group: str


def read_listings(path: Path) -> list[ListingText]:
    """Rows of ``id,text`` and optional ``waste_code`` and ``nace``; the text tells its language."""
    listings: list[ListingText] = []
    seen: dict[str, int] = {}
    for line, row in _rows(path, ("id", "text")):
        name = row["id"].strip()
        if not name:
            raise FileProblem(f"{path}, line {line}: id is empty")
        if name in seen:
            raise FileProblem(f"{path}, line {line}: id {name!r} is also on line {seen[name]}")
        seen[name] = line
        listings.append(
            ListingText(
                name, row["text"], row.get("waste_code", "").strip(), row.get("nace", "").strip()
            )
        )
    return listings


def read_exchanges(path: Path, language: str) -> list[Exchange]:
    """Rows with offer and need texts in the language; codes and activities where given."""
    texts = (f"offer_text_{language}", f"need_text_{language}")
    found = []
    for line, row in _rows(path, ("id", *texts)):
        if not all(row[column].strip() for column in texts):
            raise FileProblem(f"{path}, line {line}: a text in {language!r} is empty")
        name = row["id"].strip()
        found.append(
            Exchange(
                name,
                ListingText(
                    name, row[texts[0]], row.get("ewc_code", ""), row.get("donor_nace", "")
                ),
                ListingText(name, row[texts[1]], "", row.get("receiver_nace", "")),
                row.get("sector_pillar", "") or "other",
                row.get("group", "").strip() or name,
            )
        )
    if not found:
        raise FileProblem(f"{path}: no exchanges in it")
    return found


def _rows(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            missing = [name for name in required if name not in (reader.fieldnames or ())]
            if missing:
                raise FileProblem(f"{path}: the column {missing[0]!r} is missing")
            for row in reader:
                if None in row or None in row.values():
                    raise FileProblem(
                        f"{path}, line {reader.line_num}: more or fewer fields than the header"
                    )
                yield reader.line_num, row
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileProblem(f"{path}: not CSV in UTF-8 ({error})") from error


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes beside the target and renames, so a broken run leaves no half file; counts rows."""
    part = path.with_name(path.name + ".part")
    count = 0
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            for row in rows:
                writer.writerow(row)
                count += 1
        part.replace(path)
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror}") from error
    return count
