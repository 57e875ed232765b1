"""Limits that the web server sets for itself and batch work does not have."""

from __future__ import annotations

import runpy
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.processes import environment

pytestmark = pytest.mark.django_db

SHOW = (
    "import django; django.setup(); from django.db import connection as c;"
    "k = c.cursor(); k.execute('SHOW statement_timeout'); print(k.fetchone()[0])"
)


def limit_of_a_process(*extra: str) -> str:
    env = environment() | {"DJANGO_SETTINGS_MODULE": "config.settings.base", "SECRET_KEY": "test"}
    env |= dict(setting.split("=", 1) for setting in extra)
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_no_page_may_hold_the_database_longer_than_half_a_minute() -> None:
    set_by_server = runpy.run_path(str(settings.BASE_DIR / "config" / "gunicorn.py"))["raw_env"]
    assert limit_of_a_process(*set_by_server) == "30s"


def test_batch_work_takes_the_time_it_needs() -> None:
    assert limit_of_a_process() == "0"


def test_health_is_asked_without_the_database(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]
