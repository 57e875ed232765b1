"""A frozen clock, a known Bulgaria, and transcripts that are compared with the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from geo.places import load_shipped_places
from geo.regions import load_shipped_regions
from tests.documents import compare_or_write
from tests.scenarios.transcripts import Transcript

DOCUMENTS = Path(__file__).parents[2] / "docs" / "scenarios"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The morning on which every scenario happens."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    cache.clear()
    return NOW


@pytest.fixture
def bulgaria(db: None) -> None:
    """Regions and settlements as a fresh installation has them."""
    load_shipped_regions()
    load_shipped_places()


@pytest.fixture
def transcript(request: pytest.FixtureRequest) -> Iterator[Callable[[str, str, str], Transcript]]:
    """Starts a transcript of a name; at the end it is compared with its document, or written with
    ``--write-transcripts``."""
    started: dict[str, Transcript] = {}

    def start(name: str, title: str, introduction: str) -> Transcript:
        started[name] = Transcript(title, introduction)
        return started[name]

    yield start
    if getattr(request.node, "story_failed", False):
        return
    for name, told in started.items():
        compare_or_write(request.config, DOCUMENTS / f"{name}.md", told.text())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """A story that broke off says why itself; its unfinished transcript is not compared."""
    report = yield
    if report.when == "call" and report.failed:
        item.story_failed = True  # type: ignore[attr-defined]
    return report
