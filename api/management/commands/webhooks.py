"""Deliver webhooks until told to stop; make run starts and restarts it."""

from __future__ import annotations

import signal
from datetime import timedelta
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from api.webhooks import worker
from api.webhooks.delivery import LEASE, Postman


class Command(BaseCommand):
    help = "Tell partners' endpoints what happened, signed, until each has answered or given up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=worker.THREADS)
        parser.add_argument(
            "--lease-seconds", type=float, default=LEASE.total_seconds(), help="for tests"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._asked_to_stop = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        postman = Postman(
            now=timezone.now,
            lease=timedelta(seconds=options["lease_seconds"]),
            stopping=lambda: self._asked_to_stop,
        )
        worker.run(postman, stopping=lambda: self._asked_to_stop, threads=options["threads"])

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True
