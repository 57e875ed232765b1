"""How long records are kept that are not the firms' own, and forgetting them after that.

Kept as long as the market: what firms listed, agreed and delivered, and the audit trail, which
names people by number only. Everything else has an end, stated in ``KEPT`` and held by every pass
of ``manage.py tick``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, QuerySet
from django_tasks_db.models import DBTaskResult
from oauth2_provider.models import clear_expired

from api.idempotency import KEPT as ANSWERS_KEPT
from api.idempotency import forget_old
from api.imports.models import Import
from api.tokens import forget_expired
from api.webhooks.models import Dispatch
from api.webhooks.outbox import KEPT as EVENTS_KEPT
from api.webhooks.outbox import forget_old_events
from marketplace.followup.letters import LETTERS_KEPT, forget_letters

KEPT: dict[str, timedelta] = {
    "answers": ANSWERS_KEPT,
    "tokens": timedelta(0),
    "events": EVENTS_KEPT,
    "webhook_bodies": EVENTS_KEPT,
    "imports": timedelta(days=90),
    "sessions": timedelta(0),
    "jobs": timedelta(days=30),
    "letters": LETTERS_KEPT,
}
"""How long after its end (for tokens and sessions: their expiry) each kind of record stays."""


def forget_what_is_over(*, now: datetime) -> dict[str, int]:
    """Delete what has outlived its time; how many of each kind."""
    clear_expired()
    return {
        "answers": forget_old(now=now),
        "tokens": forget_expired(now=now),
        "events": forget_old_events(now=now),
        "webhook_bodies": _forget(_old_dispatches(now)),
        "imports": _forget(_old_imports(now)),
        "sessions": _forget(Session.objects.filter(expire_date__lt=now)),
        "jobs": _forget(DBTaskResult.objects.filter(finished_at__lt=now - KEPT["jobs"])),
        "letters": forget_letters(now=now),
    }


def _old_dispatches(now: datetime) -> QuerySet[Dispatch]:
    """Deliveries that ended long ago, with the log of their attempts; what is pending stays."""
    return Dispatch.objects.exclude(state=Dispatch.State.PENDING).filter(
        Q(finished_at__lt=now - KEPT["webhook_bodies"])
        | Q(finished_at__isnull=True, created_at__lt=now - KEPT["webhook_bodies"])
    )


def _old_imports(now: datetime) -> QuerySet[Import]:
    """Imports that ended long ago, and those that nobody went on with."""
    end = now - KEPT["imports"]
    return Import.objects.filter(
        Q(finished_at__lt=end) | Q(finished_at__isnull=True, created_at__lt=end)
    )


@transaction.atomic
def _forget(rows: QuerySet[Any]) -> int:
    """Delete the rows; counts them alone, without what goes with them."""
    count = rows.count()
    rows.delete()
    return count
