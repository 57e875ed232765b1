"""``make run``: the database, the market's data, then the site until Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess

from config.bootstrap import checks, cluster, database, supervisor
from config.bootstrap.console import say, step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import DEMO_FILE, LOGS, ROOT, VENV_PYTHON

CLUSTER = "market"


def run(_arguments: list[str]) -> int:
    """Serve until asked to stop; what was started here is stopped here, also after a failure."""
    port = checks.chosen_port()
    checks.port_free(port)
    private = None if database.chosen_url() else cluster.named(CLUSTER)
    started = False
    try:
        if private is not None:
            with step("Starting PostgreSQL"):
                started = cluster.ensure_running(private)
        _serve(private, port)
    finally:
        if private is not None and started:
            with step("Stopping PostgreSQL"):
                cluster.stop(private)
    return 0


def _serve(private: cluster.Cluster | None, port: int) -> None:
    url = database.chosen_url() if private is None else private.url(database.DATABASE)
    database.ensure_database(url)
    if private is not None:
        database.remember(private)
    env = {**os.environ, "PORT": str(port)}
    _prepare(env)
    site = supervisor.Supervisor(port=port, env=env)
    try:
        with step("Starting the web server and the worker"):
            site.start()
        _introduce(port)
        site.watch()
    finally:
        say("Stopping ...")
        site.stop()


def _prepare(env: dict[str, str]) -> None:
    """Schema, reference data, demo market, proposals, static files: what is not there yet."""
    code = subprocess.call([VENV_PYTHON, "manage.py", "prepare"], cwd=ROOT, env=env)
    if code:
        raise SetupError(f"the market could not be prepared; see {LOGS / 'prepare.log'}")


def _introduce(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    say()
    say("The market is open (Ctrl-C closes it):")
    for path, meaning in (
        ("/map/", "the match map: sites, and proposed exchanges between them"),
        ("/api/v1/openapi.json", "the interface for programs"),
        ("/admin/", "the secretariat's own pages"),
    ):
        say(f"  {base + path:<44} {meaning}")
    if DEMO_FILE.exists():
        _introduce_accounts(json.loads(DEMO_FILE.read_text()))


def _introduce_accounts(demo: dict[str, list[dict[str, str]]]) -> None:
    say()
    say(f"Demo accounts (fictional firms; also in {DEMO_FILE.relative_to(ROOT)}):")
    for user in demo.get("users", []):
        where = ", ".join(filter(None, (user.get("organisation"), user.get("region"))))
        say(f"  {user['email']:<38} {user['password']:<22} {user['role']}: {where}")
    for client in demo.get("clients", []):
        say(f"  API client {client['client_id']} with the secret in that file")
    say()
