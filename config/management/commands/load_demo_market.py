from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django_rich.management import RichCommand

from api.clients import register_client
from api.models import Client
from api.sandbox import close_sandbox, open_sandbox
from config import env
from geo.planner import count_anew
from marketplace.demo.listings import DemoMarketError
from marketplace.demo.market import SOURCE, build_demo_market, demo_market_exists
from marketplace.models import Membership, Need, Offer, Organisation, Site, User

_SANDBOX = "demo"
_CLUSTER_SITE = "demo-site-cluster-danube"

ACCESS_FILE = env.LOCAL_DIR / "demo.json"

_PEOPLE = (
    ("owner@firm.example", "Мария Иванова", "demo-firm-001", Membership.Role.OWNER, "firm owner"),
    ("member@firm.example", "Петър Петров", "demo-firm-001", Membership.Role.MEMBER, "firm member"),
    ("owner2@firm.example", "Elena Stone", "demo-firm-002", Membership.Role.OWNER, "firm owner"),
    (
        "officer.plovdiv@chamber.example",
        "Димитър Колев",
        "demo-chamber-bg421",
        Membership.Role.OFFICER,
        "chamber officer",
    ),
    (
        "officer.varna@chamber.example",
        "Ралица Стоева",
        "demo-chamber-bg331",
        Membership.Role.OFFICER,
        "chamber officer",
    ),
    (
        "secretariat@council.example",
        "Ася Тодорова",
        "demo-secretariat",
        Membership.Role.ADMINISTRATOR,
        "secretariat administrator",
    ),
)


class Command(RichCommand):
    help = (
        "Build the fictional demonstration market (invented organisations in real settlements), "
        "its accounts and a partner's API client; their secrets go to .local/demo.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", default=f"http://127.0.0.1:{env.PORT}")
        parser.add_argument("--access-file", type=Path, default=ACCESS_FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["access_file"]
        fresh = not demo_market_exists()
        if not fresh and path.exists():
            self._refresh_base_url(path, options["base_url"])
            self.stdout.write("The demo market is already loaded.")
            return
        with transaction.atomic():
            if fresh:
                self._build()
            access = {
                "base_url": options["base_url"],
                "users": [self._person(*person) for person in _PEOPLE],
                "clients": [self._client(), *self._sandbox()],
            }
        count_anew(Organisation, Site, Offer, Need)
        _write_private(path, access)
        self.stdout.write(f"Accounts and the partner's client are in {path.name} (mode 600).")

    def _build(self) -> None:
        try:
            market = build_demo_market(as_of=timezone.localdate())
        except DemoMarketError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Fictional market: {market.organisations} organisations, {market.offers:,} offers, "
            f"{market.needs:,} needs, {market.services} processors, {market.papers:,} permits and "
            "other papers."
        )

    def _refresh_base_url(self, path: Path, base_url: str) -> None:
        access = json.loads(path.read_text(encoding="utf-8"))
        if access.get("base_url") != base_url:
            _write_private(path, {**access, "base_url": base_url})

    def _person(
        self, email: str, name: str, organisation_key: str, role: str, described: str
    ) -> dict[str, str]:
        organisation = Organisation.objects.get(source=SOURCE, external_id=organisation_key)
        password = secrets.token_urlsafe(12)
        user, _created = User.objects.get_or_create(email=email, defaults={"full_name": name})
        user.set_password(password)
        # The secretariat's administrator works in /admin/ too.
        user.is_staff = user.is_superuser = role == Membership.Role.ADMINISTRATOR
        user.save()
        Membership.objects.get_or_create(
            user=user, organisation=organisation, defaults={"role": role}
        )
        return {
            "email": email,
            "password": password,
            "role": described,
            "organisation": organisation.name,
            "organisation_id": organisation.public_id,
            "region": organisation.region.code if organisation.region else "",
        }

    def _client(self) -> dict[str, Any]:
        """A partner cluster's program, with a site of its own to list from."""
        cluster = Organisation.objects.get(source=SOURCE, external_id="demo-cluster-danube")
        self._cluster_site(cluster)
        Client.objects.filter(organisation=cluster, name="Demo partner").delete()
        issued = register_client(
            organisation=cluster,
            name="Demo partner",
            scopes=list(settings.SCOPES),
            redirect_uris=[],
        )
        return {
            "client_id": issued.client.client_id,
            "client_secret": issued.secret,
            "scopes": list(issued.client.allowed_scopes),
            "organisation": cluster.name,
            "organisation_id": cluster.public_id,
            "role": "partner cluster client",
        }

    def _sandbox(self) -> list[dict[str, Any]]:
        """Two clusters that can trade with each other, for partners to try the API with."""
        if Organisation.objects.filter(is_demo=False).exists():
            return []
        close_sandbox(name=_SANDBOX, now=timezone.now())
        return [
            {
                "client_id": tenant.issued.client.client_id,
                "client_secret": tenant.issued.secret,
                "scopes": list(tenant.issued.client.allowed_scopes),
                "organisation": tenant.organisation.name_en,
                "organisation_id": tenant.organisation.public_id,
                "role": "sandbox",
            }
            for tenant in open_sandbox(name=_SANDBOX, today=timezone.localdate())
        ]

    def _cluster_site(self, cluster: Organisation) -> None:
        if Site.objects.filter(source=SOURCE, external_id=_CLUSTER_SITE).exists():
            return
        donor = Site.objects.filter(source=SOURCE, region__code="BG323").order_by("pk").first()
        if donor is None:
            return
        Site.objects.create(
            organisation=cluster,
            name="Русе, склад на клъстера (измислен)",
            city=donor.city,
            location=donor.location,
            cell_location=donor.cell_location,
            region=donor.region,
            cell_region=donor.cell_region,
            source=SOURCE,
            external_id=_CLUSTER_SITE,
        )


def _write_private(path: Path, access: dict[str, Any]) -> None:
    """Write whole and readable by the owner alone, also while it is being written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(access, stream, ensure_ascii=False, indent=2)
        stream.write("\n")
    draft.replace(path)
