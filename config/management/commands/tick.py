"""``manage.py tick``: what happens on the marketplace because time passes."""

from __future__ import annotations

import logging
import signal
import threading
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from api.retention import forget_what_is_over
from config.env import LOCAL_DIR
from config.log_files import turn_over
from marketplace.followup.tick import TickReport, tick
from web.letters import MailPost

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Expire what is overdue, reopen what has cleared, ask about stale listings, send reminders "
        "and the weekly digest, forget what has outlived its time. Safe to run at any time and as "
        "often as you like."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=int,
            metavar="SECONDS",
            help="go on until told to stop, with so long a rest between passes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        every: int | None = options["every"]
        if every is None:
            self._pass()
            return
        stopping = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        while not stopping.is_set():
            close_old_connections()
            self._pass_whatever_happens()
            stopping.wait(every)

    def _pass_whatever_happens(self) -> None:
        """A mail server that is down for a night must not end the process: what was not sent
        stays due."""
        try:
            self._pass()
        except Exception:
            logger.exception("a pass broke off; the next one goes on where it stopped")

    def _pass(self) -> None:
        report = tick(now=timezone.now(), post=MailPost())
        if not report.idle or not report.ran:
            self._say(_told(report))
        if report.ran:
            forgotten = forget_what_is_over(now=timezone.now())
            turn_over(LOCAL_DIR / "log")
            if any(forgotten.values()):
                self._say(", ".join(f"{n} {kind}" for kind, n in forgotten.items()) + " forgotten")

    def _say(self, what: str) -> None:
        self.stdout.write(f"{timezone.localtime():%Y-%m-%d %H:%M:%S} {what}")
        self.stdout.flush()


def _told(report: TickReport) -> str:
    if not report.ran:
        return "another pass is at work"
    return (
        f"{report.expired} expired, {report.watched} newly watched, {report.reopened} reopened, "
        f"{report.asked} asked, {report.paused} paused, {report.letters} letters"
    )
