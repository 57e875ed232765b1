"""Everything that happens because time passes, in one idempotent pass.

A second pass at the same moment does nothing; two passes at once do not meet (an advisory lock of
the database); a pass that breaks off leaves whole what it finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from marketplace.followup.checks import ask_about_stale, lapse_unanswered
from marketplace.followup.letters import Post, send_due
from marketplace.followup.reopening import expire_overdue, note_blockers, reopen_cleared

_LOCK = "marketplace follow-up"


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a pass has done; all zero when there was nothing to do. ``ran`` False: another pass
    was at work."""

    ran: bool
    expired: int = 0
    watched: int = 0
    reopened: int = 0
    asked: int = 0
    paused: int = 0
    letters: int = 0

    @property
    def idle(self) -> bool:
        done = (self.expired, self.watched, self.reopened, self.asked, self.paused, self.letters)
        return not any(done)


def tick(*, now: datetime, post: Post) -> TickReport:
    """Expire, watch, reopen, ask, pause, write letters; in this order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [_LOCK])
        if not cursor.fetchone()[0]:
            return TickReport(ran=False)
        try:
            return _pass(now, post)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_LOCK])


def _pass(now: datetime, post: Post) -> TickReport:
    steps: dict[str, Callable[[], int]] = {
        "expired": lambda: expire_overdue(now=now),
        "watched": lambda: note_blockers(now=now),
        "reopened": lambda: reopen_cleared(now=now),
        "asked": lambda: ask_about_stale(now=now),
        "paused": lambda: lapse_unanswered(now=now),
        "letters": lambda: send_due(now=now, post=post),
    }
    return TickReport(ran=True, **{name: step() for name, step in steps.items()})
