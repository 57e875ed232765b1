"""Telling the person at the terminal what goes on: plain lines first, rich once it is there."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import time
from collections.abc import Iterator
from typing import Any

_LIVE_AFTER_SECONDS = 1.0


class Step:
    """A step under way; `note` shows the latest line of its output beside the title."""

    def __init__(self, live: Any = None, task: Any = None) -> None:
        self._live = live
        self._task = task
        self.result = ""
        """Said when the step is done, if it is set."""

    def note(self, line: str) -> None:
        if self._live is not None and line.strip():
            self._live.update(self._task, note=line.strip()[:70])


def say(line: str = "") -> None:
    print(line, flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[Step]:
    """Run the body as a named step: shows it working, then the seconds it took.

    On a terminal with rich installed: a spinner, the running time and the last line of output.
    Otherwise one line at the start and one at the end.
    """
    started = time.monotonic()
    if sys.stdout.isatty() and importlib.util.find_spec("rich"):
        with _live_step(title) as current:
            yield current
    else:
        say(f"  {title} ...")
        current = Step()
        yield current
    seconds = time.monotonic() - started
    if current.result or seconds >= _LIVE_AFTER_SECONDS or sys.stdout.isatty():
        result = f": {current.result}" if current.result else ""
        say(f"  ✓ {title} ({seconds:.1f} s){result}")


@contextlib.contextmanager
def _live_step(title: str) -> Iterator[Step]:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim", markup=False),
    )
    with Progress(*columns, transient=True) as progress:
        yield Step(progress, progress.add_task(title, total=None, note=""))
