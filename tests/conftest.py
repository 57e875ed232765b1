"""Options of the whole suite, and both languages compiled before the first message is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config import catalogues

# Properties are about answers; a busy machine must not fail them.
hypothesis_settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-transcripts",
        action="store_true",
        help="write docs/scenarios/*.md from the scenario tests instead of comparing",
    )


def pytest_configure() -> None:
    catalogues.compile_all()


@pytest.fixture(scope="module", autouse=True)
def _the_language_of_a_fresh_process() -> None:
    """What the last request of another module spoke does not reach into this one."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="module")
def module_db(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    """A transaction around a whole module, for data that its tests only read.

    The tests still need the django_db mark: without one, pytest-django sets up no test database.
    """
    with django_db_blocker.unblock():
        if not str(connection.settings_dict["NAME"]).startswith("test_"):
            raise RuntimeError("mark the tests with django_db: this is not a test database")
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield
        finally:
            connection.needs_rollback = True
            atomic.__exit__(None, None, None)
