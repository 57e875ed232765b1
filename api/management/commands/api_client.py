"""Register a partner's program, change its secret, or stop it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from api.clients import IssuedSecret, register_client, revoke_client, rotate_secret
from api.models import Client
from marketplace.errors import MarketplaceError
from marketplace.firms.selectors import organisations_visible_to
from marketplace.firms.viewers import ANYONE
from marketplace.ids import decode


class Command(BaseCommand):
    help = "Register (or rotate the secret of, or revoke) an OAuth client of an organisation."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        register = actions.add_parser("register", help="make a client and show its secret once")
        register.add_argument("organisation", help="id such as org_2x4y...")
        register.add_argument("name")
        register.add_argument(
            "--scope", action="append", dest="scopes", help="repeat it; without: every read scope"
        )
        register.add_argument(
            "--redirect-uri",
            action="append",
            dest="redirect_uris",
            default=[],
            help="https address; makes it an authorization code client",
        )
        rotate = actions.add_parser("rotate", help="show a new secret once; keep the old a while")
        rotate.add_argument("client_id")
        rotate.add_argument("--overlap-days", type=int, default=7)
        revoke = actions.add_parser("revoke", help="stop a client and all its tokens")
        revoke.add_argument("client_id")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(options)
        except MarketplaceError as error:
            raise CommandError(str(error)) from error

    def _register(self, options: dict[str, Any]) -> None:
        uid = decode("org", options["organisation"])
        organisation = organisations_visible_to(ANYONE).filter(uid=uid).first()
        if uid is None or organisation is None:
            raise CommandError(f"no organisation {options['organisation']}")
        readable = [scope for scope in settings.SCOPES if scope.endswith(":read")]
        issued = register_client(
            organisation=organisation,
            name=options["name"],
            scopes=options["scopes"] or readable,
            redirect_uris=options["redirect_uris"],
        )
        self._show(issued)

    def _rotate(self, options: dict[str, Any]) -> None:
        issued = rotate_secret(
            client=self._client(options),
            now=timezone.now(),
            overlap=timedelta(days=options["overlap_days"]),
        )
        self._show(issued)

    def _revoke(self, options: dict[str, Any]) -> None:
        revoke_client(client=self._client(options), now=timezone.now())
        self.stdout.write("revoked")

    def _client(self, options: dict[str, Any]) -> Client:
        found: Client | None = Client.objects.filter(client_id=options["client_id"]).first()
        if found is None:
            raise CommandError(f"no client {options['client_id']}")
        return found

    def _show(self, issued: IssuedSecret) -> None:
        self.stdout.write(f"client_id      {issued.client.client_id}")
        self.stdout.write(f"client_secret  {issued.secret}")
        self.stdout.write(f"scopes         {' '.join(issued.client.allowed_scopes)}")
