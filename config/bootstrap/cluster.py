"""The private PostgreSQL 15 cluster: one for the market, one for the tests.

It listens on a Unix socket alone, in a folder only its owner may enter, so that it needs neither
a password nor a free port and stands beside any other PostgreSQL of the machine. Root may not run
PostgreSQL: then it runs as ``postgres`` (or ``nobody``), and its files lie where that user can
reach them even when the clone is below a closed home folder.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.bootstrap import debian, shell, unpacking
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import DEBIAN, LOCAL, ROOT

SUPERUSER = "symbiosis"
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
"""Bytes; a socket's whole path is limited to 107."""

_SETTINGS = """\
# Written at every start by config/bootstrap/cluster.py.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = {shared_megabytes}MB
effective_cache_size = {cache_megabytes}MB
work_mem = 32MB
maintenance_work_mem = 256MB
random_page_cost = 1.1
jit = off
max_connections = 60
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
log_line_prefix = '%m %a '
log_min_duration_statement = 2000
"""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster's places and the user it runs as (None: whoever runs set-up)."""

    home: Path
    sockets: Path
    owner: int | None
    group: int | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def url(self, database: str) -> str:
        """What DATABASE_URL must say to reach a database of this cluster."""
        return f"postgis://{SUPERUSER}@/{quote(str(self.sockets))}/{database}"


def named(name: str) -> Cluster:
    """The cluster of this clone with that name (``market``, ``tests``)."""
    mark = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    home = LOCAL / "cluster" / name
    owner, group = (None, None)
    if os.geteuid() == 0:
        owner, group = _unprivileged_user()
        if not shell.succeeds(["test", "-x", ROOT, "-a", "-x", LOCAL], user=owner):
            home = Path("/var/lib") / f"symbiosis-{mark}" / name
    sockets = home / "socket"
    if len(os.fsencode(sockets)) > _LONGEST_SOCKET_FOLDER:
        sockets = Path(tempfile.gettempdir()) / f"symbiosis-{os.geteuid()}-{mark}-{name}"
    return Cluster(home=home, sockets=sockets, owner=owner, group=group)


def ensure_running(cluster: Cluster) -> bool:
    """Create the cluster if need be and start it; False when it was running already."""
    if is_running(cluster):
        return False
    for folder in (cluster.home, cluster.sockets):
        _own_folder(folder, cluster)
    if not (cluster.data / "PG_VERSION").exists():
        _create(cluster)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_048_576
    settings = _SETTINGS.format(
        sockets=str(cluster.sockets).replace("'", "''"),
        shared_megabytes=max(64, min(1_024, memory // 16)),
        cache_megabytes=max(256, memory // 3),
    )
    (cluster.data / "symbiosis.conf").write_text(settings)
    try:
        _control(cluster, "start", "-l", str(cluster.log), "-t", "60")
    except SetupError as error:
        raise SetupError(
            f"PostgreSQL did not start: {_last_line(cluster.log)} (its log: {cluster.log})"
        ) from error
    return True


def is_running(cluster: Cluster) -> bool:
    return (cluster.data / "postmaster.pid").exists() and shell.succeeds(
        _as_arguments(cluster, "status"), user=cluster.owner, extra_env=_environment()
    )


def stop(cluster: Cluster) -> None:
    """Stop the cluster, rolling back what is under way; nothing where it does not run."""
    if is_running(cluster):
        _control(cluster, "stop", "-m", "fast", "-t", "60")


def remove(cluster: Cluster) -> None:
    """Stop the cluster and delete all its data."""
    stop(cluster)
    shutil.rmtree(cluster.home, ignore_errors=True)
    shutil.rmtree(cluster.sockets, ignore_errors=True)
    if cluster.home.parent.parent == Path("/var/lib"):
        shutil.rmtree(cluster.home.parent, ignore_errors=True)


def _unprivileged_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise SetupError("PostgreSQL may not run as root, and there is no user postgres or nobody.")


def _own_folder(folder: Path, cluster: Cluster) -> None:
    """Make a folder that only the cluster's user may enter; refuse one that is another's."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    owner = os.geteuid() if cluster.owner is None else cluster.owner
    if os.geteuid() == 0 and cluster.owner is not None and cluster.group is not None:
        os.chown(folder, cluster.owner, cluster.group)
    state = folder.stat()
    if state.st_uid != owner or state.st_mode & 0o077:
        raise SetupError(f"{folder} must belong to the database's user alone; remove it.")


def _create(cluster: Cluster) -> None:
    programs = _programs()
    shutil.rmtree(cluster.data, ignore_errors=True)
    shell.run(
        [
            programs / "initdb",
            "-D",
            cluster.data,
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        ],
        purpose="Creating the private PostgreSQL cluster",
        extra_env=_environment(),
        cwd=cluster.home,
        user=cluster.owner,
        group=cluster.group,
    )
    with (cluster.data / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude 'symbiosis.conf'\n")


def _control(cluster: Cluster, action: str, *options: str) -> None:
    shell.run(
        [*_as_arguments(cluster, action), "-w", *options],
        purpose=f"pg_ctl {action}",
        extra_env=_environment(),
        cwd=cluster.home,
        user=cluster.owner,
        group=cluster.group,
    )


def _as_arguments(cluster: Cluster, action: str) -> list[str | Path]:
    return [_programs() / "pg_ctl", action, "-D", cluster.data]


def _programs() -> Path:
    prefix = debian.postgres_prefix()
    if prefix is None:
        raise SetupError("PostgreSQL 15 with PostGIS is not here; make run brings it.")
    return prefix / "usr/lib/postgresql/15/bin"


def _environment() -> dict[str, str]:
    return unpacking.environment() if debian.postgres_prefix() == DEBIAN else {}


def _last_line(log: Path) -> str:
    try:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return lines[-1] if lines else "it wrote no log"
