"""Remembering what has been done, by the digest of what it was done from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from config.bootstrap.paths import STAMPS


def digest(*, files: Iterable[Path], also: str = "") -> str:
    """Digest of the files' bytes and of `also` (a version, say)."""
    state = hashlib.sha256(also.encode())
    for path in files:
        state.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def is_current(name: str, value: str) -> bool:
    path = STAMPS / name
    return path.is_file() and path.read_text() == value


def write(name: str, value: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(value)


def forget(name: str) -> None:
    (STAMPS / name).unlink(missing_ok=True)
