"""``manage.py doctor``: what is missing or misconfigured, in plain words; exit 1 if anything is."""

from __future__ import annotations

from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand

from config import doctor


class Command(BaseCommand):
    help = "Say in plain words what this installation lacks; exit 1 if it lacks anything."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        bad = 0
        for finding in doctor.examine():
            mark = self.style.SUCCESS("ok ") if finding.sound else self.style.ERROR("BAD")
            self.stdout.write(f"{mark} {finding.subject}: {finding.seen}")
            if not finding.sound:
                bad += 1
                self.stdout.write(f"      {finding.remedy}")
        if bad:
            raise CommandError(f"{bad} of the points above need care.")
        self.stdout.write("All is well.")
