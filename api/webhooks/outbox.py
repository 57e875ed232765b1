"""The feed of events, and which of them a reader is told: one rule for /events and webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from api.webhooks.models import Event
from marketplace.deliveries.selectors import deliveries_visible_to
from marketplace.exchanges.selectors import exchanges_visible_to
from marketplace.firms.viewers import Viewer
from symbiosis.selectors import proposals_visible_to

KEPT = timedelta(days=30)

SCOPE_OF = {
    "offer": "offers:read",
    "need": "needs:read",
    "proposal": "proposals:read",
    "exchange": "exchanges:read",
    "delivery": "deliveries:read",
}
"""Subject -> the scope that reads it, without which nobody is told of its events."""

TYPES = (
    *(f"{side}.{what}" for side in ("offer", "need") for what in ("created", "updated", "gone")),
    *(f"proposal.{what}" for what in ("created", "updated", "gone")),
    *(f"exchange.{what}" for what in ("created", "updated", "message", "document")),
    *(f"delivery.{what}" for what in ("created", "confirmed", "contested")),
)
PING = "webhook.ping"


def types_for(scopes: frozenset[str] | None) -> list[str]:
    """Event types that a credential's scopes cover; None stands for all."""
    if scopes is None:
        return list(TYPES)
    return [name for name in TYPES if SCOPE_OF[name.partition(".")[0]] in scopes]


def events_for(viewer: Viewer, types: list[str], *, below: int) -> QuerySet[Event]:
    """Events of the viewer's own organisations and of those it acts for, ``below`` a horizon.

    Nobody else is told: what becomes of others' listings shows in the listings themselves, as far
    as they are told at all. A proposal, an exchange, a delivery has to be the viewer's to read.
    """
    subject = {"uid": OuterRef("subject_uid")}
    proposals = proposals_visible_to(viewer).filter(**subject).order_by()
    exchanges = exchanges_visible_to(viewer).filter(**subject).order_by()
    deliveries = deliveries_visible_to(viewer).filter(**subject).order_by()
    return Event.objects.filter(
        ~Q(subject="proposal") | Q(type="proposal.gone") | Exists(proposals.values("pk")),
        ~Q(subject="exchange") | Exists(exchanges.values("pk")),
        ~Q(subject="delivery") | Exists(deliveries.values("pk")),
        parties__overlap=sorted(viewer.organisation_ids),
        type__in=types,
        transaction__lt=below,
    )


_HORIZON = """
WITH seen AS (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next),
running AS (
    SELECT (next >> 32 << 32) + backend_xid::text::bigint AS number, next
    FROM pg_stat_activity, seen
    WHERE datname = current_database() AND backend_xid IS NOT NULL
)
SELECT least(min(CASE WHEN number - running.next > 1::bigint << 31
                      THEN number - (1::bigint << 32) ELSE number END),
             min(seen.next))
FROM seen LEFT JOIN running ON true
"""


def horizon() -> int:
    """A transaction number below which no event can appear any more, for statements to come.

    The lowest number still running in this database, else the next to be given out. To be asked
    in a statement of its own before the events are read: what ended since is then in sight. The
    running ones are seen because all processes of the market share one database role; a number
    of theirs is 32 bits wide and is completed from the next one; one that began a moment after the
    question lies just above it and holds nothing back.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HORIZON)
        (number,) = cursor.fetchone()
    return int(number)


def after(events: QuerySet[Event], transaction: int, event_id: int) -> QuerySet[Event]:
    """Events beyond a position of the feed, in its order."""
    later = Q(transaction__gt=transaction) | Q(transaction=transaction, id__gt=event_id)
    return events.filter(later, transaction__gte=transaction).order_by("transaction", "id")


def forget_old_events(*, now: datetime) -> int:
    """Delete what the feed no longer shows; returns how many."""
    deleted, _rows = Event.objects.filter(occurred_at__lt=now - KEPT).delete()
    return deleted


def told(event: Event) -> dict[str, Any]:
    """The event as partners get it, in the feed and in a webhook alike."""
    kind = event.subject
    return {
        "id": event.public_id,
        "type": event.type,
        "timestamp": instant(event.occurred_at),
        "data": {
            "object": kind,
            "id": event.subject_id,
            "url": f"/api/v1/{SCOPE_OF[kind].partition(':')[0]}/{event.subject_id}",
            "version": event.version,
        },
    }


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
