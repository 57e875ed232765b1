"""Whole columns between PostgreSQL and arrays by COPY: the quick way for a national market.

Reading: a query whose columns are all bigint or double precision and never null comes back as one
structured array, without a Python object per value. Writing: columns go into a temporary table as
text and from there into the real one by INSERT ... ON CONFLICT, so constraints and keys hold as for
any other writer.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg2 import sql

HEADER_BYTES = 19
"""Signature (11), flags (4) and header extension length (4) before the first row."""

TRAILER_BYTES = 2
ROWS_A_PIECE = 50_000

FEW_ROWS = 100
"""Up to here the rows travel in the statement itself: a temporary table costs more than it saves,
and many small writers would bloat the database's own catalogue with them."""

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
    columns: Mapping[str, Sequence[Any]],
    *,
    keys: Sequence[str],
    fresh: Mapping[str, str],
    refreshed: Mapping[str, str] | None = None,
) -> int:
    """Insert rows, or refresh those whose ``keys`` are known; returns how many were written.

    columns     column of the table -> its values, all of one length: numbers, booleans, text, None
    fresh       column -> SQL expression for a new row (a known row keeps what it has)
    refreshed   column -> SQL expression written in both cases
    """
    names = list(columns)
    count = len(columns[names[0]])
    if not count:
        return 0
    into = _Target(table, names, keys, dict(fresh), dict(refreshed or {}))
    rows = zip(*columns.values(), strict=True)
    with connection.cursor() as cursor:
        if count <= FEW_ROWS:
            cursor.execute(into.insert(into.literals(count)), [v for row in rows for v in row])
            return count
        staging = sql.Identifier(f"{table}_staging")
        cursor.execute(into.staging(staging))
        copy = sql.SQL("COPY {} FROM STDIN").format(staging).as_string(cursor.cursor.connection)
        while piece := "".join(_lines(islice(rows, ROWS_A_PIECE))):
            cursor.copy_expert(copy, io.StringIO(piece))
        cursor.execute(into.insert(into.rows_of(staging)))
        cursor.execute(sql.SQL("DROP TABLE {}").format(staging))
    return count


@dataclass(frozen=True, slots=True)
class _Target:
    """The table written to: given columns, conflict keys, columns reckoned by the database."""

    table: str
    names: list[str]
    keys: Sequence[str]
    fresh: dict[str, str]
    refreshed: dict[str, str]

    @property
    def listed(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.names))

    def staging(self, name: sql.Identifier) -> sql.Composed:
        """An empty temporary table with the given columns, typed as in the table."""
        return sql.SQL(
            "CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA"
        ).format(name, self.listed, sql.Identifier(self.table))

    def rows_of(self, staging: sql.Identifier) -> sql.Composed:
        """The staged rows with what the database reckons for each."""
        return sql.SQL("SELECT {} FROM {}").format(self._written(self.names), staging)

    def literals(self, count: int) -> sql.Composed:
        """So many rows of placeholders with what the database reckons for each."""
        row = sql.SQL("({})").format(self._written([]))
        return sql.SQL("VALUES {}").format(sql.SQL(", ").join([row] * count))

    def insert(self, source: sql.Composable) -> sql.Composed:
        """Insert what the source answers; refresh the rows whose keys are known."""
        updates = [
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name))
            for name in [*self.names, *self.refreshed]
            if name not in self.keys
        ]
        columns = [*self.names, *self.fresh, *self.refreshed]
        return sql.SQL("INSERT INTO {} ({}) {} ON CONFLICT ({}) DO UPDATE SET {}").format(
            sql.Identifier(self.table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            source,
            sql.SQL(", ").join(map(sql.Identifier, self.keys)),
            sql.SQL(", ").join(updates),
        )

    def _written(self, columns: list[str]) -> sql.Composed:
        """The given columns, or placeholders for all of them, and the reckoned ones."""
        given: list[sql.Composable] = [sql.Identifier(name) for name in columns]
        given = given or [sql.Placeholder()] * len(self.names)
        reckoned = [sql.SQL(text) for text in (*self.fresh.values(), *self.refreshed.values())]
        return sql.SQL(", ").join([*given, *reckoned])


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    """Rows in COPY's text form."""
    for row in rows:
        yield "\t".join([_copied(value) for value in row]) + "\n"


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    return str(value)
