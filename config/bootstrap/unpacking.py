"""Debian packages without privileges: downloaded by apt-get and unpacked under ``.local/debian``.

Only PostgreSQL's and PostGIS's own libraries are fetched, not all their packages depend on: the
raster and 3-D extensions (GDAL, SFCGAL), the query compiler (LLVM) and the Debian wrapper scripts
(Perl) are left out, which keeps 50 of 150 MB.
"""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path

from config.bootstrap import shell
from config.bootstrap.console import step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import DEBIAN, LOCAL, TOOLS

_NOT_FOLLOWED = {
    "adduser", "debconf", "libgdal32", "libllvm14", "libsfcgal1", "locales", "perl", "perl-base",
    "postgresql-client-common", "postgresql-common", "python3", "python3.11", "ssl-cert",
    "sysvinit-utils", "tzdata", "ucf",
}  # fmt: skip
_HARD_DEPENDENCIES_ONLY = [
    f"--no-{kind}"
    for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
]
_INSTALL_LINE = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", re.MULTILINE)


def unpack(packages: list[str]) -> None:
    """Download the packages and the libraries they lack on this machine; unpack all of them."""
    archives = LOCAL / "cache" / "debian"
    archives.mkdir(parents=True, exist_ok=True)
    options = _apt_options(packages)
    wanted = _closure(packages, options)
    with step(f"Downloading {len(wanted)} Debian packages") as current:
        shell.run(
            ["apt-get", *options, "download", *wanted],
            purpose="apt-get download",
            step=current,
            cwd=archives,
        )
    with step(f"Unpacking {len(wanted)} Debian packages"):
        for archive in sorted(archives.glob("*.deb")):
            shell.run(["dpkg", "-x", archive, DEBIAN], purpose=f"Unpacking {archive.name}")
            archive.unlink()
    _name_extensions()
    if "chromium" in packages:
        _wrap("chromium", DEBIAN / "usr/lib/chromium/chromium")
    if "gettext" in packages:
        for name in ("xgettext", "msgmerge", "msgfmt", "msguniq", "msgattrib"):
            _wrap(name, DEBIAN / "usr/bin" / name)


def environment() -> dict[str, str]:
    """What an unpacked program needs to find its libraries and the map projections."""
    folders = [DEBIAN / "usr/lib" / _triplet(), DEBIAN / "lib" / _triplet()]
    return {
        "LD_LIBRARY_PATH": os.pathsep.join(map(str, folders)),
        "PROJ_DATA": str(DEBIAN / "usr/share/proj"),
    }


def _triplet() -> str:
    return str(sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu")


def _apt_options(packages: list[str]) -> list[str]:
    """None where this machine's package lists know the packages, else lists of our own."""
    known = shell.run(["apt-cache", "policy", *packages], purpose="apt-cache policy")
    if known.count("Candidate: ") - known.count("Candidate: (none)") == len(packages):
        return []
    state = LOCAL / "cache" / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    options = [
        "-o", f"Dir::State::Lists={state / 'lists'}",
        "-o", f"Dir::Cache={state}",
        "-o", f"Dir::Cache::Archives={state / 'archives'}",
    ]  # fmt: skip
    with step("Reading Debian's package lists") as current:
        shell.run(["apt-get", *options, "update"], purpose="apt-get update", step=current)
    return options


def _closure(packages: list[str], options: list[str]) -> list[str]:
    """``name=version`` of the packages and of the libraries among what apt would install."""
    simulated = shell.run(
        ["apt-get", *options, "-s", "install", "--no-install-recommends", *packages],
        purpose="Finding the Debian packages needed",
    )
    versions = dict(_INSTALL_LINE.findall(simulated))
    lost = [name for name in packages if name not in versions]
    if lost:
        raise SetupError(f"Debian's package lists offer no {', '.join(lost)}.")
    reached: set[str] = set()
    fresh = set(packages)
    while fresh:
        reached |= fresh
        depends = shell.run(
            ["apt-cache", *options, "depends", *_HARD_DEPENDENCIES_ONLY, *sorted(fresh)],
            purpose="Reading what Debian packages depend on",
        )
        named = set(re.findall(r"[a-z0-9][a-z0-9+.-]+", depends))
        fresh = (named & versions.keys()) - reached - _NOT_FOLLOWED
    return [f"{name}={versions[name]}" for name in sorted(reached)]


def _name_extensions() -> None:
    """PostGIS's ``postgis-3.control`` gets the name PostgreSQL asks for (dpkg's scripts would)."""
    for control in DEBIAN.glob("usr/share/postgresql/15/extension/*-3.control"):
        plain = control.with_name(control.name.replace("-3.control", ".control"))
        if not plain.exists():
            plain.symlink_to(control.name)


def font_settings() -> Path:
    """The file that tells fontconfig of the unpacked fonts."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    fonts = TOOLS / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f"<dir>{DEBIAN}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{LOCAL}/cache/fonts</cachedir></fontconfig>\n"
    )
    return fonts


def _wrap(name: str, program: Path) -> None:
    """A command in ``.local/bin`` that starts an unpacked program with what it needs."""
    fonts = font_settings()
    wrapper = TOOLS / name
    wrapper.write_text(
        "#!/bin/sh\n"
        f'export LD_LIBRARY_PATH="{environment()["LD_LIBRARY_PATH"]}"\n'
        f'export FONTCONFIG_FILE="{fonts}" GETTEXTDATADIRS="{DEBIAN}/usr/share"\n'
        f'exec "{program}" "$@"\n'
    )
    wrapper.chmod(0o755)
