"""``manage.py prepare``: bring an installation from an empty database to an open market.

Each step is a command that does nothing where its work is done, so that a second start is quick.
"""

from __future__ import annotations

import io
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from config import env, static_files
from config.bootstrap import console


def _nothing() -> None:
    """Most commands leave nothing to do after them."""


@dataclass(frozen=True)
class Step:
    title: str
    command: str
    options: dict[str, Any] = field(default_factory=dict)
    needed: Callable[[], bool] = lambda: True
    finish: Callable[[], None] = _nothing


STEPS = (
    Step("Database schema", "migrate", {"interactive": False}),
    Step("Regions of Europe, oblasts of Bulgaria", "load_regions"),
    Step("Towns of Bulgaria and Europe", "load_places"),
    Step("Catalogue of materials", "load_catalogue"),
    Step("Fictional demo market", "load_demo_market"),
    Step("Matching offers with needs", "run_matching", {"if_needed": True}),
    Step(
        "Static files",
        "collectstatic",
        {"interactive": False, "clear": True},
        needed=static_files.changed,
        finish=static_files.remember,
    ),
)


class Command(BaseCommand):
    help = "Prepare the market: schema, reference data, demo market, proposals, static files."

    def handle(self, *_args: Any, **_options: Any) -> None:
        log_path = env.LOCAL_DIR / "log" / "prepare.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("w", encoding="utf-8") as log:
            for step in STEPS:
                if step.needed():
                    self._perform(step, log)

    def _perform(self, step: Step, log: TextIO) -> None:
        """Run one step, its output into the log; what it said last is shown beside its name."""
        log.write(f"== {step.title}: {step.command}\n")
        try:
            with console.step(step.title) as current:
                output = _Output(log, current)
                call_command(step.command, stdout=output, stderr=output, **step.options)
                step.finish()
        except Exception as error:
            log.write(traceback.format_exc())
            reason = str(error).strip().splitlines()
            sentence = reason[0] if reason else type(error).__name__
            raise CommandError(f"{step.title} failed: {sentence} (the log: {log.name})") from error


class _Output(io.TextIOBase):
    """A command's output: to the log, and its latest line to the screen."""

    def __init__(self, log: TextIO, current: console.Step) -> None:
        self._log = log
        self._current = current

    def write(self, text: str) -> int:
        self._log.write(text)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines:
            self._current.result = lines[-1][:100]
            self._current.note(lines[-1])
        return len(text)

    def isatty(self) -> bool:
        return False
