"""Delivering processes, killed at any moment: nothing is lost and nothing changes on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from api.webhooks.models import Dispatch, Endpoint, Event
from marketplace.models import Organisation
from tests.api.callers import ALL_SCOPES, program
from tests.api.receiver import Receiver, status
from tests.api.test_webhooks import _loopback, receiver, register
from tests.factories import OfferFactory
from tests.processes import environment

__all__ = ["_loopback", "receiver"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_killed_workers_lose_nothing(brewery: Organisation, receiver: Receiver) -> None:
    """Real processes, killed at any moment while the receiver drops and fails: every event comes,
    each time with the same id and bytes, and none that was not committed."""
    chance = Random(3)

    def moody(handler: Any, letter: Any) -> None:
        draw = chance.random()
        if draw < 0.05:
            handler.connection.close()  # after it was taken in
        else:
            status(500 if draw < 0.2 else 200)(handler, letter)

    receiver.answer = moody
    register(program(brewery, ALL_SCOPES), receiver.url)
    site, total, kills = brewery.sites.get(), 80, 0
    for _number in range(total):
        OfferFactory(site=site)
    wanted = {event.public_id for event in Event.objects.filter(type="offer.created")}
    assert len(wanted) == total
    until = time.monotonic() + 150
    while Dispatch.objects.filter(state="delivered").count() < total:
        assert time.monotonic() < until, "not drained"
        worker = _worker()
        try:
            enough = len(receiver.letters) + 8 + chance.randrange(12)
            while len(receiver.letters) < enough and time.monotonic() < until:
                time.sleep(0.05)
                _let_go()
                if not Dispatch.objects.exclude(state="delivered").exists() and kills:
                    break
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        kills += 1
    bodies: dict[str, set[bytes]] = {}
    for letter in receiver.letters:
        bodies.setdefault(letter.id, set()).add(letter.body)
    assert set(bodies) == wanted
    assert all(len(seen) == 1 for seen in bodies.values())
    assert kills >= 2
    assert len(receiver.letters) > total


def _let_go() -> None:
    """What waits after a failure goes on at once."""
    Endpoint.objects.filter(resting_until__isnull=False).update(resting_until=None)
    waiting = Dispatch.objects.filter(state="pending", next_attempt_at__gt=timezone.now())
    waiting.update(next_attempt_at=timezone.now())


def _worker() -> subprocess.Popen[bytes]:
    """A delivering process on the test database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "webhooks", "--lease-seconds", "0.5"],
        cwd=Path(settings.BASE_DIR),
        env={**environment(), "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"},
    )
