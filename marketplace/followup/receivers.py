"""Follow-up begins when an exchange falls through, not at the next pass of the clock."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from marketplace.exchanges.models import Event
from marketplace.exchanges.process import FALLEN_STATES
from marketplace.exchanges.signals import exchange_moved
from marketplace.followup.reopening import note_blocker


@receiver(exchange_moved, dispatch_uid="followup.watch_fallen")
def watch_fallen(sender: Any, *, event_id: int, **_news: Any) -> None:
    """Keep what the two listings say at the moment an exchange falls through."""
    event = Event.objects.select_related("exchange").get(pk=event_id)
    if event.target in FALLEN_STATES and event.exchange.state in FALLEN_STATES:
        note_blocker(event.exchange, now=event.at)
