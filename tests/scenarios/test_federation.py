"""Two markets, each with its own database and server process, one of them down for a while."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections

from api.clients import register_client
from api.models import Client
from marketplace.models import Organisation
from tests.factories import (
    MaterialFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    WasteCodeFactory,
)
from tests.processes import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

CANARY = "Zlatna Pivovarna 4711"
SCOPES = ["offers:write", "needs:write", "offers:read", "federation:read", "federation:write"]


@dataclass
class Market:
    """One instance: its database's address, its port, its programs with their secrets."""

    name: str
    environment: dict[str, str]
    port: int
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Its server answers inside, and its worker keeps in step with the partner."""
        gunicorn = ("-m", "gunicorn", "config.wsgi", "-w", "1", "--threads", "4")
        server = self._started(*gunicorn, "-b", f"127.0.0.1:{self.port}")
        worker = self._started("manage.py", "federation", "run", "--every", "0.5")
        try:
            eventually(self._answers)
            yield
        finally:
            for process in (worker, server):
                process.terminate()
                process.wait(60)

    def _started(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            return bool(urllib.request.urlopen(f"{self.base}/healthz", timeout=5).status == 200)
        except OSError:
            return False

    def manage(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done

    def match(self, program: str) -> Any:
        """The only match of a program, or None."""
        found = self.call(program, "GET", "partner-matches")["results"]
        assert len(found) <= 1
        return found[0] if found else None

    def call(
        self, program: str, method: str, path: str, body: Any = None, *, wanted: int = 200
    ) -> Any:
        request = urllib.request.Request(
            f"{self.base}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self._token(program)}",
                "Content-Type": "application/json",
            },
        )
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        text = answer.read().decode()
        assert answer.status == wanted, text
        return json.loads(text)

    def _token(self, program: str) -> str:
        if program not in self.tokens:
            pair = base64.b64encode(f"{program}:{self.secrets[program]}".encode()).decode()
            request = urllib.request.Request(
                f"{self.base}/oauth/token",
                data=b"grant_type=client_credentials",
                headers={"Authorization": f"Basic {pair}"},
            )
            answer = json.loads(urllib.request.urlopen(request, timeout=60).read())
            self.tokens[program] = answer["access_token"]
        return self.tokens[program]


def eventually(check: Callable[[], Any], seconds: float = 240) -> Any:
    """What a check gives once it gives something."""
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.3)
    return found


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _program(organisation: Organisation, name: str, scopes: list[str]) -> tuple[str, str]:
    issued = register_client(organisation=organisation, name=name, scopes=scopes, redirect_uris=[])
    return issued.client.client_id, issued.secret


@pytest.fixture
def markets() -> Iterator[tuple[Market, Market]]:
    """Sofia on the test's own database, Thessaloniki on a copy of it: the same catalogue, another
    secret key, and in each only its own member acts."""
    region = RegionFactory()
    MaterialFactory().waste_codes.add(WasteCodeFactory())
    brewery = OrganisationFactory(name=CANARY, name_en=CANARY)
    SiteFactory(organisation=brewery, region=region)
    farm = OrganisationFactory(name="Farm 0815", name_en="Farm 0815")
    SiteFactory(organisation=farm, region=region, lon=23.6, lat=42.5)
    firms = {"brewer": brewery, "farmer": farm, "north": farm, "south": brewery}
    ids = {}
    secrets = {}
    for name, organisation in firms.items():
        scopes = SCOPES if name in ("brewer", "farmer") else ["federation:read"]
        ids[name], secrets[ids[name]] = _program(organisation, name, scopes)
    shared = {
        **environment(),
        "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    own = str(connection.settings_dict["NAME"])
    copy = f"{own}_south"
    with _copied(own, copy):
        url = shared["DATABASE_URL"]
        there = {**shared, "DATABASE_URL": url.removesuffix(own) + copy, "SECRET_KEY": "s" * 50}
        north = Market("Sofia", shared, _free_port(), secrets)
        south = Market("Thessaloniki", there, _free_port(), secrets)
        for market, other, program, theirs in (
            (north, south, ids["north"], ids["south"]),
            (south, north, ids["south"], ids["north"]),
        ):
            words = ("federation", "partner", other.name, other.base, program)
            market.manage(*words, "--their-client", theirs, PARTNER_SECRET=secrets[program])
        yield north, south


@contextmanager
def _copied(own: str, copy: str) -> Iterator[None]:
    of = connection.settings_dict
    connections.close_all()
    keeper = psycopg2.connect(
        host=of["HOST"], port=of["PORT"] or 5432, user=of["USER"], password=of["PASSWORD"],
        dbname="postgres",
    )  # fmt: skip
    keeper.autocommit = True
    cursor = keeper.cursor()
    cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
    # A thread of an earlier test in this process may hold a connection; a template bears none.
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [own]
    )
    cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{own}"')
    try:
        yield
    finally:
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        keeper.close()


def test_two_markets_match_and_tell_each_other_nothing_before_both_members_say_so(
    markets: tuple[Market, Market],
) -> None:
    north, south = markets
    programs = dict(Client.objects.values_list("name", "client_id"))
    brewer, farmer = programs["brewer"], programs["farmer"]
    material = MaterialFactory().code
    site = Organisation.objects.get(name=CANARY).sites.get().public_id
    farm = Organisation.objects.get(name="Farm 0815").sites.get().public_id

    def partner_of(market: Market, program: str) -> Any:
        (told,) = market.call(program, "GET", "partner-markets")["results"]
        return told

    with north.up():
        offered = {
            "site": site,
            "material": material,
            "title": f"Grain of {CANARY}",
            "quantity": {"value": "1234.5", "unit": "t"},
            "price": {"amount": "17.31"},
        }
        offer = north.call(brewer, "POST", "offers", offered, wanted=201)
        # Thessaloniki is down: Sofia notes it and goes on.
        eventually(lambda: partner_of(north, brewer)["failure"] == "unreachable")
        assert north.match(brewer) is None

        with south.up():
            needed = {
                "site": farm,
                "material": material,
                "quantity": {"value": "900", "unit": "t"},
                "title": "Feed for 400 cows",
            }
            south.call(farmer, "POST", "needs", needed, wanted=201)
            there = eventually(lambda: south.match(farmer))
            here = eventually(lambda: north.match(brewer))
            assert partner_of(north, brewer)["failure"] == ""
        assert here["listing"] == offer["id"]
        assert here["counterpart"]["market"] == "Thessaloniki"
        band = {"low": "1000000", "high": "2000000", "unit": "kg"}
        assert there["counterpart"]["quantity_band"] == band
        # Both reckon the same from the same general figures: the lower ends of both bands.
        assert here["quantity"] == {"value": "500000", "unit": "kg"}
        for name in ("quantity", "road_km", "value", "co2e_kg"):
            assert here[name] == there[name]

        # Thessaloniki is down again while the brewer says that it is interested.
        contact = {"name": "Maria", "email": "maria@brewery.example"}
        address = f"partner-matches/{here['id']}/interest"
        told = north.call(brewer, "POST", address, {"contact": contact})
        assert (told["own_interest"], told["details"]) == (True, None)

        with south.up():
            seen = eventually(lambda: _interested(south.match(farmer)))
            assert seen["details"] is None
            # Nothing of the brewery has travelled: not in what the partner's program may read,
            # and not into the partner's database.
            feeds = [
                north.call(programs["south"], "GET", f"partner-{feed}")
                for feed in ("descriptors", "interests")
            ]
            for secret in (CANARY, "1234", "17.31", "maria", offer["id"], site, "Grain of"):
                assert secret not in json.dumps(feeds)
            assert _heard_of(south) == [(None,)]

            contact = {"name": "Nikos", "email": "nikos@farm.example"}
            address = f"partner-matches/{there['id']}/interest"
            south.call(farmer, "POST", address, {"contact": contact})
            known = eventually(lambda: north.match(brewer)["details"])
            assert known["organisation"]["name"] == "Farm 0815"
            assert known["contact"]["email"] == "nikos@farm.example"
            known = eventually(lambda: south.match(farmer)["details"])
            assert known["organisation"]["name"] == CANARY
            assert known["listing"]["quantity"]["value"] == "1234.5"
            assert known["contact"]["email"] == "maria@brewery.example"


def _interested(match: Any) -> Any:
    return match if match["their_interest"] else None


def _heard_of(market: Market) -> list[Any]:
    """The details that a market's database holds of its partner's members."""
    of = connection.settings_dict
    there = psycopg2.connect(
        host=of["HOST"], port=of["PORT"] or 5432, user=of["USER"], password=of["PASSWORD"],
        dbname=market.environment["DATABASE_URL"].rpartition("/")[2],
    )  # fmt: skip
    with there, there.cursor() as cursor:
        cursor.execute("SELECT details FROM symbiosis_crossmatch")
        rows: list[Any] = cursor.fetchall()
    there.close()
    return rows
