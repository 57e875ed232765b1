"""Making deliveries out and sending them: at least once each, the same bytes every time.

An endpoint is leased by one worker at a time, so a dead receiver costs one thread and delays no
other endpoint. No transaction is open while a receiver is being talked to. A worker killed at any
point leaves its lease to run out; what was not recorded as delivered is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from api.webhooks import outbox, schedule, sender, signing, targets
from api.webhooks.endpoints import viewer_of
from api.webhooks.models import Attempt, Dispatch, Endpoint, Event
from marketplace.firms.viewers import Viewer

BATCH = 500
TURN_SECONDS = 15.0
LEASE = timedelta(seconds=40)
"""Longer than a turn and one attempt that takes all its time."""

Send = Callable[..., sender.Outcome]


@dataclass(frozen=True, slots=True)
class Postman:
    """Serves endpoints one after another; time and chance come from outside."""

    now: Callable[[], datetime]
    chance: Random = field(default_factory=Random)
    lease: timedelta = LEASE
    send: Send = sender.post
    stopping: Callable[[], bool] = lambda: False

    def claim(self, most: int) -> list[int]:
        """Lease endpoints that have something to send or events to look through."""
        now = self.now()
        due = Dispatch.objects.filter(
            endpoint=OuterRef("pk"), state=Dispatch.State.PENDING, next_attempt_at__lte=now
        )
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        rested = Q(resting_until__isnull=True) | Q(resting_until__lte=now)
        behind = Exists(Event.objects.filter(transaction__gt=OuterRef("position_transaction")))
        with transaction.atomic():
            rows = Endpoint.objects.filter(free, rested, Exists(due) | behind, stopped="")
            chosen = rows.select_for_update(skip_locked=True).order_by("leased_until", "id")[:most]
            ids = [endpoint.pk for endpoint in chosen]
            Endpoint.objects.filter(pk__in=ids).update(leased_until=now + self.lease)
        return ids

    def serve(self, endpoint_id: int) -> int:
        """Make out and send what is due to one endpoint, for one turn; returns the attempts."""
        endpoint = Endpoint.objects.select_related("organisation", "client", "created_by").get(
            pk=endpoint_id
        )
        viewer, secrets = viewer_of(endpoint), self._secrets(endpoint)
        sent = 0
        if viewer is None:
            self._stop(endpoint, Endpoint.Stop.PAUSED)
        elif not secrets:
            self._stop(endpoint, Endpoint.Stop.UNREADABLE)
        else:
            make_out(endpoint, viewer, now=self.now())
            sent = self._send_due(endpoint, viewer, secrets)
        Endpoint.objects.filter(pk=endpoint.pk).update(leased_until=None)
        return sent

    def _send_due(self, endpoint: Endpoint, viewer: Viewer, secrets: list[str]) -> int:
        began, sent = monotonic(), 0
        while monotonic() - began < TURN_SECONDS and not self.stopping():
            dispatch = (
                endpoint.dispatches.filter(
                    state=Dispatch.State.PENDING, next_attempt_at__lte=self.now()
                )
                .order_by("next_attempt_at", "id")
                .first()
            )
            if dispatch is None:
                break
            if not _still_for(viewer, endpoint, dispatch):
                self._finish(dispatch, Dispatch.State.WITHHELD)
                continue
            sent += 1
            if not self._attempt(endpoint, dispatch, secrets):
                break
        return sent

    def _attempt(self, endpoint: Endpoint, dispatch: Dispatch, secrets: list[str]) -> bool:
        """Send once and record it; whether the endpoint can take the next one at once."""
        started, clock, body = self.now(), monotonic(), dispatch.body.encode()
        outcome = self.send(
            endpoint.url,
            body,
            signing.headers(
                event_id=dispatch.event_id, moment=started, body=body, secret_list=secrets
            ),
            allowed=targets.networks(settings.WEBHOOK_ALLOWED_NETWORKS),
        )
        with transaction.atomic():
            Attempt.objects.create(
                dispatch=dispatch,
                started_at=started,
                milliseconds=int((monotonic() - clock) * 1000),
                status=outcome.status,
                failure=outcome.failure,
            )
            dispatch.attempts += 1
            if outcome.delivered:
                self._finish(dispatch, Dispatch.State.DELIVERED)
                Endpoint.objects.filter(pk=endpoint.pk).update(last_success_at=self.now())
            else:
                self._failed(endpoint, dispatch, outcome)
        return outcome.delivered

    def _failed(self, endpoint: Endpoint, dispatch: Dispatch, outcome: sender.Outcome) -> None:
        wait = schedule.delay(dispatch.attempts, chance=self.chance, asked=outcome.retry_after)
        if outcome.gone:
            self._stop(endpoint, Endpoint.Stop.GONE)
        if wait is None:
            self._finish(dispatch, Dispatch.State.FAILED)
            endpoint.refresh_from_db(fields=["last_success_at"])
            last = endpoint.last_success_at
            if last is None or last < dispatch.created_at:
                self._stop(endpoint, Endpoint.Stop.FAILING)
            return
        dispatch.next_attempt_at = self.now() + wait
        dispatch.save(update_fields=["attempts", "next_attempt_at"])
        rest = self.now() + min(wait, schedule.REST)
        Endpoint.objects.filter(pk=endpoint.pk).update(resting_until=rest)

    def _finish(self, dispatch: Dispatch, state: Dispatch.State) -> None:
        dispatch.state, dispatch.finished_at = state, self.now()
        dispatch.save(update_fields=["attempts", "state", "finished_at"])

    def _stop(self, endpoint: Endpoint, reason: Endpoint.Stop) -> None:
        Endpoint.objects.filter(pk=endpoint.pk, stopped="").update(
            stopped=reason, stopped_at=self.now()
        )

    def _secrets(self, endpoint: Endpoint) -> list[str]:
        """The secrets that sign now; none where the present one cannot be read."""
        present = signing.opened(endpoint.sealed_secret)
        if present is None:
            return []
        until = endpoint.previous_until
        if endpoint.sealed_previous is None or until is None or until <= self.now():
            return [present]
        previous = signing.opened(endpoint.sealed_previous)
        return [present] if previous is None else [present, previous]


@transaction.atomic
def make_out(endpoint: Endpoint, viewer: Viewer, *, now: datetime) -> int:
    """Deliveries for the events since the endpoint's position, and the new position, together."""
    edge = outbox.horizon()
    events = outbox.events_for(viewer, endpoint.types, below=edge)
    found = list(outbox.after(events, endpoint.position_transaction, endpoint.position_id)[:BATCH])
    Dispatch.objects.bulk_create(
        [
            Dispatch(
                endpoint=endpoint,
                event_uid=event.uid,
                type=event.type,
                body=json.dumps(outbox.told(event), separators=(",", ":")),
                next_attempt_at=now,
            )
            for event in found
        ],
        ignore_conflicts=True,
    )
    if len(found) == BATCH:
        endpoint.position_transaction, endpoint.position_id = found[-1].transaction, found[-1].pk
    else:
        endpoint.position_transaction, endpoint.position_id = edge - 1, 2**62
    endpoint.save(update_fields=["position_transaction", "position_id"])
    return len(found)


def _still_for(viewer: Viewer, endpoint: Endpoint, dispatch: Dispatch) -> bool:
    """Rights are those of the moment of sending: a consent taken back counts."""
    if dispatch.type == outbox.PING:
        return True
    told = outbox.events_for(viewer, endpoint.types, below=2**62)
    return told.filter(uid=dispatch.event_uid).exists()
