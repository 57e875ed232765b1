"""Writing to the other side and giving it documents; only parties do, and only parties read."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.exchanges.correspondence import Document, DocumentContent, Message
from marketplace.exchanges.files import file_problems, kind_of
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.process import PARTIES
from marketplace.exchanges.roles import Actor, actors_of
from marketplace.exchanges.rules import LONGEST_MESSAGE
from marketplace.exchanges.words import Role
from marketplace.firms.viewers import Viewer
from marketplace.text_rules import text_problems

MOST_DOCUMENTS = 100
"""Of one exchange: a bound on what one negotiation can store."""


def write_message(
    *, viewer: Viewer, exchange: Exchange, body: str, now: datetime, role: Role | None = None
) -> Message:
    """Say something to the other side. Raises NotPermitted or InvalidInput."""
    actor = _party(viewer, exchange, role)
    problems = text_problems("body", body, limit=LONGEST_MESSAGE, required=True)
    if problems:
        raise InvalidInput(problems)
    return Message.objects.create(
        exchange=exchange,
        role=actor.role,
        user_id=actor.user_id,
        body=body.strip(),
        created_at=now,
    )


@transaction.atomic
def attach_document(
    *,
    viewer: Viewer,
    exchange: Exchange,
    name: str,
    data: bytes,
    now: datetime,
    kind: str = Document.Kind.OTHER,
    role: Role | None = None,
) -> Document:
    """Give the other side a file. Raises NotPermitted, InvalidInput or Conflict.

    Its type follows from its name and bytes (files.py), never from what the sender claims.
    """
    actor = _party(viewer, exchange, role)
    problems = file_problems(name, data)
    if kind not in Document.Kind.values:
        problems.append(
            Problem("kind", "unknown_choice", _("This value is not one of the choices."))
        )
    recognised = kind_of(name)
    if problems or recognised is None:
        raise InvalidInput(problems)
    if exchange.documents.count() >= MOST_DOCUMENTS:
        raise Conflict([Problem("file", "too_many", _("This exchange holds too many documents."))])
    document = Document.objects.create(
        exchange=exchange,
        role=actor.role,
        user_id=actor.user_id,
        kind=kind,
        name=name.strip(),
        content_type=recognised.content_type,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        created_at=now,
    )
    DocumentContent.objects.create(document=document, data=data)
    return document


def content_of(document: Document) -> bytes:
    """The bytes of a document that the caller was allowed to see (selectors.documents_of)."""
    return bytes(document.content.data)


def _party(viewer: Viewer, exchange: Exchange, role: Role | None) -> Actor:
    for actor in actors_of(viewer, exchange):
        if actor.role in PARTIES and role in (None, actor.role):
            return actor
    raise NotPermitted(
        [Problem("exchange", "not_permitted", _("Only the two parties write here."))]
    )
