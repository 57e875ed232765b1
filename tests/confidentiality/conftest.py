"""One market for a module, under a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.confidentiality import market
from tests.confidentiality.market import NOW, World


@pytest.fixture(scope="module")
def still() -> Iterator[None]:
    """The clock stands still, and events of the running transaction are in sight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: NOW)
        patch.setattr("api.webhooks.outbox.horizon", lambda: 2**61)
        yield
    cache.clear()


@pytest.fixture(scope="module")
def world(module_db: None, still: None) -> World:
    return market.build()
