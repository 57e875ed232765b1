"""``make check`` and the ground ``make test`` stands on: a cluster and database of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from config.bootstrap import cluster, database
from config.bootstrap.console import say, step
from config.bootstrap.paths import LOGS, ROOT, VENV, VENV_PYTHON

CLUSTER = "tests"
_BIN = VENV / "bin"
_CHECKS: tuple[tuple[str, list[str | Path]], ...] = (
    ("format", [_BIN / "ruff", "format", "--check", "--quiet", "."]),
    ("lint", [_BIN / "ruff", "check", "--quiet", "."]),
    ("layers", [_BIN / "lint-imports"]),
    ("message catalogues", [VENV_PYTHON, "manage.py", "check_catalogues"]),
    ("settings", [VENV_PYTHON, "manage.py", "check", "--fail-level", "WARNING"]),
    ("migrations", [VENV_PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("API contract", [VENV_PYTHON, "manage.py", "write_contract", "--check"]),
    ("documents", [VENV_PYTHON, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", ".local/docs"]),
    ("types", [_BIN / "mypy"]),
)
"""Cheapest first."""


@contextlib.contextmanager
def test_database() -> Iterator[dict[str, str]]:
    """The environment of a test run: DATABASE_URL of a server free for tests.

    That is the one DATABASE_URL names, else a private cluster beside the market's, started here
    and stopped at the end.
    """
    url = database.chosen_url()
    if url:
        yield {**os.environ}
        return
    private = cluster.named(CLUSTER)
    with step("Starting PostgreSQL for the tests"):
        started = cluster.ensure_running(private)
        url = private.url(database.DATABASE)
        database.ensure_database(url)
    try:
        yield {**os.environ, "DATABASE_URL": url}
    finally:
        if started:
            cluster.stop(private)


def check(env: dict[str, str]) -> int:
    """Run every check, show what the failed ones said; 1 if any failed."""
    failed = [name for name, arguments in _CHECKS if not _passes(name, arguments, env)]
    if failed:
        say(f"make check failed: {', '.join(failed)}.")
    return 1 if failed else 0


def _passes(name: str, arguments: list[str | Path], env: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    LOGS.mkdir(parents=True, exist_ok=True)
    (LOGS / f"check-{name.replace(' ', '-')}.log").write_text(done.stdout + done.stderr)
    verdict = "✗" if done.returncode else "✓"
    say(f"  {verdict} {name} ({time.monotonic() - began:.1f} s)")
    if done.returncode:
        say(done.stdout + done.stderr)
    return done.returncode == 0
