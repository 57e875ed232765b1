"""What is kept of a person, told whole on request (GDPR Art. 15 and 20).

Layers above add what they keep of people by ``personal_data_asked``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.dispatch import Signal
from django.utils import timezone

from marketplace.exchanges.correspondence import Document, Message
from marketplace.exchanges.models import Event
from marketplace.firms.users import User
from marketplace.followup.models import Notice
from marketplace.ids import encode

personal_data_asked = Signal()
"""Sent with ``user``; each receiver answers ``{name: [rows]}`` of what its layer keeps."""


def personal_data_of(user: User) -> dict[str, Any]:
    """Everything that is kept of the person, as plain values for a JSON file."""
    found: dict[str, Any] = {
        "person": {
            "id": encode("user", user.uid),
            "email": user.email,
            "full_name": user.full_name,
            "language": user.language,
            "joined_at": _moment(user.date_joined),
            "last_sign_in_at": _moment(user.last_login),
            "enters_administration": user.is_staff,
        },
        "email_addresses": [
            {"email": row.email, "verified": row.verified, "primary": row.primary}
            for row in EmailAddress.objects.filter(user=user).order_by("id")
        ],
        "memberships": [
            {
                "organisation": row.organisation.public_id,
                "name": row.organisation.name,
                "role": row.role,
                "since": _moment(row.created_at),
            }
            for row in user.memberships.select_related("organisation").order_by("id")
        ],
        "sessions": [{"expires_at": _moment(row.expire_date)} for row in sessions_of(user)],
        "letters": [
            {"kind": row.kind, "about": row.key, "sent_at": _moment(row.sent_at)}
            for row in Notice.objects.filter(user=user).order_by("id")
        ],
        **_acts_of(user),
        "administration": [
            {"at": _moment(row.action_time), "what": row.object_repr, "change": row.change_message}
            for row in LogEntry.objects.filter(user=user).order_by("id")
        ],
    }
    for _receiver, part in personal_data_asked.send(sender=User, user=user):
        found |= cast(dict[str, Any], part or {})
    return found


def _acts_of(user: User) -> dict[str, Any]:
    """What the person did and wrote for its organisations at the table of an exchange."""
    written = Message.objects.filter(user=user).select_related("exchange").order_by("id")
    given = Document.objects.filter(user=user).select_related("exchange").order_by("id")
    made = Event.objects.filter(user=user).select_related("exchange").order_by("id")
    return {
        "moves": [
            {
                "exchange": row.exchange.public_id,
                "move": row.move,
                "note": row.note,
                "at": _moment(row.at),
            }
            for row in made
        ],
        "messages": [
            {"exchange": row.exchange.public_id, "body": row.body, "at": _moment(row.created_at)}
            for row in written
        ],
        "documents": [
            {"exchange": row.exchange.public_id, "name": row.name, "at": _moment(row.created_at)}
            for row in given
        ],
    }


def _moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def sessions_of(user: User) -> list[Session]:
    """Running sessions; a session's content names its person, its columns do not."""
    running = Session.objects.filter(expire_date__gte=timezone.now())
    key = str(user.pk)
    return [row for row in running.iterator() if row.get_decoded().get(SESSION_KEY) == key]
