"""The web server's log of requests: without what somebody could sign in or act with."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

_SECRET = re.compile(r"(/listing-checks/|/password/reset/key/|/confirm-email/)[^/?\s]+")
"""Addresses that letters lead to; whoever has one needs no password."""


def without_secrets(path: str) -> str:
    """The path with a star for each secret part.

    >>> without_secrets("/listing-checks/abc.def/"), without_secrets("/map/")
    ('/listing-checks/*/', '/map/')
    """
    return _SECRET.sub(r"\1*", path)


class AccessLog(Logger):  # type: ignore[misc]
    """Gunicorn's own, told less. The format (config/gunicorn.py) leaves out query and referer."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {
            name: without_secrets(value) if isinstance(value, str) else value
            for name, value in found.items()
        }
