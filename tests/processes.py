"""For tests that start real processes: how such a process reaches the test's own database."""

from __future__ import annotations

import os
from urllib.parse import quote

from django.db import connection


def environment() -> dict[str, str]:
    """This process's environment with the test database as the database, by socket or by port."""
    of = connection.settings_dict
    host, port = str(of["HOST"]), of["PORT"] or 5432
    place = f"/{quote(host)}" if host.startswith("/") else f"{host}:{port}"
    return {
        **os.environ,
        "DATABASE_URL": f"postgis://{of['USER']}@{place}/{of['NAME']}",
        "PGPASSWORD": str(of["PASSWORD"] or ""),
    }
