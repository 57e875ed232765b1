"""Columns written by COPY: known rows refreshed, new ones added, whichever way is the quickest."""

from __future__ import annotations

import uuid

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from symbiosis import copying
from symbiosis.copying import random_uids, read_columns, upsert_columns

pytestmark = pytest.mark.django_db

HOSTILE = [
    "tab\there",
    "line\nbreak",
    "back\\slash \\N \\.",
    "Кирилица",
    "",
    None,
    '{"a": "\\"b\\""}',
]
WAYS = {"in the statement": (10**6, 10**6), "staged": (0, 10**6), "copied": (0, 0)}
"""Of each way, up to how many rows are few and from how many on they are many."""


@pytest.fixture
def table():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE thing (a bigint, b bigint, kg bigint CHECK (kg > 0), sure boolean,"
            " words text, born text, UNIQUE (a, b))"
        )
    yield "thing"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE thing")


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    few, many = WAYS[request.param]
    monkeypatch.setattr(copying, "FEW_ROWS", few)
    monkeypatch.setattr(copying, "MANY_ROWS", many)
    return request.param


def write(table, rows, *, born):
    a, b, kg, words = zip(*rows, strict=True)
    return upsert_columns(
        table,
        {
            "a": np.array(a, np.int64),
            "b": list(b),
            "kg": np.array(kg, np.int64),
            "sure": np.array(kg) % 2 == 0,
            "words": words,
        },
        keys=["a", "b"],
        fresh={"born": [born] * len(rows)},
    )


def stored(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT a, b, kg, sure, words, born FROM {table}")
        return {(a, b): rest for a, b, *rest in cursor.fetchall()}


def test_new_rows_are_added_and_known_ones_refreshed(table, way):
    first = [(n // 3, n % 3, n + 1, HOSTILE[n % len(HOSTILE)]) for n in range(21)]
    assert write(table, first, born="first") == 21
    later = [(n // 3, n % 3, 100 + n, "again") for n in range(15, 30)]
    assert write(table, later, born="later") == 15
    expected = {(a, b): [kg, kg % 2 == 0, words, "first"] for a, b, kg, words in first}
    for a, b, kg, words in later:
        born = "first" if (a, b) in expected else "later"
        expected[a, b] = [kg, kg % 2 == 0, words, born]
    assert stored(table) == expected


def test_nothing_to_write_is_nothing_written(table, way):
    assert upsert_columns(table, {"a": [], "b": []}, keys=["a", "b"]) == 0
    assert stored(table) == {}


def test_a_row_that_another_writer_adds_in_between_is_refreshed(table, way, monkeypatch):
    write(table, [(1, 1, 5, "other")], born="other")
    monkeypatch.setattr(copying, "_known", lambda _table, keys: np.zeros(len(keys["a"]), bool))
    write(table, [(1, 1, 7, "mine"), (2, 1, 8, "mine")], born="mine")
    assert stored(table) == {
        (1, 1): [7, False, "mine", "other"],
        (2, 1): [8, True, "mine", "mine"],
    }


def test_a_row_that_breaks_a_limit_is_refused_with_all_others(table, way):
    write(table, [(1, 1, 5, "kept")], born="first")
    with pytest.raises(IntegrityError), transaction.atomic():
        write(table, [(2, 1, 8, "good"), (3, 1, 0, "bad")], born="later")
    assert list(stored(table)) == [(1, 1)]


def test_keys_beyond_32_bits_are_told_apart(table, way):
    far = 2**62
    write(table, [(far, 1, 1, "a"), (far + 1, 1, 1, "b")], born="first")
    write(table, [(far + 1, 1, 9, "b"), (1, far, 3, "c")], born="later")
    assert {key: row[0] for key, row in stored(table).items()} == {
        (far, 1): 1, (far + 1, 1): 9, (1, far): 3,
    }  # fmt: skip


def test_a_long_write_arrives_whole(table, monkeypatch):
    monkeypatch.setattr(copying, "MANY_ROWS", 0)
    rows = [(n, 1, n + 1, "дълъг текст " * 30) for n in range(2_345)]
    write(table, rows, born="first")
    read = read_columns(f"SELECT a, kg FROM {table} ORDER BY a", {"a": "bigint", "kg": "bigint"})
    assert (read["kg"] == read["a"] + 1).all()
    assert len(read["a"]) == 2_345
    assert {row[2] for row in stored(table).values()} == {"дълъг текст " * 30}


def test_drawn_uids_are_of_version_four_and_differ():
    drawn = [uuid.UUID(text) for text in random_uids(500)]
    assert len(set(drawn)) == 500
    assert {(one.version, one.variant) for one in drawn} == {(4, uuid.RFC_4122)}
    assert random_uids(0) == []
