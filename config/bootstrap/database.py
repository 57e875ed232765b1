"""The database itself: awaited, created if missing, and remembered for config.env."""

from __future__ import annotations

import os
import secrets
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from config.bootstrap import cluster
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import ENV_FILE

DATABASE = "symbiosis"
_PATIENCE_SECONDS = 30.0


def chosen_url() -> str:
    """DATABASE_URL of the environment: a server of the person's own; empty: the private one."""
    return os.environ.get("DATABASE_URL", "")


def ensure_database(url: str) -> None:
    """Wait until the server answers and create the URL's database unless it is there.

    Raises SetupError when the server does not answer within half a minute or refuses.
    """
    import psycopg2
    from psycopg2 import sql

    name = unquote(urlsplit(url).path).rpartition("/")[2]
    if _answers(url, name) is None:
        return
    error = _await(url)
    if error is not None:
        raise SetupError(f"The database server does not answer: {error}")
    connection = psycopg2.connect(**parameters(url, "postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone() is None:
                cursor.execute(
                    sql.SQL(
                        "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
                        " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
                    ).format(sql.Identifier(name))
                )
    except psycopg2.Error as failure:
        raise SetupError(f"The database {name} cannot be created: {failure}") from failure
    finally:
        connection.close()


def remember(private: cluster.Cluster) -> None:
    """Write ``.local/env`` (mode 600), so that every later command finds the private database.

    The secret key is drawn once and kept, so that people stay signed in over a restart.
    """
    key = next(
        (line for line in _lines() if line.startswith("SECRET_KEY=")),
        f"SECRET_KEY={secrets.token_urlsafe(50)}",
    )
    handle = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{key}\nDATABASE_URL={private.url(DATABASE)}\n")


def _lines() -> list[str]:
    return ENV_FILE.read_text().splitlines() if ENV_FILE.exists() else []


def _await(url: str) -> str | None:
    """None once the server answers, else what it last said."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (error := _answers(url, "postgres")) is not None and time.monotonic() < until:
        time.sleep(0.2)
    return error


def _answers(url: str, database: str) -> str | None:
    import psycopg2

    try:
        psycopg2.connect(**parameters(url, database)).close()
    except psycopg2.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return None


def parameters(url: str, database: str) -> dict[str, Any]:
    """libpq's parameters, read by the same parser as the product's settings."""
    from environ import Env

    read = Env.db_url_config(url)
    named = {key: str(read.get(key.upper()) or "") for key in ("user", "password", "host", "port")}
    given = {key: value for key, value in named.items() if value}
    options = {key: str(value) for key, value in read.get("OPTIONS", {}).items()}
    return {"connect_timeout": "5", **options, **given, "dbname": database}
