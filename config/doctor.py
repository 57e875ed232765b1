"""What an installation must have, each point told in plain words with the way out.

Every check answers with a finding and changes nothing; those about the database take the cursor
they ask, so that the tests can show each of them a database that is wrong in that one way.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config import catalogues
from geo.models import Region
from marketplace.catalogue.models import Material

OBLASTS = 28
LEAST_MATERIALS = 150
WORKER_PROCESS = "symbiosis worker"
"""Application name under which the queue worker started by set-up reaches the database."""

_WORKER_PATIENCE_SECONDS = 3.0
_HEARTBEAT_SECONDS = 60
_BUILDING_SECONDS = 600
VENDOR = settings.BASE_DIR / "web" / "static" / "vendor"


@dataclass(frozen=True)
class Finding:
    """One point looked at: sound or not, what was seen, and what to do when it is not sound."""

    subject: str
    sound: bool
    seen: str
    remedy: str = ""


class Cursor(Protocol):
    """What a check needs of a database cursor."""

    def execute(self, sql: str, params: Any = None) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> Any: ...


def examine() -> Iterator[Finding]:
    """Every finding, in an order in which the first bad one explains the later ones."""
    backend: Any = connection
    yield driver(backend.Database.__name__)
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        seen = str(error).strip().splitlines()[0]
        yield Finding("Database", False, seen, "Start it with make db, or set DATABASE_URL.")
    else:
        with connection.cursor() as cursor:
            for check in _DATABASE_CHECKS:
                yield _asked(check, cursor)
        yield schema()
        if not MigrationExecutor(connection).migration_plan(_leaves()):
            yield regions()
            yield materials()
    yield vendored_files(VENDOR)
    yield message_catalogues(catalogues.sources())
    yield secret_key(settings.SECRET_KEY, settings.ALLOWED_HOSTS)


def driver(name: str, *, psycopg_3_present: bool | None = None) -> Finding:
    """Django takes psycopg 3 whenever it can be imported, so it must be absent."""
    if psycopg_3_present is None:
        psycopg_3_present = importlib.util.find_spec("psycopg") is not None
    seen = f"{name}, and psycopg 3 is {'present' if psycopg_3_present else 'absent'}"
    sound = name == "psycopg2" and not psycopg_3_present
    return Finding("Driver", sound, seen, "Uninstall psycopg and install requirements/runtime.txt.")


def encoding(cursor: Cursor) -> Finding:
    cursor.execute("SHOW server_encoding")
    found = cursor.fetchone()[0]
    remedy = "Create the database with ENCODING 'UTF8'."
    return Finding("Encoding", found == "UTF8", found, remedy)


def letters(cursor: Cursor) -> Finding:
    """With LC_CTYPE C, lower() leaves Cyrillic as it is and trigrams of it are empty."""
    cursor.execute(
        "SELECT lower('СТЪРГОТИНИ') = 'стърготини', datctype FROM pg_database"
        " WHERE datname = current_database()"
    )
    lowered, locale = cursor.fetchone()
    verdict = "lower-cases Cyrillic" if lowered else "does not lower-case Cyrillic"
    remedy = "Create the database with LC_CTYPE 'C.UTF-8', TEMPLATE template0."
    return Finding("Locale", bool(lowered), f"{locale} {verdict}", remedy)


def postgis(cursor: Cursor) -> Finding:
    cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
    row = cursor.fetchone()
    if row is None:
        remedy = "Install postgresql-15-postgis-3, then run manage.py migrate."
        return Finding("PostGIS", False, "not in this database", remedy)
    cursor.execute("SELECT postgis_libprotobuf_version()")
    protobuf = cursor.fetchone()[0]
    recent = tuple(int(part) for part in row[0].split(".")[:2]) >= (3, 3)
    seen = f"{row[0]}, {'with' if protobuf else 'without'} vector tiles"
    remedy = "PostGIS 3.3 or later built with protobuf is needed."
    return Finding("PostGIS", recent and bool(protobuf), seen, remedy)


def extensions(cursor: Cursor) -> Finding:
    cursor.execute("SELECT extname FROM pg_extension")
    present = {name for (name,) in cursor.fetchall()}
    absent = sorted({"btree_gist", "pg_trgm"} - present)
    seen = f"missing: {', '.join(absent)}" if absent else "btree_gist, pg_trgm"
    return Finding("Extensions", not absent, seen, "Run manage.py migrate as a superuser.")


def durability(cursor: Cursor) -> Finding:
    """What was confirmed to a person must outlive a power cut."""
    values = {}
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        cursor.execute(f"SHOW {name}")
        values[name] = cursor.fetchone()[0]
    off = [name for name, value in values.items() if value == "off"]
    seen = ", ".join(f"{name} {value}" for name, value in values.items())
    return Finding("Durability", not off, seen, f"Switch on in postgresql.conf: {', '.join(off)}.")


def worker(
    cursor: Cursor,
    *,
    name: str = WORKER_PROCESS,
    patience_seconds: float = _WORKER_PATIENCE_SECONDS,
) -> Finding:
    """Is a queue worker connected? It may be between two connections, so ask for a while."""
    until = time.monotonic() + patience_seconds
    while True:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one state of it
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [name],
        )
        count = cursor.fetchone()[0]
        if count or time.monotonic() >= until:
            break
        time.sleep(0.2)
    seen = f"{count} connected" if count else "none connected to this database"
    return Finding("Queue worker", count > 0, seen, "make run starts one beside the web server.")


def matcher(cursor: Cursor) -> Finding:
    """Does a resident matcher keep the plan? It says so every few seconds, building aside."""
    cursor.execute("SELECT to_regclass('symbiosis_matcherprocess')")
    if cursor.fetchone()[0] is None:
        return Finding("Matcher", False, "its table is missing", "Run manage.py migrate.")
    cursor.execute(
        "SELECT state, extract(epoch FROM now() - seen_at)::int,"
        " (SELECT count(*) FROM symbiosis_listingchange)"
        " FROM symbiosis_matcherprocess WHERE state <> 'standing_by'"
        " ORDER BY seen_at DESC LIMIT 1"
    )
    row = cursor.fetchone()
    remedy = "make run starts one; by hand: manage.py matcher."
    if row is None:
        return Finding("Matcher", False, "none at work", remedy)
    state, seconds, waiting = row
    patience = _BUILDING_SECONDS if state == "building" else _HEARTBEAT_SECONDS
    seen = f"{state}, seen {seconds} s ago, {waiting} changes waiting"
    return Finding("Matcher", seconds <= patience, seen, remedy)


_DATABASE_CHECKS: tuple[Callable[[Cursor], Finding], ...] = (
    encoding,
    letters,
    postgis,
    extensions,
    durability,
    worker,
    matcher,
)


def _asked(check: Callable[[Cursor], Finding], cursor: Cursor) -> Finding:
    """The check's finding; a bad one where the database is too wrong even to be asked."""
    try:
        return check(cursor)
    except (DatabaseError, UnicodeError) as error:
        remedy = "Put the points above right first."
        return Finding(check.__name__.capitalize(), False, str(error).splitlines()[0], remedy)


