"""Running other programs: their output goes to the set-up log, their failure becomes a sentence."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.bootstrap.console import Step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import ROOT, SETUP_LOG


def run(
    arguments: Sequence[str | Path],
    *,
    purpose: str,
    step: Step | None = None,
    extra_env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    user: int | None = None,
    group: int | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Raises SetupError naming `purpose`, the last line printed and the log when it exits non-zero.
    """
    SETUP_LOG.parent.mkdir(parents=True, exist_ok=True)
    printed: list[str] = []
    with SETUP_LOG.open("a", encoding="utf-8") as log:
        log.write("$ " + " ".join(map(str, arguments)) + "\n")
        try:
            process = subprocess.Popen(
                [str(argument) for argument in arguments],
                cwd=cwd,
                env={**os.environ, **(extra_env or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        except OSError as error:
            raise SetupError(f"{purpose} failed: {error}") from error
        with process:
            for line in process.stdout or ():
                log.write(line)
                printed.append(line)
                if step is not None:
                    step.note(line)
    if process.returncode:
        last = next((line.strip() for line in reversed(printed) if line.strip()), "no output")
        raise SetupError(f"{purpose} failed: {last}")
    return "".join(printed)


def succeeds(
    arguments: Sequence[str | Path],
    *,
    user: int | None = None,
    extra_env: Mapping[str, str] | None = None,
) -> bool:
    """Whether a quiet program exits with 0."""
    try:
        done = subprocess.run(
            [str(argument) for argument in arguments],
            cwd="/",
            env={**os.environ, **(extra_env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            user=user,
            extra_groups=None if user is None else [],
        )
    except OSError:
        return False
    return done.returncode == 0
