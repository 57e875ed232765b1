"""Two locks of the database that keep matchers apart.

Whoever writes a plan holds the writer's lock while he writes. Whoever is the resident matcher holds
the resident's lock for as long as his connection lives; the next in line waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from symbiosis.errors import MatchingBusy

WRITER_LOCK = 0x53594D42
RESIDENT_LOCK = 0x53594D43


@contextmanager
def only_writer() -> Iterator[None]:
    """Write alone, from a session; raises MatchingBusy at once while another writes."""
    if not _asked("SELECT pg_try_advisory_lock(%s)", WRITER_LOCK):
        raise MatchingBusy("another match run is under way")
    try:
        yield
    finally:
        _asked("SELECT pg_advisory_unlock(%s)", WRITER_LOCK)


def wait_to_write() -> None:
    """Write alone until the transaction ends; waits for whoever is writing."""
    _asked("SELECT pg_advisory_xact_lock(%s)", WRITER_LOCK)


def become_resident() -> bool:
    """Try to be the resident matcher; the lock goes with the connection."""
    return _asked("SELECT pg_try_advisory_lock(%s)", RESIDENT_LOCK)


def resign() -> None:
    """Let the next in line be the resident matcher."""
    _asked("SELECT pg_advisory_unlock(%s)", RESIDENT_LOCK)


def _asked(statement: str, key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        row = cursor.fetchone()
    return bool(row and row[0])
