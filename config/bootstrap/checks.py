"""What must hold before anything is made: Python, free disk space, a free port."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys

from config.bootstrap.errors import SetupError
from config.bootstrap.paths import LOCAL, ROOT, VENV

FIRST_SETUP_MEGABYTES = 2_500
LATER_MEGABYTES = 300


def python_version() -> None:
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:2]))
        raise SetupError(f"Python 3.11 is needed (Debian 12 has it), but python3 here is {found}.")


def writable() -> None:
    try:
        LOCAL.mkdir(exist_ok=True)
    except OSError as error:
        raise SetupError(f"This folder cannot be written: {error}.") from error
    if not os.access(LOCAL, os.W_OK):
        owner = "another user, perhaps root by an earlier run"
        raise SetupError(f"{LOCAL} belongs to {owner}; remove it or run as that user.")


def disk_space() -> None:
    """Room for what set-up brings: far more the first time than later."""
    needed = LATER_MEGABYTES if VENV.exists() else FIRST_SETUP_MEGABYTES
    free = shutil.disk_usage(ROOT).free // 1_000_000
    if free < needed:
        raise SetupError(f"The disk holding {ROOT} has {free} MB free, but {needed} MB are needed.")


def chosen_port() -> int:
    """PORT from the environment, 8000 by default."""
    text = os.environ.get("PORT", "").strip() or "8000"
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise SetupError(f"PORT must be a number from 1 to 65535, but it is {text!r}.")
    return int(text)


def port_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise SetupError(f"Port {port} may be opened only by root; set PORT.") from error
            raise SetupError(
                f"Port {port} is already in use: stop what listens there (make stop, if it is"
                f" this market) or choose another, as in: make run PORT=8001"
            ) from error
