"""Whole columns between PostgreSQL and arrays by COPY: the quick way for a national market.

Reading: a query whose columns are all bigint or double precision and never null comes back as one
structured array, without a Python object per value. Writing: rows whose keys the table does not
know are copied straight into it; known ones go by way of a temporary table and INSERT ... ON
CONFLICT. Constraints, keys and triggers hold as for any other writer, and the server reads rows
while the next are being written out as text.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db import IntegrityError, connection, transaction
from numpy.typing import NDArray
from psycopg2 import sql

HEADER_BYTES = 19
"""Signature (11), flags (4) and header extension length (4) before the first row."""

TRAILER_BYTES = 2
ROWS_A_PIECE = 500
BYTES_A_READ = 1 << 16

FEW_ROWS = 100
"""Up to here the rows travel in the statement itself: a temporary table costs more than it saves,
and many small writers would bloat the database's own catalogue with them."""

MANY_ROWS = 5_000
"""From here it pays to ask first which keys the table holds and to copy the others directly."""

Column = Sequence[Any] | NDArray[Any]

_BIG_ENDIAN = {"bigint": ">i8", "double precision": ">f8"}


def read_columns(
    query: str, columns: Mapping[str, str], params: Sequence[Any] = ()
) -> dict[str, NDArray[Any]]:
    """The query's columns, by name, as int64 or float64 arrays.

    ``columns`` maps each name, in the query's order, to ``bigint`` or ``double precision``; the
    query must select exactly those types and no null. Raises ValueError where it does not.
    """
    fields: list[tuple[str, str]] = [("_fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"_{name}", ">i4"), (name, _BIG_ENDIAN[kind])]
    row = np.dtype(fields)
    with connection.cursor() as cursor:
        text = cursor.mogrify(query, params).decode()
        held = io.BytesIO()
        cursor.copy_expert(f"COPY ({text}) TO STDOUT (FORMAT binary)", held)
    data = held.getbuffer()
    body = len(data) - HEADER_BYTES - TRAILER_BYTES
    if body % row.itemsize:
        raise ValueError("the query answers another number or type of columns, or a null")
    rows = np.frombuffer(data, row, body // row.itemsize, HEADER_BYTES)
    if len(rows) and not (rows["_fields"] == len(columns)).all():
        raise ValueError(f"the query does not answer {len(columns)} columns in each row")
    return {name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in columns}


def upsert_columns(
    table: str,
    columns: Mapping[str, Column],
    *,
    keys: Sequence[str],
    fresh: Mapping[str, Column] | None = None,
) -> int:
    """Insert rows, or refresh those whose ``keys`` are known; returns how many were written.

    columns     column of the table -> its values, all of one length: numbers, booleans, text, None
    keys        some of them, unique together; the first whole numbers, a last one may be text
    fresh       further columns of a new row; a known row keeps what it has
    """
    into = _Target(table, list(columns), list(fresh or {}), keys)
    given = {**columns, **(fresh or {})}
    count = len(given[keys[0]])
    if not count:
        return 0
    if count <= FEW_ROWS:
        values = [_listed(column) for column in given.values()]
        with connection.cursor() as cursor:
            rows = zip(*values, strict=True)
            cursor.execute(into.insert(into.literals(count)), [v for row in rows for v in row])
        return count
    if count < MANY_ROWS:
        _by_staging(into, given)
        return count
    # Alike in whole numbers is enough to look closer: those rows go by way of the conflict.
    numbered = {name: np.asarray(given[name]) for name in keys}
    known = _known(
        table, {n: column for n, column in numbered.items() if column.dtype.kind in "iu"}
    )
    if known.any():
        _by_staging(into, _rows(given, known))
    if not known.all():
        _add(into, _rows(given, ~known))
    return count


def random_uids(count: int) -> list[str]:
    """So many version-4 UUIDs as text (RFC 9562)."""
    drawn = np.frombuffer(os.urandom(16 * count), np.uint8).reshape(count, 16).copy()
    drawn[:, 6] = drawn[:, 6] & 0x0F | 0x40
    drawn[:, 8] = drawn[:, 8] & 0x3F | 0x80
    text = drawn.tobytes().hex()
    return [text[at : at + 32] for at in range(0, len(text), 32)]


def _known(table: str, keys: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """Which of the given rows the table holds already, by their keys."""
    listed = ", ".join(keys)
    held = read_columns(f"SELECT {listed} FROM {table}", dict.fromkeys(keys, "bigint"))  # noqa: S608 - own names only
    mine = len(next(iter(keys.values())))
    rank = np.zeros(mine + len(next(iter(held.values()))), np.int64)
    for name, column in keys.items():
        both = np.concatenate([column.astype(np.int64), held[name]])
        rank = rank * len(rank) + np.unique(both, return_inverse=True)[1]
    known: NDArray[np.bool_] = np.isin(rank[:mine], rank[mine:])
    return known


def _rows(columns: Mapping[str, Column], chosen: NDArray[np.bool_]) -> Mapping[str, Column]:
    if chosen.all():
        return columns
    rows = np.flatnonzero(chosen)
    few = rows.tolist()
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in few]
        for name, column in columns.items()
    }


def _add(into: _Target, columns: Mapping[str, Column]) -> None:
    """Copy new rows into the table; refresh them should another writer have been quicker."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _copy(cursor, sql.Identifier(into.table), columns)
    except IntegrityError:
        _by_staging(into, columns)


def _by_staging(into: _Target, columns: Mapping[str, Column]) -> None:
    staging = sql.Identifier(f"{into.table}_staging")
    with connection.cursor() as cursor:
        cursor.execute(into.staging(staging))
        _copy(cursor, staging, columns)
        cursor.execute(into.insert(into.rows_of(staging)))
        cursor.execute(sql.SQL("DROP TABLE {}").format(staging))


def _copy(cursor: Any, table: sql.Identifier, columns: Mapping[str, Column]) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(table, listed)
    texts = [_texts(column) for column in columns.values()]
    lines = _Lines(map("\t".join, zip(*texts, strict=True)))
    with connection.wrap_database_errors:  # Django wraps what execute raises, not this
        cursor.copy_expert(command.as_string(cursor.cursor.connection), lines, BYTES_A_READ)


@dataclass(frozen=True, slots=True)
class _Target:
    """The table written to: columns of any row and of a new one alone, and what makes it known."""

    table: str
    names: list[str]
    fresh: list[str]
    keys: Sequence[str]

    @property
    def listed(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, [*self.names, *self.fresh]))

    def staging(self, name: sql.Identifier) -> sql.Composed:
        """An empty temporary table with the given columns, typed as in the table."""
        return sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        ).format(name, self.listed, sql.Identifier(self.table))

    def rows_of(self, staging: sql.Identifier) -> sql.Composed:
        """The staged rows."""
        return sql.SQL("SELECT {} FROM {}").format(self.listed, staging)

    def literals(self, count: int) -> sql.Composed:
        """So many rows of placeholders."""
        places = sql.SQL(", ").join([sql.Placeholder()] * len([*self.names, *self.fresh]))
        return sql.SQL("VALUES {}").format(
            sql.SQL(", ").join([sql.SQL("({})").format(places)] * count)
        )

    def insert(self, source: sql.Composable) -> sql.Composed:
        """Insert what the source answers; refresh the rows whose keys are known."""
        updates = [
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name))
            for name in self.names
            if name not in self.keys
        ]
        return sql.SQL("INSERT INTO {} ({}) {} ON CONFLICT ({}) DO UPDATE SET {}").format(
            sql.Identifier(self.table),
            self.listed,
            source,
            sql.SQL(", ").join(map(sql.Identifier, self.keys)),
            sql.SQL(", ").join(updates),
        )


class _Lines(io.TextIOBase):
    """Rows in COPY's text form, read piece by piece as they are made."""

    def __init__(self, rows: Iterator[str]) -> None:
        self._rows = rows
        self._left = ""

    def read(self, size: int | None = -1) -> str:
        """About so many characters, whole rows at a time; nothing at the end."""
        wanted = BYTES_A_READ if size is None or size < 0 else size
        if not self._left:
            piece = "\n".join(islice(self._rows, ROWS_A_PIECE))
            self._left = piece and piece + "\n"
        told, self._left = self._left[:wanted], self._left[wanted:]
        return told


def _listed(column: Column) -> Sequence[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else column


def _texts(column: Column) -> Iterable[str]:
    if isinstance(column, np.ndarray):
        return map(str, column.tolist())
    return map(_text, column)


def _text(value: Any) -> str:
    """A value in COPY's text form."""
    if value is None:
        return "\\N"
    if not isinstance(value, str):
        return str(value)
    if "\\" in value or "\t" in value or "\n" in value:
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return value
