"""The resident matcher as a process: one keeps the plan, any other stands by to take over."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable
from datetime import date, datetime, timedelta
from time import monotonic, perf_counter

from symbiosis.models import MatcherProcess
from symbiosis.resident import feed
from symbiosis.resident.keeper import Keeper, Superseded
from symbiosis.writing import become_resident, resign

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""A lost ring delays a repair by no more than this."""

GROUND_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0

FORGOTTEN_AFTER = timedelta(days=1)
"""A killed process leaves its last word in the table for so long."""


class Worker:
    """Waits for changes and has the keeper take them in until it is told to stop."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        today: Callable[[], date],
        stopping: Callable[[], bool],
        say: Callable[[str], None] = log.info,
    ) -> None:
        self._now, self._today, self._stopping, self._say = now, today, stopping, say
        self._keeper: Keeper | None = None
        self._looked_at_ground = self._beat = -GROUND_SECONDS
        MatcherProcess.objects.filter(seen_at__lt=now() - FORGOTTEN_AFTER).delete()
        self._process, _new = MatcherProcess.objects.update_or_create(
            name=f"{platform.node()}:{os.getpid()}",
            defaults={
                "state": MatcherProcess.State.STANDING_BY,
                "started_at": now(),
                "seen_at": now(),
            },
        )

    def run(self) -> None:
        """Work until told to stop; any error ends the process and frees the place for the next."""
        feed.listen()
        try:
            while not self._stopping() and not become_resident():
                self._alive(MatcherProcess.State.STANDING_BY)
                feed.wait(LOOK_SECONDS)
            while not self._stopping():
                self._step()
        finally:
            self._leave()

    def _step(self) -> None:
        if self._keeper is None or self._ground_moved():
            self._build()
        elif feed.any_waiting():
            self._take()
        self._alive(MatcherProcess.State.KEEPING)
        if self._keeper is not None and not feed.any_waiting():
            feed.wait(LOOK_SECONDS)

    def _build(self) -> None:
        self._alive(MatcherProcess.State.BUILDING, at_once=True)
        began = perf_counter()
        self._keeper = None
        self._keeper = Keeper(day=self._today(), now=self._now)
        posted, inferred = self._keeper.runs
        self._say(
            f"The plan stands: {posted.proposal_count:,} posted and {inferred.proposal_count:,}"
            f" inferred exchanges, built in {perf_counter() - began:.1f} s."
        )
        self._alive(MatcherProcess.State.KEEPING, at_once=True)

    def _take(self) -> None:
        began = perf_counter()
        try:
            count = self._keeper.take_changes() if self._keeper else 0
        except Superseded:
            self._keeper = None
            return
        if count:
            self._process.changes += count
            self._process.last_batch_ms = round((perf_counter() - began) * 1000)
            self._alive(MatcherProcess.State.KEEPING, at_once=True)

    def _ground_moved(self) -> bool:
        if monotonic() - self._looked_at_ground < GROUND_SECONDS:
            return False
        self._looked_at_ground = monotonic()
        return self._keeper is None or self._keeper.worn(self._today())

    def _alive(self, state: MatcherProcess.State, *, at_once: bool = False) -> None:
        due = monotonic() - self._beat >= HEARTBEAT_SECONDS
        if not (due or at_once or state != self._process.state):
            return
        self._beat = monotonic()
        self._process.state, self._process.seen_at = state, self._now()
        self._process.save()

    def _leave(self) -> None:
        resign()
        self._process.delete()
