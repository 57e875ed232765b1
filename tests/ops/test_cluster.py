"""The private cluster and the processes beside it, started and stopped for real."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config.bootstrap import cluster, database, debian, supervisor
from config.bootstrap.errors import SetupError

pytestmark = pytest.mark.slow


@pytest.fixture
def private() -> Iterator[cluster.Cluster]:
    """A cluster of its own, where the database's user can reach it."""
    if debian.postgres_prefix() is None:
        pytest.skip("needs PostgreSQL 15 with PostGIS, which make test brings")
    home = Path(tempfile.mkdtemp(dir="/var/tmp", prefix="symbiosis-test-"))
    home.chmod(0o755)
    owner, group = cluster._unprivileged_user() if os.geteuid() == 0 else (None, None)
    made = cluster.Cluster(home=home / "pg", sockets=home / "socket", owner=owner, group=group)
    yield made
    cluster.remove(made)
    shutil.rmtree(home)


def ask(private: cluster.Cluster, sql: str) -> str:
    connection = psycopg2.connect(**database.parameters(private.url("x"), "postgres"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


def test_life_of_a_cluster(private: cluster.Cluster) -> None:
    """Made once, durable, Cyrillic, closed to others and to the network; kept over a restart."""
    assert cluster.ensure_running(private) is True
    assert cluster.ensure_running(private) is False
    assert {ask(private, f"SHOW {name}") for name in ("fsync", "full_page_writes")} == {"on"}
    assert ask(private, "SHOW synchronous_commit") == "on"
    assert ask(private, "SHOW listen_addresses") == ""
    assert ask(private, "SELECT lower('СТЪРГОТИНИ')") == "стърготини"
    assert private.sockets.stat().st_mode & 0o077 == 0
    server = int((private.data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{server}").stat().st_uid != 0

    database.ensure_database(private.url("market"))
    database.ensure_database(private.url("market"))
    assert ask(private, "SELECT count(*) FROM pg_database WHERE datname = 'market'") == "1"

    cluster.stop(private)
    assert not cluster.is_running(private)
    cluster.stop(private)
    cluster.ensure_running(private)
    assert ask(private, "SELECT count(*) FROM pg_database WHERE datname = 'market'") == "1"


def test_folder_of_somebody_else_is_refused(private: cluster.Cluster) -> None:
    private.sockets.mkdir(mode=0o755)
    private.sockets.chmod(0o755)
    with pytest.raises(SetupError, match="must belong to the database's user alone"):
        cluster.ensure_running(private)


def test_broken_cluster_is_told_with_postgresql_s_own_words(private: cluster.Cluster) -> None:
    cluster.ensure_running(private)
    cluster.stop(private)
    (private.data / "postgresql.conf").write_text("include 'symbiosis.conf'\nno_such = 1\n")
    with pytest.raises(SetupError, match=r"did not start: .*configuration"):
        cluster.ensure_running(private)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must hand the cluster to another user")
def test_root_keeps_data_where_the_database_s_user_can_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for root, reachable in ((home, False), (Path("/"), True)):
        monkeypatch.setattr(cluster, "ROOT", root)
        monkeypatch.setattr(cluster, "LOCAL", root)
        made = cluster.named("market")
        assert made.home.is_relative_to("/var/lib") is not reachable
        assert made.owner in {pwd.getpwnam(name).pw_uid for name in ("postgres", "nobody")}


def test_unreachable_server_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE_SECONDS", 0.5)
    with pytest.raises(SetupError, match="does not answer"):
        database.ensure_database("postgis://market@127.0.0.1:1/market")


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A supervisor's files kept out of the clone's own, and its signal handlers undone."""
    monkeypatch.setattr(supervisor, "LOGS", tmp_path)
    monkeypatch.setattr(supervisor, "PROCESSES_FILE", tmp_path / "processes.json")
    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in watched}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_site_and_worker_start_answer_and_stop(playground: Path) -> None:
    port = free_port()
    env = {**os.environ, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "config.settings.base"}
    site = supervisor.Supervisor(port=port, env=env)
    try:
        site.start()
        recorded = json.loads((playground / "processes.json").read_text())
        assert set(recorded) == {
            *("supervisor", "web", "worker", "matcher", "follow-up", "webhooks", "federation"),
        }
        assert supervisor.answers(port)
    finally:
        site.stop()
    assert not supervisor.answers(port)
    assert not [pid for name, pid in recorded.items() if name != "supervisor" and alive(pid)]
    assert not (playground / "processes.json").exists()


def test_site_that_cannot_start_is_one_sentence(playground: Path) -> None:
    env = {**os.environ, "PORT": "not a port"}
    site = supervisor.Supervisor(port=free_port(), env=env)
    with pytest.raises(SetupError, match=r"The web server did not start: ValueError"):
        site.start()
    site.stop()


def test_a_worker_that_dies_is_started_anew_with_longer_pauses(
    playground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE_SECONDS", 0.05)
    starts = playground / "starts"
    dies_twice = (
        "import pathlib, time; log = pathlib.Path('starts'); log.open('a').write('x');"
        "time.sleep(60) if len(log.read_text()) > 2 else exit('no queue')"
    )
    monkeypatch.setattr(supervisor, "ROOT", playground)
    site = supervisor.Supervisor(port=free_port(), env={**os.environ})
    worker = site._launch("worker", [sys.executable, "-c", dies_twice])
    watching = threading.Thread(target=site.watch)
    watching.start()
    try:
        until = time.monotonic() + 60
        while not starts.exists() or len(starts.read_text()) < 3:
            assert watching.is_alive(), "the watch gave up"
            assert time.monotonic() < until, "the worker was not started anew"
            time.sleep(0.05)
        assert worker.process.poll() is not None
        assert worker.rest() == pytest.approx(0.05 * 4)
    finally:
        site._asked_to_stop = True
        watching.join()
        site.stop()


def test_the_market_ends_with_its_web_server(playground: Path) -> None:
    site = supervisor.Supervisor(port=free_port(), env={**os.environ})
    site._launch("web", [sys.executable, "-c", "raise SystemExit('no memory')"])
    with pytest.raises(SetupError, match="The web process ended: no memory"):
        site.watch()


def test_stop_ends_what_an_earlier_start_left_and_nothing_else(
    playground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = subprocess.Popen(sleep, cwd=playground)
    other = subprocess.Popen(sleep, cwd="/")
    try:
        monkeypatch.setattr(supervisor, "ROOT", playground.resolve())
        processes = {"web": ours.pid, "worker": other.pid}
        (playground / "processes.json").write_text(json.dumps(processes))
        time.sleep(0.2)
        assert supervisor.stop_running() is True
        assert ours.wait(5) == -signal.SIGTERM
        assert other.poll() is None
        assert supervisor.stop_running() is False
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
