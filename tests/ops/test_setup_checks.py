"""What stops set-up early, and what it remembers: sentences, stamps, names, listings."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from environ import Env

from config.bootstrap import (
    checks,
    cluster,
    database,
    debian,
    frontend,
    shell,
    stamps,
    unpacking,
    venv,
)
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import ROOT
from config.bootstrap.verbs import VERBS


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_busy_port_is_named_with_the_way_out(busy_port: int) -> None:
    with pytest.raises(SetupError, match=rf"Port {busy_port} is already in use.*PORT="):
        checks.port_free(busy_port)


def test_port_becomes_free(busy_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    checks.port_free(free)


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1", "80.5"])
def test_senseless_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SetupError, match="PORT must be a number"):
        checks.chosen_port()


@pytest.mark.parametrize(("text", "port"), [("", 8000), ("8111", 8111), (" 9000 ", 9000)])
def test_port_comes_from_the_environment(
    text: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", text)
    assert checks.chosen_port() == port


def test_full_disk_is_told_in_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 12_000_000})
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(SetupError, match="12 MB free"):
        checks.disk_space()


def test_other_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    checks.python_version()
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SetupError, match=r"3\.11 is needed.* is 3\.9"):
        checks.python_version()


def test_make_run_on_a_busy_port_says_one_sentence_and_fails(busy_port: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.bootstrap", "run"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(busy_port)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if line.startswith("make run stopped")]
    assert len(told) == 1
    assert f"Port {busy_port} is already in use" in told[0]
    assert "Traceback" not in done.stdout + done.stderr


def test_unknown_verb_lists_the_known() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.bootstrap", "fly"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "run" in done.stdout


def test_failing_program_becomes_a_sentence_with_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "SETUP_LOG", tmp_path / "setup.log")
    with pytest.raises(SetupError, match=r"Counting failed: no more numbers$"):
        shell.run(["sh", "-c", "echo one; echo no more numbers; exit 3"], purpose="Counting")
    assert "one\nno more numbers\n" in (tmp_path / "setup.log").read_text()
    with pytest.raises(SetupError, match="Flying failed"):
        shell.run([tmp_path / "no-such-program"], purpose="Flying")


def test_stamp_is_current_until_what_it_stands_for_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    lock = tmp_path / "lock.txt"
    lock.write_text("a==1")
    before = stamps.digest(files=[lock])
    assert not stamps.is_current("venv", before)
    stamps.write("venv", before)
    assert stamps.is_current("venv", before)
    lock.write_text("a==2")
    assert not stamps.is_current("venv", stamps.digest(files=[lock]))
    stamps.forget("venv")
    assert not stamps.is_current("venv", before)


def test_linked_environment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linked = tmp_path / ".venv"
    linked.symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(venv, "VENV", linked)
    monkeypatch.setattr(venv, "_create", lambda: pytest.fail("touched a linked environment"))
    venv.ensure(development=True)


def test_front_end_files_are_copied_with_licence_and_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "node_modules" / "maps"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text('{"version": "6.4.1"}')
    (package / "dist" / "maps.mjs").write_text("export {};")
    description = tmp_path / "package.json"
    description.write_text(json.dumps({"vendor": {"maps": ["dist/maps.mjs"]}}))
    vendor = tmp_path / "vendor"
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    monkeypatch.setattr(frontend, "_DESCRIPTION", description)
    monkeypatch.setattr(frontend, "VENDOR", vendor)
    monkeypatch.setattr(frontend, "MANIFEST", vendor / "manifest.json")
    with pytest.raises(SetupError, match=r"maps 6\.4\.1 holds no licence"):
        frontend._copy()
    (package / "LICENSE.txt").write_text("Free.")
    frontend._copy()
    copied = {path.name for path in (vendor / "maps").iterdir()}
    assert copied == {"maps.mjs", "LICENSE.txt"}
    manifest = json.loads((vendor / "manifest.json").read_text())
    assert manifest["maps"]["version"] == "6.4.1"
    assert set(manifest["maps"]["sha256"]) == copied


def test_requirements_leave_postgresql_out_where_a_server_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgis://market@db.example/market")
    assert debian.POSTGIS not in VERBS["run"].requirements()
    monkeypatch.delenv("DATABASE_URL")
    assert debian.POSTGIS in VERBS["run"].requirements()
    assert debian.BROWSER in VERBS["test"].requirements()
    assert debian.BROWSER not in VERBS["run"].requirements()


SIMULATED = """\
Inst libproj25 (9.1.1-1+b1 Debian:12.11/stable [amd64]) []
Inst libgdal32 (3.6.2+dfsg-1+b2 Debian:12.11/stable [amd64]) []
Inst poppler-data (0.4.12-1 Debian:12.11/stable [all])
Inst postgresql-15 [15.12-0] (15.18-0+deb12u1 Debian-Security:12/stable [amd64])
Inst postgresql-15-postgis-3 (3.3.2+dfsg-1+b1 Debian:12.11/stable [amd64])
Conf libproj25 (9.1.1-1+b1 Debian:12.11/stable [amd64])
"""
DEPENDS = {
    "postgresql-15": "postgresql-15\n  Depends: libc6\n  Depends: postgresql-common\n",
    "postgresql-15-postgis-3": "postgis\n  Depends: libgdal32\n |Depends: libproj25\n",
    "libproj25": "libproj25\n  Depends: proj-data\n",
    "libgdal32": "libgdal32\n  Depends: poppler-data\n",
}


def test_unpacked_packages_are_the_libraries_that_lack_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(arguments: list[str], *, purpose: str) -> str:
        if arguments[0] == "apt-get":
            return SIMULATED
        return "".join(DEPENDS.get(name, "") for name in arguments)

    monkeypatch.setattr(unpacking.shell, "run", answer)
    found = unpacking._closure(["postgresql-15", "postgresql-15-postgis-3"], [])
    assert found == [
        "libproj25=9.1.1-1+b1",
        "postgresql-15=15.18-0+deb12u1",
        "postgresql-15-postgis-3=3.3.2+dfsg-1+b1",
    ]
    with pytest.raises(SetupError, match="offer no chromium"):
        unpacking._closure(["chromium"], [])


@pytest.mark.parametrize("folder", ["/srv/market/pg", "/srv/my market/пазар"])
def test_address_of_a_private_cluster_is_read_back(folder: str) -> None:
    private = cluster.Cluster(home=Path("/x"), sockets=Path(folder), owner=None, group=None)
    read = Env.db_url_config(private.url("symbiosis"))
    assert (read["HOST"], read["USER"], read["NAME"]) == (folder, "symbiosis", "symbiosis")
    assert database.parameters(private.url("a"), "b") == {
        "connect_timeout": "5",
        "user": "symbiosis",
        "host": folder,
        "dbname": "b",
    }


def test_socket_folder_of_a_deep_clone_is_moved_where_its_path_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster.os, "geteuid", lambda: 1000)
    assert cluster.named("market").sockets == cluster.LOCAL / "cluster" / "market" / "socket"
    monkeypatch.setattr(cluster, "LOCAL", Path("/home") / ("deep" * 30) / ".local")
    deep = cluster.named("market")
    assert deep.home.is_relative_to(cluster.LOCAL)
    assert len(str(deep.sockets / ".s.PGSQL.5432")) <= 107
    assert deep.sockets != cluster.named("tests").sockets


def test_help_lists_every_verb_and_ci_calls_make_test_alone() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = {line.split()[1] for line in shown.stdout.splitlines() if "make " in line}
    assert set(VERBS) - {"python", "tool", "browse"} <= targets
    orders = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert orders == ["exec make test"]
