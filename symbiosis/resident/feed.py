"""How the resident matcher hears of changes: the database writes them down and rings.

Triggers (migration 0002) note every listing that was posted, revised or removed, in the writer's
own transaction, and notify on commit. A note names the listing; what the listing says is read when
the note is taken. So a note may be taken twice or late, but never be missed.
"""

from __future__ import annotations

import select
from dataclasses import dataclass

from django.db import connection

from symbiosis.core.solvers.resident import SideName

CHANNEL = "symbiosis_listings"


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of listings to look at again, by side, and how many notes named them."""

    ids: dict[SideName, list[int]]
    notes: int


def listen() -> None:
    """Have this connection told of committed changes."""
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")


def wait(seconds: float) -> None:
    """Return when a change is committed, or after so many seconds."""
    connection.ensure_connection()
    raw = connection.connection
    raw.poll()
    if not raw.notifies:
        select.select([raw], [], [], seconds)
        raw.poll()
    raw.notifies.clear()


def any_waiting() -> bool:
    """Whether a note is waiting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM symbiosis_listingchange)")
        row = cursor.fetchone()
    return bool(row and row[0])


def take() -> Changes:
    """Take every committed note in this transaction; they come back if it is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM symbiosis_listingchange RETURNING side, listing_id")
        notes = cursor.fetchall()
    ids: dict[SideName, list[int]] = {
        "offer": sorted({pk for side, pk in notes if side == "offer"}),
        "need": sorted({pk for side, pk in notes if side == "need"}),
    }
    return Changes(ids, len(notes))
