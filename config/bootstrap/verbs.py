"""The verbs of the Makefile: what each needs, and what it does inside the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

from config.bootstrap import (
    checking,
    checks,
    cluster,
    console,
    database,
    debian,
    serving,
    supervisor,
)
from config.bootstrap.paths import LOCAL, ROOT, STAMPS, VENV, VENV_PYTHON


@dataclass(frozen=True, kw_only=True)
class Verb:
    """`run` gets the verb's further arguments, inside ``.venv``, and returns the exit code."""

    run: Callable[[list[str]], int]
    development: bool = False
    preflight: Callable[[], None] = checks.disk_space
    extra: list[debian.Requirement] = field(default_factory=list)
    alone: bool = False
    """Needs nothing but Python: neither packages nor files are brought first."""

    def requirements(self) -> list[debian.Requirement]:
        """The Debian packages; no PostgreSQL where DATABASE_URL names a server."""
        private = [] if database.chosen_url() else [debian.POSTGIS]
        return [debian.VENV_MODULE, *private, *self.extra]


_WHOLE_SUITE = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadfile"]
"""A process per core, each with a database of its own; a file's tests stay together."""


def _before_run() -> None:
    checks.port_free(checks.chosen_port())
    checks.disk_space()


def _test(arguments: list[str]) -> int:
    """Every check, then the whole suite on a cluster of its own; pytest's summary comes last."""
    with checking.test_database() as env:
        if not arguments and checking.check(env):
            return 1
        chosen = arguments or _WHOLE_SUITE
        return subprocess.call([VENV / "bin" / "pytest", *chosen], cwd=ROOT, env=env)


def _check(_arguments: list[str]) -> int:
    with checking.test_database() as env:
        return checking.check(env)


def _manage(arguments: list[str]) -> int:
    """Run one of the project's Python programs against the test cluster's own database."""
    with checking.test_database() as env:
        return subprocess.call([VENV_PYTHON, *arguments], cwd=ROOT, env=env)


def _tool(arguments: list[str]) -> int:
    """Run a Python program of the environment that needs no database."""
    return subprocess.call([VENV_PYTHON, *arguments], cwd=ROOT)


def _format(_arguments: list[str]) -> int:
    tidy = subprocess.call([VENV / "bin" / "ruff", "check", "--fix", "--quiet", "."], cwd=ROOT)
    return subprocess.call([VENV / "bin" / "ruff", "format", "."], cwd=ROOT) or tidy


def _database(_arguments: list[str]) -> int:
    private = cluster.named(serving.CLUSTER)
    with console.step("Starting PostgreSQL"):
        cluster.ensure_running(private)
        database.ensure_database(private.url(database.DATABASE))
        database.remember(private)
    console.say(f"The database runs: DATABASE_URL={private.url(database.DATABASE)}")
    console.say("make stop stops it.")
    return 0


def _stop(_arguments: list[str]) -> int:
    served = supervisor.stop_running()
    private = cluster.named(serving.CLUSTER)
    ran = cluster.is_running(private)
    cluster.stop(private)
    console.say("Stopped." if served or ran else "Nothing was running.")
    return 0


def _reset(_arguments: list[str]) -> int:
    """Back to a fresh clone as far as data goes; packages stay."""
    supervisor.stop_running()
    for name in (serving.CLUSTER, checking.CLUSTER):
        cluster.remove(cluster.named(name))
    kept = {LOCAL / "bin", LOCAL / "debian", LOCAL / "cache", STAMPS, LOCAL / "setup.lock"}
    for path in set(LOCAL.iterdir()) - kept:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    console.say("The private databases, the demo accounts and the logs are gone.")
    return 0


_PAPERS = [debian.PANGO, debian.FONT]
_TEST_TOOLS = [debian.BROWSER, *_PAPERS, debian.GETTEXT]

VERBS: dict[str, Verb] = {
    "run": Verb(run=serving.run, preflight=_before_run, extra=_PAPERS),
    "test": Verb(run=_test, development=True, extra=_TEST_TOOLS),
    "check": Verb(run=_check, development=True, extra=[debian.GETTEXT]),
    "python": Verb(run=_manage, development=True, extra=_TEST_TOOLS),
    "tool": Verb(run=_tool, development=True),
    "browse": Verb(run=_tool, development=True, extra=_TEST_TOOLS),
    "fmt": Verb(run=_format, development=True),
    "db": Verb(run=_database),
    "stop": Verb(run=_stop, alone=True),
    "reset": Verb(run=_reset, alone=True),
}
