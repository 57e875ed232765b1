from __future__ import annotations

import pytest
from django.db import connection

from geo.regions import load_shipped_regions


@pytest.fixture(scope="module")
def shipped_regions(module_db: None) -> None:
    """The regions a fresh installation has."""
    load_shipped_regions()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_region")
