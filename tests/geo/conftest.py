from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import settings

from geo.regions import load_shipped_regions

# properties are about answers; a busy machine must not fail them
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


@pytest.fixture(scope="module")
def shipped_regions(module_db: None) -> None:
    """The regions a fresh installation has."""
    load_shipped_regions()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_region")
