"""Options of the whole suite, and both languages compiled before the first message is read."""

from __future__ import annotations

import pytest

from config import catalogues


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-transcripts",
        action="store_true",
        help="write docs/scenarios/*.md from the scenario tests instead of comparing",
    )


def pytest_configure() -> None:
    catalogues.compile_all()
