"""Log files are turned over by the week, so that no request is on record for more than two."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path

TURNED_AFTER = timedelta(days=7)
MOST_BYTES = 50_000_000


def turn_over(folder: Path, *, now: float | None = None) -> int:
    """Copy each ``*.log`` that is a week old or too large to ``*.log.1`` and empty it; how many.

    Its writer keeps it open for appending and goes on at the start. The time of the copy says when
    the file was last turned over; the copy before it is overwritten.
    """
    at, turned = time.time() if now is None else now, 0
    for log in sorted(folder.glob("*.log")):
        earlier = log.with_name(f"{log.name}.1")
        if not earlier.exists():
            earlier.touch()
        old = at - earlier.stat().st_mtime > TURNED_AFTER.total_seconds()
        if old or log.stat().st_size > MOST_BYTES:
            shutil.copyfile(log, earlier)
            log.write_bytes(b"")
            turned += 1
    return turned
