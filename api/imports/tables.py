"""CSV, XLSX and JSONL as rows of text; nothing in a file is trusted to be small or well meant."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook
from rest_framework.exceptions import ParseError

from api.parsers import parse_json

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_UNPACKED = 100_000_000
MAX_ENTRIES = 200
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,7})([0-9]{1,9})"')
_DELIMITERS = ";,\t"


class Unreadable(Exception):
    """The file as a whole cannot be taken; ``code`` is stable."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` names the columns; ``rows`` hold text, JSONL rows whole bodies instead.

    ``encoding`` and ``delimiter`` are how the file was read, to be shown.
    """

    header: tuple[str, ...]
    rows: tuple[Any, ...]
    encoding: str = ""
    delimiter: str = ""


def read_table(content: bytes, form: str) -> Table:
    """A file of the given form (csv, xlsx, jsonl). Raises Unreadable."""
    if len(content) > MAX_BYTES:
        raise Unreadable("too_large")
    table = {"csv": _csv, "xlsx": _xlsx, "jsonl": _jsonl}[form](content)
    if not table.rows:
        raise Unreadable("no_rows")
    if len(table.rows) > MAX_ROWS:
        raise Unreadable("too_many_rows")
    return table


def _csv(content: bytes) -> Table:
    text, encoding = _decoded(content)
    if "\x00" in text:
        raise Unreadable("not_csv")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable("not_csv") from error
    return _table(lines, encoding, delimiter)


def _decoded(content: bytes) -> tuple[str, str]:
    """UTF-8 where the bytes are that, else Windows-1251, which Bulgarian offices still save."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise Unreadable("unknown_encoding")


def _xlsx(content: bytes) -> Table:
    _check_archive(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        lines = [
            [_text(value) for value in line]
            for line in book.get_sheet_by_index(0).to_python(skip_empty_area=False)
        ]
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise Unreadable("not_xlsx") from error
    return _table(lines, "", "")


def _check_archive(content: bytes) -> None:
    """Sizes from the archive's directory, and the farthest cell, before anything is built of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
                raise Unreadable("too_large")
            for entry in entries:
                if entry.filename.startswith("xl/worksheets/") and not entry.is_dir():
                    with archive.open(entry) as sheet:
                        _check_extent(sheet.read(MAX_UNPACKED + 1))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise Unreadable("not_xlsx") from error


def _check_extent(sheet: bytes) -> None:
    """A single cell far out makes readers build millions of empty ones."""
    if len(sheet) > MAX_UNPACKED:
        raise Unreadable("too_large")
    for found in _CELL.finditer(sheet):
        letters, number = found.groups()
        if len(letters) > 2 or _column(letters) > MAX_COLUMNS:
            raise Unreadable("too_many_columns")
        if int(number) > MAX_ROWS + 1:
            raise Unreadable("too_many_rows")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(value: Any) -> str:
    """A cell as it would be typed: numbers in plain notation, days as ISO dates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{Decimal(repr(value)).normalize():f}"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _table(lines: list[list[str]], encoding: str, delimiter: str) -> Table:
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise Unreadable("no_rows")
    header = tuple(cell.strip() for cell in lines[0])
    if len(header) > MAX_COLUMNS:
        raise Unreadable("too_many_columns")
    if len(set(header) - {""}) != len([name for name in header if name]):
        raise Unreadable("repeated_column")
    return Table(header, tuple(tuple(line) for line in lines[1:]), encoding, delimiter)


def _jsonl(content: bytes) -> Table:
    lines = [line for line in content.split(b"\n") if line.strip()]
    return Table((), tuple(_parsed(lines)), "utf-8")


def _parsed(lines: list[bytes]) -> Iterator[Any]:
    for line in lines[: MAX_ROWS + 1]:
        try:
            yield parse_json(line)
        except ParseError as error:
            raise Unreadable("not_jsonl") from error
