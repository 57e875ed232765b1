"""Partner markets: name one, keep in step with all of them."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from api.federation.models import PartnerAccess
from api.federation.reading import sealed_secret
from api.federation.syncing import Federation, Round
from api.models import Client
from api.webhooks import targets
from symbiosis.federation.hearing import name_partner, stop_partner

SECRET_VARIABLE = "PARTNER_SECRET"  # noqa: S105 - a variable's name
_EVERY = timedelta(minutes=2)


class Command(BaseCommand):
    help = "Name partner markets (other instances of this software) and keep in step with them."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        name = actions.add_parser(
            "partner",
            help=f"name a partner market or change it; our secret there comes in {SECRET_VARIABLE}",
        )
        name.add_argument("name")
        name.add_argument("base_url", help="such as https://market.example")
        name.add_argument("client_id", help="of our program there")
        name.add_argument("--their-client", help="client_id of their program here")
        stop = actions.add_parser("stop", help="tell a partner market nothing more")
        stop.add_argument("name")
        run = actions.add_parser("run", help="rounds with every partner until told to stop")
        run.add_argument("--every", type=float, default=_EVERY.total_seconds(), help="seconds")
        run.add_argument("--once", action="store_true", help="one round, then end")
        actions.add_parser("list", help="partners, and when they were reached last")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    @transaction.atomic
    def _partner(self, options: dict[str, Any]) -> None:
        allowed = targets.networks(settings.WEBHOOK_ALLOWED_NETWORKS)
        try:
            targets.parse(options["base_url"], allowed=allowed)
        except targets.Refused as refusal:
            raise CommandError(f"base_url: {refusal.code}") from refusal
        secret = settings.PARTNER_SECRET
        if not secret:
            raise CommandError(f"put our secret at the partner into {SECRET_VARIABLE}")
        client = None
        if options["their_client"]:
            client = Client.objects.filter(client_id=options["their_client"]).first()
            if client is None:
                raise CommandError(f"no client {options['their_client']}")
        partner = name_partner(options["name"])
        values = {
            "base_url": options["base_url"],
            "client_id": options["client_id"],
            "sealed_secret": sealed_secret(secret),
            **({"program": client} if client else {}),
        }
        PartnerAccess.objects.update_or_create(partner=partner, defaults=values)
        self.stdout.write(f"{partner.name} {partner.public_id}")

    def _stop(self, options: dict[str, Any]) -> None:
        if not stop_partner(options["name"]):
            raise CommandError(f"no partner market {options['name']}")
        self.stdout.write("stopped")

    def _list(self, options: dict[str, Any]) -> None:
        for access in PartnerAccess.objects.select_related("partner").order_by("partner__name"):
            state = access.failure or "in step"
            since = access.failed_at if access.failure else access.reached_at
            when = f" since {since:%Y-%m-%d %H:%M}" if since else ""
            active = "" if access.partner.active else " (stopped)"
            self.stdout.write(f"{access.partner.name}{active}  {access.base_url}  {state}{when}")

    def _run(self, options: dict[str, Any]) -> None:
        asked_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_args: asked_to_stop.set())
        federation = Federation()
        while not asked_to_stop.is_set():
            for came in federation.round():
                self._tell(came)
            if options["once"]:
                return
            asked_to_stop.wait(options["every"])

    def _tell(self, came: Round) -> None:
        if came.failure:
            self.stderr.write(f"{came.partner}: {came.failure}")
        elif came.descriptors or came.interests:
            self.stdout.write(
                f"{came.partner}: {came.descriptors} descriptors, {came.interests} interests read, "
                f"{came.matches} matches"
            )
