"""Open, reset or close a partner's sandbox in a market of invented firms."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.sandbox import Tenant, close_sandbox, open_sandbox
from marketplace.errors import MarketplaceError


class Command(BaseCommand):
    help = "Two invented clusters with seed data and programs, for a partner to try the API with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["open", "reset", "close"])
        parser.add_argument("name", help="a word for the partner, such as danube")

    def handle(self, *args: Any, action: str, name: str, **options: Any) -> None:
        now = timezone.now()
        if action != "open" and not close_sandbox(name=name, now=now):
            raise CommandError(f"no sandbox {name}")
        if action == "close":
            self.stdout.write("closed")
            return
        try:
            tenants = open_sandbox(name=name, today=timezone.localdate(now))
        except MarketplaceError as error:
            raise CommandError(str(error)) from error
        for tenant in tenants:
            self._show(tenant)

    def _show(self, tenant: Tenant) -> None:
        self.stdout.write(f"{tenant.organisation.name_en}  {tenant.organisation.public_id}")
        self.stdout.write(f"  client_id      {tenant.issued.client.client_id}")
        self.stdout.write(f"  client_secret  {tenant.issued.secret}")
        self.stdout.write(f"  site           {tenant.site.public_id}")
