"""Tables for spreadsheets: CSV and XLSX in which no text can act as a formula.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return or a NUL is prefixed by
an apostrophe (OWASP ASVS 5.0, 1.2.10); in XLSX every text is typed as a text besides. Numbers stay
numbers, with a decimal point in CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font

Value: TypeAlias = str | int | Decimal | date | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\0")
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32)))
"""Control characters that no XML may hold."""


def harmless(text: str) -> str:
    """The text as a cell can hold it without acting.

    >>> harmless("=1+1"), harmless("Ферма"), harmless("-5")
    ("'=1+1", 'Ферма', "'-5")
    """
    return f"'{text}" if text.startswith(_ACTIVE) else text


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """RFC 4180 in UTF-8 with a byte order mark, so that spreadsheets read Cyrillic."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless(heading) for heading in headings])
    for row in rows:
        writer.writerow([_text(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A workbook of one sheet with its headings fixed."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "".join(c for c in title if c not in "[]:*?/\\")[:31] or "1"
    sheet.freeze_panes = "A2"
    for row_number, row in enumerate((headings, *rows), start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column)
            if isinstance(cell, Cell):
                _fill(cell, value)
                cell.font = Font(bold=row_number == 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else str(value)


def _fill(cell: Cell, value: Value) -> None:
    if not isinstance(value, str):
        cell.value = value
        return
    text = harmless(value).translate(_FORBIDDEN)
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text != value
