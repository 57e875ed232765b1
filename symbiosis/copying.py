"""Whole columns between PostgreSQL and arrays by COPY: the quick way for a national market.

Reading: a query whose columns are all bigint or double precision and never null comes back as one
structured array, without a Python object per value. Writing: columns go into a temporary table as
text and from there into the real one by INSERT ... ON CONFLICT, so constraints and keys hold as for
any other writer.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
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

    columns     column of the table -> its values, all of one length; plain numbers, booleans, None,
                or text without backslashes, tabs and line breaks
    fresh       column -> SQL expression for a new row (a known row keeps what it has)
    refreshed   column -> SQL expression written in both cases
    """
    names = list(columns)
    count = len(columns[names[0]])
    if not count:
        return 0
    also = dict(refreshed or {})
    staging = sql.Identifier(f"{table}_staging")
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {listed} FROM {table}"
                " WITH NO DATA"
            ).format(staging=staging, listed=listed, table=sql.Identifier(table))
        )
        into = sql.SQL("COPY {} FROM STDIN").format(staging).as_string(cursor.cursor.connection)
        rows = zip(*columns.values(), strict=True)
        while piece := "".join(_lines(islice(rows, ROWS_A_PIECE))):
            cursor.copy_expert(into, io.StringIO(piece))
        cursor.execute(_insert(table, names, keys, dict(fresh), also, staging))
        cursor.execute(sql.SQL("DROP TABLE {}").format(staging))
    return count


def _insert(
    table: str,
    names: list[str],
    keys: Sequence[str],
    fresh: dict[str, str],
    also: dict[str, str],
    staging: sql.Identifier,
) -> sql.Composed:
    computed = {**fresh, **also}
    updates = [
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name))
        for name in [*names, *also]
        if name not in keys
    ]
    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {staging}"
        " ON CONFLICT ({keys}) DO UPDATE SET {updates}"
    ).format(
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(map(sql.Identifier, [*names, *computed])),
        values=sql.SQL(", ").join(
            [*map(sql.Identifier, names), *(sql.SQL(text) for text in computed.values())]
        ),
        staging=staging,
        keys=sql.SQL(", ").join(map(sql.Identifier, keys)),
        updates=sql.SQL(", ").join(updates),
    )


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    """Rows in COPY's text form."""
    for row in rows:
        yield "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"
