"""Sessions whose table is worth nothing to a thief: it holds digests of cookies, not the cookies.

Named by SESSION_ENGINE. The cookie's random key is digested with SECRET_KEY before it meets the
database, so a copy of the table signs nobody in.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import salted_hmac

_SALT = "config.sessions"


def row_key(session_key: str) -> str:
    """What stands in the table for a cookie's key; 40 hex digits, as long as the column takes."""
    return salted_hmac(_SALT, session_key, algorithm="sha256").hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's store in the database, by digest."""

    def _get_session_from_db(self) -> Any:
        running = self.model.objects.filter(expire_date__gt=timezone.now())
        held = running.filter(session_key=row_key(self.session_key or "")).first()
        if held is None:
            self._session_key = None
        return held

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        row.session_key = row_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(row_key(key))
