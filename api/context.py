"""The id of the request being served, for answers, errors and log lines alike."""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,128}\Z")

_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(offered: str | None) -> str:
    """Take the caller's id where it is harmless, else make one; returns the id in force."""
    request_id = offered if offered and _ACCEPTABLE.match(offered) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def request_id() -> str:
    """The id in force; empty outside a request."""
    return _current.get()


class RequestIdFilter(logging.Filter):
    """Puts ``request_id`` on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id() or "-"
        return True
