"""Doctor: each finding is good on a sound installation and bad on one that is wrong that way."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from config import catalogues, doctor
from config.bootstrap.database import parameters
from config.env import DATABASE_URL
from geo.models import Region
from symbiosis.models import MatcherProcess

pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def careless(encoding: str) -> Iterator[doctor.Cursor]:
    """A database as a careless administrator makes it: locale C, nothing installed in it."""
    name = f"careless_{os.getpid()}"
    keeper = psycopg2.connect(**parameters(DATABASE_URL, "postgres"))
    keeper.autocommit = True
    try:
        with keeper.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(
                f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'"
                " LC_COLLATE 'C' LC_CTYPE 'C'"
            )
        asked = psycopg2.connect(**parameters(DATABASE_URL, name))
        try:
            with asked.cursor() as cursor:
                yield cursor
        finally:
            asked.close()
            with keeper.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name}")
    finally:
        keeper.close()


def test_database_of_the_tests_is_sound() -> None:
    with connection.cursor() as cursor:
        for check in (doctor.encoding, doctor.letters, doctor.postgis, doctor.extensions):
            finding = check(cursor)
            assert finding.sound, finding
    assert doctor.schema().sound


def test_locale_without_cyrillic_and_missing_extensions_are_found_out() -> None:
    with careless("UTF8") as cursor:
        assert doctor.encoding(cursor).sound
        assert doctor.letters(cursor).seen == "C does not lower-case Cyrillic"
        for check in (doctor.letters, doctor.postgis, doctor.extensions):
            finding = check(cursor)
            assert not finding.sound, finding
            assert finding.remedy


def test_encoding_other_than_utf8_is_found_out() -> None:
    with careless("SQL_ASCII") as cursor:
        assert doctor.encoding(cursor).seen == "SQL_ASCII"
        assert not doctor.encoding(cursor).sound


def test_durability_switched_off_is_found_out() -> None:
    with connection.cursor() as cursor:
        assert doctor.durability(cursor).sound
        cursor.execute("SET LOCAL synchronous_commit = off")
        finding = doctor.durability(cursor)
    assert not finding.sound
    assert "synchronous_commit" in finding.remedy


@pytest.mark.parametrize(
    ("name", "psycopg_3_present", "sound"),
    [("psycopg2", False, True), ("psycopg2", True, False), ("psycopg", True, False)],
)
def test_driver(name: str, psycopg_3_present: bool, sound: bool) -> None:
    assert doctor.driver(name, psycopg_3_present=psycopg_3_present).sound is sound


def test_worker_is_seen_while_it_is_connected_and_missed_after() -> None:
    current = connection.settings_dict["NAME"]
    name = f"symbiosis worker {os.getpid()}"
    worker = psycopg2.connect(**parameters(DATABASE_URL, current), application_name=name)
    with connection.cursor() as cursor:
        assert doctor.worker(cursor, name=name).sound
        worker.close()
        _until_gone(cursor, name)
        assert not doctor.worker(cursor, name=name, patience_seconds=0.5).sound


def _until_gone(cursor: doctor.Cursor, name: str) -> None:
    """PostgreSQL notices a little later that the other side has closed its connection."""
    until = time.monotonic() + 20
    while doctor.worker(cursor, name=name, patience_seconds=0).sound:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_missing_regions_are_counted() -> None:
    Region.objects.filter(country="BG").update(geometry=None)
    finding = doctor.regions()
    assert not finding.sound
    assert finding.seen.startswith("0 of 28")


def test_shipped_regions_and_catalogue_satisfy() -> None:
    call_command("load_regions", stdout=io.StringIO())
    call_command("load_catalogue", stdout=io.StringIO())
    assert doctor.regions().sound
    assert doctor.materials().sound


def test_empty_catalogue_is_found_out() -> None:
    assert not doctor.materials().sound


def _vendored(folder: Path) -> None:
    (folder / "maps").mkdir()
    (folder / "maps" / "maps.mjs").write_bytes(b"export {};\n")
    digest = hashlib.sha256(b"export {};\n").hexdigest()
    about = {"maps": {"version": "1.0.0", "sha256": {"maps.mjs": digest}}}
    (folder / "manifest.json").write_text(json.dumps(about))


def test_vendored_files(tmp_path: Path) -> None:
    assert not doctor.vendored_files(tmp_path).sound
    _vendored(tmp_path)
    assert doctor.vendored_files(tmp_path).sound
    (tmp_path / "maps" / "maps.mjs").write_bytes(b"changed")
    assert doctor.vendored_files(tmp_path).seen == "changed or missing: maps/maps.mjs"


def _catalogue(folder: Path, language: str) -> Path:
    source = folder / language / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr ""\n\nmsgid "offer"\nmsgstr "offer"\n')
    return source


def test_message_catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "LOCALE_DIR", tmp_path)
    assert doctor.message_catalogues([]).seen == "none for bg, en"
    sources = [_catalogue(tmp_path, "bg"), _catalogue(tmp_path, "en")]
    assert doctor.message_catalogues(sources).seen == "older than their source: bg, en"
    catalogues.compile_all()
    assert doctor.message_catalogues(sources).sound


def test_published_secret_key_is_for_one_machine() -> None:
    published = "development-only-key"
    assert doctor.secret_key(published, ["127.0.0.1", "localhost"]).sound
    assert not doctor.secret_key(published, ["market.example.org"]).sound
    assert doctor.secret_key("a key of its own", ["market.example.org"]).sound


def test_command_fails_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = doctor.Finding("Regions", False, "0 of 28", "Run manage.py load_regions.")
    monkeypatch.setattr(doctor, "examine", lambda: iter([bad]))
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of the points"):
        call_command("doctor", stdout=out)
    assert "Run manage.py load_regions." in out.getvalue()


def test_command_is_content_with_a_sound_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    good = doctor.Finding("Regions", True, "28 of 28")
    monkeypatch.setattr(doctor, "examine", lambda: iter([good]))
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert "All is well." in out.getvalue()


def test_examination_covers_every_subject() -> None:
    subjects = {finding.subject for finding in doctor.examine()}
    assert subjects == {
        "Driver", "Encoding", "Locale", "PostGIS", "Extensions", "Durability", "Queue worker",
        "Matcher", "Schema", "Regions", "Catalogue", "Front-end files", "Messages", "Secret key",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "seconds_ago", "sound"),
    [
        ("keeping", 5, True),
        ("building", 300, True),
        ("keeping", 300, False),
        ("standing_by", 1, False),
    ],
)
def test_matcher_is_sound_while_it_says_so(state: str, seconds_ago: int, sound: bool) -> None:
    with connection.cursor() as cursor:
        assert doctor.matcher(cursor).seen == "none at work"
        MatcherProcess.objects.create(
            name="here:1",
            state=state,
            started_at=timezone.now(),
            seen_at=timezone.now() - timedelta(seconds=seconds_ago),
        )
        assert doctor.matcher(cursor).sound is sound
