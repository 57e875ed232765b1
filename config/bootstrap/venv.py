"""The virtual environment, made from a lock file and remade when the lock changes."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from config.bootstrap import shell, stamps
from config.bootstrap.console import step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import DEBIAN, ROOT, VENV, VENV_PYTHON

RUNTIME = ROOT / "requirements" / "runtime.txt"
DEVELOPMENT = ROOT / "requirements" / "dev.txt"
"""Everything of the runtime lock at the same versions, and the tools of the tests."""


def ensure(*, development: bool) -> None:
    """Make or renew ``.venv`` so that it holds the lock's packages; at once when it does.

    A ``.venv`` that is a link was laid there by its owner and is used as it is.
    """
    if VENV.is_symlink():
        return
    runtime, full = (_digest(RUNTIME), _digest(RUNTIME, DEVELOPMENT))
    if _works() and any(
        stamps.is_current("venv", done) for done in ([full] if development else [runtime, full])
    ):
        return
    stamps.forget("venv")
    if not _works():
        with step("Making the virtual environment .venv"):
            _create()
    lock = DEVELOPMENT if development else RUNTIME
    with step(f"Installing Python packages from {lock.relative_to(ROOT)}") as current:
        shell.run(
            [
                VENV_PYTHON,
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--no-input",
                "--requirement",
                lock,
            ],
            purpose="Installing Python packages",
            step=current,
        )
    stamps.write("venv", full if development else runtime)


def _digest(*locks: Path) -> str:
    return stamps.digest(files=locks, also=f"{sys.version} {VENV}")


def _works() -> bool:
    """Its Python still starts (the machine's may have moved) and it has pip."""
    return any(VENV.glob("lib/python3*/site-packages/pip")) and shell.succeeds(
        [VENV_PYTHON, "-S", "-c", ""]
    )


def _create() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip"):
        shell.run([sys.executable, "-m", "venv", VENV], purpose="Making .venv")
        return
    shell.run([sys.executable, "-m", "venv", "--without-pip", VENV], purpose="Making .venv")
    wheels = sorted(DEBIAN.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        raise SetupError("Python has no pip; install the Debian package python3-venv.")
    shell.run(
        [VENV_PYTHON, f"{wheels[-1]}/pip", "install", "--no-input", "pip"],
        purpose="Installing pip",
    )
