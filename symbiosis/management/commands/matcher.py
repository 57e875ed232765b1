from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from symbiosis.resident.worker import Worker


class Command(BaseCommand):
    help = "Keep the best plan current: hold the market in memory and repair it as listings change."

    def handle(self, *args: Any, **options: Any) -> None:
        self._asked_to_stop = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        Worker(
            now=timezone.now,
            today=timezone.localdate,
            stopping=lambda: self._asked_to_stop,
            say=self._say,
        ).run()

    def _say(self, text: str) -> None:
        self.stdout.write(f"{timezone.localtime():%H:%M:%S} {text}")
        self.stdout.flush()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True
