"""Registering an endpoint, changing it, its secret's rotation, ping and redelivery."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from api.access import Caller
from api.webhooks import outbox, signing, targets
from api.webhooks.models import Dispatch, Endpoint
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.firms.viewers import Viewer, viewer_for, viewer_for_organisation
from marketplace.ids import encode
from marketplace.models import Organisation

OVERLAP = timedelta(days=1)
MOST_ENDPOINTS = 20


@dataclass(frozen=True, slots=True)
class IssuedEndpoint:
    """An endpoint with its secret, whose text exists only here."""

    endpoint: Endpoint
    secret: str


def endpoints_of(viewer: Viewer) -> QuerySet[Endpoint]:
    """Endpoints of the organisations that the viewer itself may post for."""
    own = viewer.editable_ids - viewer.delegated_ids
    return Endpoint.objects.select_related("organisation").filter(organisation_id__in=own)


def dispatches_of(viewer: Viewer) -> QuerySet[Dispatch]:
    """Deliveries to those endpoints, with their attempts."""
    mine = Dispatch.objects.filter(endpoint__in=endpoints_of(viewer))
    return mine.select_related("endpoint").prefetch_related("log")


@transaction.atomic
def register_endpoint(
    *,
    caller: Caller,
    organisation: Organisation,
    url: str,
    types: list[str] | None,
    description: str,
) -> IssuedEndpoint:
    """An endpoint that hears of what happens from now on. Raises NotPermitted, InvalidInput or,
    beyond the most that an organisation may have, Conflict."""
    if not caller.viewer.may_govern(organisation.pk):
        raise NotPermitted(
            [Problem("organisation", "not_permitted", _("You may not post for this organisation."))]
        )
    readable = outbox.types_for(caller.scopes)
    _check(url, types, readable)
    if endpoints_of(caller.viewer).filter(organisation=organisation).count() >= MOST_ENDPOINTS:
        raise Conflict(
            [Problem("url", "too_many", _("At most %(n)d endpoints.") % {"n": MOST_ENDPOINTS})]
        )
    secret = signing.new_secret()
    endpoint = Endpoint.objects.create(
        organisation=organisation,
        client=caller.client if caller.user is None else None,
        created_by=caller.user,
        url=url,
        description=description,
        types=sorted(set(types if types is not None else readable)),
        sealed_secret=signing.sealed(secret),
        position_transaction=outbox.horizon() - 1,
        position_id=2**62,
    )
    return IssuedEndpoint(endpoint, secret)


@transaction.atomic
def revise_endpoint(
    *,
    caller: Caller,
    endpoint: Endpoint,
    changes: dict[str, Any],
    expected_version: int | None,
    now: datetime,
) -> Endpoint:
    """Change address, types, description or whether it is in service. Raises InvalidInput or
    Conflict."""
    locked = Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    if expected_version is not None and locked.version != expected_version:
        raise Conflict([Problem("version", "stale", _("It has changed meanwhile."))])
    readable = sorted({*outbox.types_for(caller.scopes), *locked.types})
    _check(changes.get("url"), changes.get("types"), readable)
    active = changes.pop("active", None)
    for name, value in changes.items():
        setattr(locked, name, sorted(set(value)) if name == "types" else value)
    if active is not None:
        locked.stopped = Endpoint.Stop.NONE if active else Endpoint.Stop.PAUSED
        locked.stopped_at = None if active else now
        locked.resting_until = None
    locked.version += 1
    locked.save()
    return locked


def _check(url: str | None, types: list[str] | None, readable: list[str]) -> None:
    """The address may be sent to, and the types are the caller's to read."""
    problems = []
    if url is not None:
        allowed = targets.networks(settings.WEBHOOK_ALLOWED_NETWORKS)
        try:
            targets.resolve(targets.parse(url, allowed=allowed), allowed=allowed)
        except targets.Refused as refusal:
            problems.append(
                Problem("url", refusal.code, _("Not a public https address that can be reached."))
            )
    unknown = sorted(set(types or ()) - set(readable))
    if unknown or types == []:
        names = ", ".join(unknown) or "-"
        problems.append(
            Problem(
                "types", "unknown_choice", _("Not for this token: %(names)s.") % {"names": names}
            )
        )
    if problems:
        raise InvalidInput(problems)


@transaction.atomic
def rotate_endpoint_secret(*, endpoint: Endpoint, now: datetime) -> IssuedEndpoint:
    """A new secret; for a day the previous one signs as well."""
    locked = Endpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    secret = signing.new_secret()
    locked.sealed_previous, locked.previous_until = locked.sealed_secret, now + OVERLAP
    locked.sealed_secret = signing.sealed(secret)
    if locked.stopped == Endpoint.Stop.UNREADABLE:
        locked.sealed_previous, locked.stopped, locked.stopped_at = None, Endpoint.Stop.NONE, None
    locked.version += 1
    locked.save()
    return IssuedEndpoint(locked, secret)


def ping(*, endpoint: Endpoint, now: datetime) -> Dispatch:
    """A delivery that tells nothing, to try the receiver."""
    uid = uuid.uuid4()
    body = {
        "id": encode("event", uid),
        "type": outbox.PING,
        "timestamp": outbox.instant(now),
        "data": {
            "object": "webhook",
            "id": endpoint.public_id,
            "url": f"/api/v1/webhooks/{endpoint.public_id}",
            "version": endpoint.version,
        },
    }
    return Dispatch.objects.create(
        endpoint=endpoint,
        event_uid=uid,
        type=outbox.PING,
        body=json.dumps(body, separators=(",", ":")),
        next_attempt_at=now,
    )


@transaction.atomic
def redeliver(*, dispatch: Dispatch, now: datetime) -> Dispatch:
    """Try a delivery again at once, with the same id and bytes. Raises Conflict while the endpoint
    is out of service."""
    locked = Dispatch.objects.select_for_update(of=("self",)).get(pk=dispatch.pk)
    endpoint = Endpoint.objects.select_for_update().get(pk=locked.endpoint_id)
    if endpoint.stopped:
        raise Conflict(
            [Problem("state", "out_of_service", _("Put the endpoint back into service first."))]
        )
    endpoint.resting_until = None
    endpoint.save(update_fields=["resting_until"])
    locked.state, locked.attempts = Dispatch.State.PENDING, 0
    locked.next_attempt_at, locked.finished_at = now, None
    locked.save()
    return locked


def viewer_of(endpoint: Endpoint) -> Viewer | None:
    """With whose eyes an endpoint sees, or None where its client was revoked, or its person left:
    the organisation's own and what it acts for, never more than that."""
    if endpoint.client is not None and endpoint.client.revoked_at is not None:
        return None
    person = endpoint.created_by
    if person is not None:
        still = person.is_active and viewer_for(person).may_edit(endpoint.organisation_id)
        if not still:
            return None
    return viewer_for_organisation(endpoint.organisation)
