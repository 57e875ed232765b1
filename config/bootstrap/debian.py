"""Debian packages: installed by root or with sudo; otherwise unpacked under ``.local/debian``."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.bootstrap import shell, unpacking
from config.bootstrap.console import say, step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import DEBIAN, TOOLS, VENV_PYTHON

_SYSTEM = Path("/")
_CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """Something only a Debian package brings."""

    packages: tuple[str, ...]
    purpose: str
    present: Callable[[], bool]


def postgres_prefix() -> Path | None:
    """Root of the tree holding PostgreSQL 15 with PostGIS: ``/``, ``.local/debian`` or neither."""
    for prefix in (_SYSTEM, DEBIAN):
        binary = prefix / "usr/lib/postgresql/15/bin/postgres"
        control = prefix / "usr/share/postgresql/15/extension/postgis.control"
        if binary.exists() and control.exists():
            return prefix
    return None


def _has_tool(name: str) -> bool:
    return shutil.which(name) is not None or (TOOLS / name).exists()


def _can_make_venv() -> bool:
    unpacked = any(DEBIAN.glob("usr/share/python-wheels/pip-*.whl"))
    return bool(importlib.util.find_spec("ensurepip")) or VENV_PYTHON.exists() or unpacked


def _pango_prefix() -> Path | None:
    """Root of the tree holding the text layout that WeasyPrint loads, or None."""
    names = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
    for prefix in (_SYSTEM, DEBIAN):
        if all(any(prefix.glob(f"usr/lib/*/{name}")) for name in names):
            return prefix
    return None


def papers_environment() -> dict[str, str]:
    """What a process needs to find an unpacked Pango and the fonts; nothing where Debian did."""
    if _pango_prefix() != DEBIAN:
        return {}
    libraries = unpacking.environment()["LD_LIBRARY_PATH"]
    return {"LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(unpacking.font_settings())}


def _has_dejavu() -> bool:
    return any((p / "usr/share/fonts/truetype/dejavu").is_dir() for p in (_SYSTEM, DEBIAN))


VENV_MODULE = Requirement(
    packages=("python3-venv",),
    purpose="makes the virtual environment",
    present=_can_make_venv,
)
POSTGIS = Requirement(
    packages=("postgresql-15", "postgresql-15-postgis-3"),
    purpose="the private database",
    present=lambda: postgres_prefix() is not None,
)
BROWSER = Requirement(
    packages=("chromium",),
    purpose="the browser of the tests",
    present=lambda: _has_tool("chromium"),
)
FONT = Requirement(
    packages=("fonts-dejavu-core",),
    purpose="Cyrillic letters in papers and in that browser",
    present=_has_dejavu,
)
PANGO = Requirement(
    packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    purpose="lays out the papers of an exchange (PDF)",
    present=lambda: _pango_prefix() is not None,
)
GETTEXT = Requirement(
    packages=("gettext",),
    purpose="finds messages that lack a translation",
    present=lambda: _has_tool("xgettext"),
)


def ensure(requirements: list[Requirement]) -> None:
    """Install, or unpack, the packages of the requirements not met yet, saying which and why.

    Raises SetupError when a package cannot be had.
    """
    missing = [requirement for requirement in requirements if not requirement.present()]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        names = ", ".join(name for requirement in missing for name in requirement.packages)
        raise SetupError(f"This is not Debian; install what its packages {names} hold yourself.")
    rights = _rights()
    say("Debian packages " + ("to install:" if rights is not None else f"to unpack in {DEBIAN}:"))
    for requirement in missing:
        say(f"  {' '.join(requirement.packages)}: {requirement.purpose}")
    packages = [name for requirement in missing for name in requirement.packages]
    if rights is None:
        unpacking.unpack(packages)
    else:
        _install(packages, rights)
    for requirement in missing:
        if not requirement.present():
            names = " ".join(requirement.packages)
            raise SetupError(f"{names} came, but what it brings is not in its place.")


def _rights() -> list[str] | None:
    """The command prefix that makes apt-get install: none for root, sudo, or None: not allowed."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if shell.succeeds(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    if sys.stdin.isatty():
        say("Installing Debian packages needs sudo; three wrong passwords: they are unpacked here.")
        if os.system("sudo -v") == 0:  # noqa: S605 - a fixed command that must own the terminal
            return ["sudo", "-n"]
    return None


def _install(packages: list[str], rights: list[str]) -> None:
    quiet = [*rights, "env", "DEBIAN_FRONTEND=noninteractive"]
    with step("Reading Debian's package lists") as current:
        shell.run([*quiet, "apt-get", "update"], purpose="apt-get update", step=current)
    if "postgresql-15" in packages and not _CREATE_CLUSTER.exists():
        # Only the programs are wanted: no server of the whole machine on port 5432.
        order = f"mkdir -p {_CREATE_CLUSTER.parent}; echo create_main_cluster=false >"
        shell.run(
            [*quiet, "sh", "-c", f"{order} {_CREATE_CLUSTER}"],
            purpose="Keeping Debian from starting a server of its own",
        )
    with step("Installing Debian packages") as current:
        shell.run(
            [
                *quiet,
                "apt-get",
                "install",
                "-y",
                "--no-install-recommends",
                "-o",
                "Dpkg::Options::=--force-confold",
                *packages,
            ],
            purpose="apt-get install",
            step=current,
        )
