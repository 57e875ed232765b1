"""Forget what the API no longer needs; ``manage.py tick`` does it with every pass."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from api.retention import forget_what_is_over


class Command(BaseCommand):
    help = "Delete what has outlived its time: old answers, events, letters, tokens, imports."

    def handle(self, *args: Any, **options: Any) -> None:
        forgotten = forget_what_is_over(now=timezone.now())
        self.stdout.write(", ".join(f"{n} {kind}" for kind, n in forgotten.items()) + " forgotten")
