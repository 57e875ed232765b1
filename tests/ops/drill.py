"""A market on a cluster of its own behind a real web server, for drills that stop the database."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connection

from config.bootstrap import cluster, database

HANG_SECONDS = 5.0
MARKET = "drill"


@dataclass(frozen=True)
class Answer:
    """Status 0: no answer at all within the time."""

    path: str
    status: int
    seconds: float
    headers: dict[str, str]
    body: bytes


@dataclass
class Market:
    """The cluster, the port of its server, and everything that was answered."""

    private: cluster.Cluster
    port: int
    token: str
    answers: list[Answer] = field(default_factory=list)

    def ask(self, path: str, body: Any = None, key: str = "") -> Answer:
        headers = {"Accept-Language": "en"}
        if path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers |= {"Idempotency-Key": key, "Content-Type": "application/json"}
        began = time.monotonic()
        line = HTTPConnection("127.0.0.1", self.port, timeout=HANG_SECONDS)
        try:
            line.request("POST" if key else "GET", path, json.dumps(body) if key else None, headers)
            got = line.getresponse()
            told = got.status, dict(got.headers), got.read()
        except (OSError, HTTPException):
            told = 0, {}, b""
        finally:
            line.close()
        answer = Answer(path, told[0], time.monotonic() - began, told[1], told[2])
        self.answers.append(answer)
        return answer

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a statement, on a connection of its own."""
        line = psycopg2.connect(**database.parameters(self.private.url(MARKET), MARKET))
        try:
            line.autocommit = True
            with line.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            line.close()

    def crash(self) -> None:
        """The server stops at once, as when it is killed: nothing is flushed or finished."""
        cluster._control(self.private, "stop", "-m", "immediate", "-t", "30")

    def start(self) -> None:
        cluster.ensure_running(self.private)

    def wait_until(self, path: str, status: int, seconds: float) -> float:
        """Ask until the status is answered; how long that took."""
        began = time.monotonic()
        while self.ask(path).status != status:
            assert time.monotonic() - began < seconds, f"{path} is not {status}"
            time.sleep(0.05)
        return time.monotonic() - began


@dataclass
class Writer(threading.Thread):
    """Adds sites one after another; repeats each under its key until it is acknowledged."""

    market: Market
    acknowledged: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        while not self.stopping.is_set():
            name = f"drill-{uuid.uuid4()}"
            self.sent.append(name)
            body = {
                "name": name,
                "external_id": name,
                "location": {"type": "Point", "coordinates": [23.3, 42.7]},
            }
            while not self.stopping.is_set():
                answer = self.market.ask("/api/v1/sites", body, key=name)
                if answer.status == 201:
                    self.acknowledged.append(name)
                    break
                time.sleep(0.05)

    def wait_for(self, more: int, seconds: float = 60) -> None:
        """Until so many more are acknowledged."""
        wanted, until = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < until, "the writer does not get on"
            time.sleep(0.02)

    def finish(self) -> None:
        self.stopping.set()
        self.join(timeout=30)


class Reader(threading.Thread):
    """Asks the same pages over and over."""

    def __init__(self, market: Market, paths: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.market, self.paths, self.stopping = market, paths, threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            for path in self.paths:
                self.market.ask(path)
                time.sleep(0.02)

    def finish(self) -> None:
        self.stopping.set()
        self.join(timeout=30)


@contextmanager
def copied_cluster() -> Iterator[cluster.Cluster]:
    """A private cluster with a copy of this test's database."""
    home = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="symbiosis-drill-"))
    home.chmod(0o755)
    owner, group = cluster._unprivileged_user() if os.geteuid() == 0 else (None, None)
    private = cluster.Cluster(home=home / "pg", sockets=home / "socket", owner=owner, group=group)
    try:
        cluster.ensure_running(private)
        database.ensure_database(private.url(MARKET))
        _copy_into(private)
        yield private
    finally:
        cluster.remove(private)
        shutil.rmtree(home, ignore_errors=True)


def _copy_into(private: cluster.Cluster) -> None:
    of = connection.settings_dict
    programs, env = cluster._programs(), {**os.environ, **cluster._environment()}
    if of["PASSWORD"]:
        env["PGPASSWORD"] = str(of["PASSWORD"])
    place = ["-h", str(of["HOST"]), "-p", str(of["PORT"] or 5432), "-U", str(of["USER"])]
    taken = subprocess.run(
        [str(programs / "pg_dump"), *place, "--no-owner", str(of["NAME"])],
        env=env,
        capture_output=True,
        check=True,
    )
    into = ["-h", str(private.sockets), "-U", cluster.SUPERUSER, "-d", MARKET, "-q"]
    subprocess.run(
        [str(programs / "psql"), *into],
        env=env,
        input=taken.stdout,
        capture_output=True,
        check=True,
    )


@contextmanager
def served(
    private: cluster.Cluster, token: str, module: str = "config.settings.test"
) -> Iterator[Market]:
    """The market of a cluster behind gunicorn with the product's configuration."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    env = {
        **os.environ,
        "DATABASE_URL": private.url(MARKET),
        "DJANGO_SETTINGS_MODULE": module,
        "PORT": str(port),
        "API_RATE_CALLER": "1000000/min",
        "API_RATE_ANONYMOUS": "1000000/min",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "--workers", "1"]
    server = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    market = Market(private, port, token)
    try:
        market.wait_until("/healthz", 200, 120)
        market.wait_until("/", 200, 120)
        market.answers.clear()
        yield market
    finally:
        server.terminate()
        server.wait(timeout=60)
