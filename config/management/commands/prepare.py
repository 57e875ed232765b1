"""``manage.py prepare``: bring an installation from an empty database to an open market.

Each step is a command that does nothing where its work is done, so that a second start is quick.
"""

from __future__ import annotations

import contextlib
import io
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config import env, static_files


@dataclass(frozen=True)
class Step:
    title: str
    command: str
    options: dict[str, Any] = field(default_factory=dict)
    needed: Callable[[], bool] = lambda: True


STEPS = (
    Step("Database schema", "migrate", {"interactive": False}),
    Step("Regions of Europe, oblasts of Bulgaria", "load_regions"),
    Step("Catalogue of materials", "load_catalogue"),
    Step(
        "Static files",
        "collectstatic",
        {"interactive": False, "clear": True},
        needed=static_files.changed,
    ),
)


class Command(BaseCommand):
    help = "Prepare the market: schema, reference data, demo market, proposals, static files."

    def handle(self, *_args: Any, **_options: Any) -> None:
        log_path = env.LOCAL_DIR / "log" / "prepare.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        console = Console(highlight=False)
        with log_path.open("w", encoding="utf-8") as log:
            for step in STEPS:
                if step.needed():
                    self._perform(step, console, log)

    def _perform(self, step: Step, console: Console, log: TextIO) -> None:
        """Run one step, its output into the log; what it said last is shown beside its name."""
        log.write(f"== {step.title}: {step.command}\n")
        began = time.monotonic()
        try:
            with _showing(step.title, console) as note:
                output = _Output(log, note)
                call_command(step.command, stdout=output, stderr=output, **step.options)
        except Exception as error:
            log.write(traceback.format_exc())
            reason = str(error).strip().splitlines()
            sentence = reason[0] if reason else type(error).__name__
            raise CommandError(f"{step.title} failed: {sentence} (the log: {log.name})") from error
        if step.command == "collectstatic":
            static_files.remember()
        console.print(f"  ✓ {step.title} ({time.monotonic() - began:.1f} s)[dim]{output.last}[/]")


class _Output(io.TextIOBase):
    """A command's output: to the log, and its latest line to the screen."""

    def __init__(self, log: TextIO, note: Callable[[str], None]) -> None:
        self._log = log
        self._note = note
        self.last = ""

    def write(self, text: str) -> int:
        self._log.write(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines:
            self.last = f" {lines[-1][:90]}"
            self._note(lines[-1][:70])
        return len(text)

    def isatty(self) -> bool:
        return False


@contextlib.contextmanager
def _showing(title: str, console: Console) -> Iterator[Callable[[str], None]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None, note="")
        yield lambda line: progress.update(task, note=line)
