"""Forget what the API no longer needs: old answers, expired tokens and grants."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from oauth2_provider.models import clear_expired

from api.idempotency import forget_old
from api.tokens import forget_expired
from api.webhooks.outbox import forget_old_events


class Command(BaseCommand):
    help = "Delete answers of yesterday, events of last month, expired tokens; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        answers, tokens = forget_old(now=now), forget_expired(now=now)
        events = forget_old_events(now=now)
        clear_expired()
        self.stdout.write(f"{answers} answers, {tokens} personal tokens, {events} events forgotten")
