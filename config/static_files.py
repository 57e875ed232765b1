"""Whether the collected static files are those of the code: collecting them takes long."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders


def changed() -> bool:
    """Whether a source file came, went or was rewritten since the files were collected."""
    return not _mark().exists() or _mark().read_text() != _digest()


def remember() -> None:
    """Note that the static files as they are now have been collected."""
    _mark().write_text(_digest())


def _mark() -> Path:
    return Path(settings.STATIC_ROOT) / ".digest"


def _digest() -> str:
    """Of names, sizes and times of change: reading 30 MB at each start would be slower."""
    state = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            state.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return state.hexdigest()
