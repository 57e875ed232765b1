"""What the database's planner is told after many rows have been written at once."""

from __future__ import annotations

from django.db import connection, models


def count_anew(*tables: type[models.Model]) -> None:
    """Have the statistics of these tables gathered now.

    The database does so by itself a minute after a large load; until then it plans queries for the
    empty tables it remembers, and a page that joins them can take minutes.
    """
    names = ", ".join(connection.ops.quote_name(table._meta.db_table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {names}")
