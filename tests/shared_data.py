"""The real data kept beside a developer's checkout; absent in a stranger's clone."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = next(
    (
        parent / "shared" / "data"
        for parent in Path(__file__).resolve().parents[2:]
        if (parent / "shared" / "data").is_dir()
    ),
    Path("no-shared-data"),
)


def shared_file(name: str) -> Path:
    """Path of a shared data file; skips the calling test, with the reason, where it is absent."""
    path = SHARED_DATA / name
    if not path.is_file():
        pytest.skip(f"needs ../shared/data/{name}, which this checkout does not have beside it")
    return path