def _leaves() -> list[tuple[str, str]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def schema() -> Finding:
    waiting = len(MigrationExecutor(connection).migration_plan(_leaves()))
    seen = f"{waiting} migrations wait" if waiting else "up to date"
    return Finding("Schema", not waiting, seen, "Run manage.py migrate.")


def regions() -> Finding:
    count = Region.objects.filter(
        country="BG", level=Region.Level.NUTS3, geometry__isnull=False
    ).count()
    seen = f"{count} of {OBLASTS} Bulgarian oblasts have a polygon"
    return Finding("Regions", count == OBLASTS, seen, "Run manage.py load_regions.")


def materials() -> Finding:
    count = Material.objects.count()
    seen = f"{count} concepts"
    return Finding("Catalogue", count >= LEAST_MATERIALS, seen, "Run manage.py load_catalogue.")


def vendored_files(folder: Path) -> Finding:
    """The front-end files are those the manifest was written for, byte by byte."""
    remedy = "make run brings them; delete web/static/vendor first if they were changed."
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return Finding("Front-end files", False, "not vendored", remedy)
    wrong = [
        f"{package}/{name}"
        for package, about in json.loads(manifest.read_text()).items()
        for name, expected in about["sha256"].items()
        if not _has_digest(folder / package / name, expected)
    ]
    seen = f"changed or missing: {', '.join(wrong)}" if wrong else "all as vendored"
    return Finding("Front-end files", not wrong, seen, remedy)


def _has_digest(path: Path, expected: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == expected


def message_catalogues(sources: list[Path]) -> Finding:
    languages = {source.parent.parent.name for source in sources}
    absent = sorted({code for code, _name in settings.LANGUAGES} - languages)
    stale = [source.parent.parent.name for source in sources if not catalogues.is_compiled(source)]
    seen = "compiled"
    if absent:
        seen = f"none for {', '.join(absent)}"
    elif stale:
        seen = f"older than their source: {', '.join(stale)}"
    return Finding("Messages", not absent and not stale, seen, "make messages compiles them.")


def secret_key(key: str, hosts: list[str]) -> Finding:
    """The published key may serve a developer's own machine, never other people."""
    private = not key.startswith("development-only")
    local = set(hosts) <= {"127.0.0.1", "localhost", "[::1]"}
    seen = "this installation's own" if private else "the published one of developers"
    if not private and local:
        seen += ", served to this machine alone"
    return Finding("Secret key", private or local, seen, "Set SECRET_KEY to a long random text.")
