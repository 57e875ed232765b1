"""Documents that tests write: compared with what is committed, or written when asked for."""

from __future__ import annotations

from pathlib import Path

import pytest


def compare_or_write(config: pytest.Config, path: Path, text: str) -> None:
    """Fail where the committed document differs; write it under ``--write-transcripts``."""
    if config.getoption("--write-transcripts"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == written, (
        f"the story differs from {path.name}; look at the difference and, if it is meant, "
        "run its test with --write-transcripts"
    )
