"""One browser and one committed market for the browser tests of a module."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from config import catalogues
from tests.web.browser import DESKTOP, PHONE, chromium, watched_page
from tests.web.market import Market, build_market

# Playwright keeps an event loop in this thread, where the ORM is called too.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session", autouse=True)
def _messages_compiled() -> None:
    catalogues.compile_all()


@pytest.fixture(scope="module")
def market(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Market]:
    """A small market in the test database, gone with the module's last test."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            built = build_market(pairs=30)
        with connection.cursor() as cursor:
            # Tables filled a moment ago have no statistics yet, and tiles are planned by them.
            cursor.execute("ANALYZE")
        yield built
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True)


@pytest.fixture(scope="module")
def site_address(market: Market) -> Iterator[str]:
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(params=["bg", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return {"desktop": DESKTOP, "phone": PHONE}[request.param]


@pytest.fixture
def page(
    browser: Browser, site_address: str, language: str, size: dict[str, int]
) -> Iterator[Page]:
    """A page that fails its test where it complained or asked another host for anything."""
    with watched_page(browser, base_url=site_address, language=language, size=size) as (
        opened,
        watch,
    ):
        yield opened
        opened.close()
        assert watch.complaints == []
        assert watch.hosts == {"127.0.0.1"}
