"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated POST acts once.

The answer is stored in the transaction of its effect, so neither exists without the other. A key
belongs to a caller and a route; its body must be the same. Refusals are not stored: nothing was
written, and the same key may carry a corrected request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.access import caller_of
from api.models import IdempotentRequest
from api.problems import FieldError
from api.refusals import ApiError
from api.sealing import digest, seal, unseal

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_PURPOSE = "idempotency"


def once(request: Request, effect: Callable[[], Response]) -> Response:
    """Run the effect, or repeat the answer it gave under this key.

    Raises 409 while the first request is still being served and 422 for another body.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return effect()
    if not _KEY.match(key):
        fault = FieldError(
            "not_a_key",
            _("1 to 255 visible ASCII characters."),
            header="Idempotency-Key",
        )
        raise ApiError(problems.INVALID, errors=(fault,))
    caller, route = caller_of(request).key, f"{request.method} {request.path}"
    key_digest = digest(_PURPOSE, key.encode())
    body_digest = digest(_PURPOSE, json.dumps(request.data, sort_keys=True, default=str).encode())
    with transaction.atomic():
        _take_turn(f"{caller} {route} {key_digest}")
        known = IdempotentRequest.objects.filter(
            caller=caller, route=route, key_digest=key_digest
        ).first()
        if known is not None and known.created_at > timezone.now() - KEPT:
            return _repeat(known, body_digest)
        if known is not None:
            known.delete()
        response = effect()
        IdempotentRequest.objects.create(
            caller=caller,
            route=route,
            key_digest=key_digest,
            body_digest=body_digest,
            status=response.status_code,
            location=response.headers.get("Location", ""),
            version=getattr(response, "resource_version", 0),
            sealed_body=seal(_PURPOSE, _rendered(request, response)),
            created_at=timezone.now(),
        )
        return response


def _take_turn(name: str) -> None:
    """A lock until the transaction ends; the second request at the same time is told to wait."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        (granted,) = cursor.fetchone()
    if not granted:
        raise ApiError(problems.IN_PROGRESS, headers={"Retry-After": "1"})


def _repeat(known: IdempotentRequest, body_digest: str) -> Response:
    if known.body_digest != body_digest:
        raise ApiError(problems.KEY_REUSED)
    content = unseal(_PURPOSE, bytes(known.sealed_body))
    if content is None:  # SECRET_KEY was replaced: the effect stands, its answer cannot be read
        raise ApiError(problems.CONFLICT)
    headers = {"Idempotent-Replayed": "true"}
    if known.location:
        headers["Location"] = known.location
    response = Response(json.loads(content), status=known.status, headers=headers)
    response.resource_version = known.version  # type: ignore[attr-defined]
    return response


def _rendered(request: Request, response: Response) -> bytes:
    renderer = request.accepted_renderer
    rendered = renderer.render(response.data, renderer.media_type, {})
    return rendered.encode() if isinstance(rendered, str) else rendered


def forget_old(*, now: datetime) -> int:
    """Delete answers whose 24 hours are over; returns how many."""
    deleted, _rows = IdempotentRequest.objects.filter(created_at__lt=now - KEPT).delete()
    return deleted
