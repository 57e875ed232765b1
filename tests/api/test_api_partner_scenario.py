"""A partner's first day, over HTTP alone: from a token to a ranked proposal and keeping in step.

The conversation is written to docs/api/partner-scenario.md.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from api.models import Client
from tests.api.callers import ALL_SCOPES
from tests.api.transcript import Transcript
from tests.documents import compare_or_write
from tests.factories import MaterialFactory, OrganisationFactory, RegionFactory, WasteCodeFactory

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api" / "partner-scenario.md"
START = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


class Clock:
    """A minute passes with every step of the story."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def tick(self) -> None:
        self.moment += timedelta(minutes=1)


@pytest.fixture
def clock() -> Any:
    frozen = Clock()
    with mock.patch("django.utils.timezone.now", frozen.now):
        yield frozen


def _program(name: str, name_en: str) -> Client:
    organisation = OrganisationFactory(name=name, name_en=name_en, type="cluster")
    return Client.objects.create(
        name=name_en,
        client_id=f"client-{name_en.lower().replace(' ', '-')}",
        client_secret="shown-once-at-registration",
        organisation=organisation,
        allowed_scopes=ALL_SCOPES.split(),
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
    )


def _token(client: Client) -> APIClient:
    basic = base64.b64encode(f"{client.client_id}:shown-once-at-registration".encode()).decode()
    answer = APIClient().post(
        "/oauth/token",
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )
    caller = APIClient(HTTP_ACCEPT_LANGUAGE="en", HTTP_X_REQUEST_ID="transcript-0001")
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    return caller


@pytest.mark.django_db
def test_from_a_token_to_a_proposal(clock: Clock, pytestconfig: pytest.Config) -> None:
    RegionFactory.square("BG411", 23.32, 42.70, name_en="Sofia (capital)")
    MaterialFactory(name_bg="Пивоварна каша").waste_codes.add(WasteCodeFactory())
    page = Transcript("A partner's first day", after_each=clock.tick)
    page.say(
        "Written by `tests/api/test_api_partner_scenario.py`. Every request carries "
        "`Authorization: Bearer <access token>` and `Accept-Language: en`. The access token "
        "comes from the client credentials:"
    )
    page.block(
        [
            "POST /oauth/token HTTP/1.1",
            "Authorization: Basic <base64 of client_id:client_secret>",
            "Content-Type: application/x-www-form-urlencoded",
            "",
            "grant_type=client_credentials",
        ]
    )
    brewers = _token(_program("Клъстер Пиво", "Brewers Cluster"))
    farmers = _token(_program("Клъстер Ферми", "Farmers Cluster"))

    page.say("Who am I?")
    assert page.send(brewers, "GET", "/api/v1/me").status_code == 200

    page.say("A site; the server finds its region.")
    place = {"type": "Point", "coordinates": [23.3219, 42.6977]}
    site = page.send(brewers, "POST", "/api/v1/sites", {"name": "Brewery 1", "location": place})
    assert site.status_code == 201
    assert site.json()["region"]["id"] == "BG411"

    page.say("What is it called in the catalogue, and which waste code does it carry?")
    found = page.send(brewers, "GET", "/api/v1/materials?q=grain&fields=label,kind,waste_codes")
    material = found.json()["results"][0]["id"]

    clock.tick()
    farm = farmers.post(
        "/api/v1/sites",
        {"name": "Farm", "location": {"type": "Point", "coordinates": [23.4, 42.6]}},
    ).json()
    need = farmers.post(
        "/api/v1/needs",
        {
            "site": farm["id"],
            "material": material,
            "title": "Feed for 400 cows",
            "language": "en",
            "quantity": {"value": "2500", "unit": "t", "basis": "year"},
        },
    )
    assert need.status_code == 201

    page.say("An offer under our own id. Site, material and a rough quantity are enough.")
    body = {
        "site": site.json()["id"],
        "material": material,
        "language": "en",
        "quantity": {"value": "1200.5", "unit": "t", "basis": "year"},
        "external_id": "ERP-17",
    }
    key = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    made = page.send(brewers, "POST", "/api/v1/offers", body, **{"Idempotency-Key": key})
    assert made.status_code == 201
    (proposal,) = made.json()["proposals"]
    assert proposal["need"]["id"] == need.json()["id"]
    assert proposal["quantity"] == {"value": "1200500", "unit": "kg"}
    parts = proposal["value"]
    assert float(parts["total"]) == pytest.approx(
        sum(float(parts[p]) for p in ("disposal", "purchase", "carbon"))
        - sum(float(parts[p]) for p in ("processing", "haulage"))
    )

    page.say("The line broke before the answer came? The same key gives the same answer.")
    again = page.send(brewers, "POST", "/api/v1/offers", body, **{"Idempotency-Key": key})
    assert again.content == made.content
    assert again["Idempotent-Replayed"] == "true"

    page.say("Mistakes come all at once, each with its place and a code for programs.")
    wrong = {**body, "quantity": {"value": "many", "unit": "t"}, "colour": "brown"}
    refused = page.send(brewers, "POST", "/api/v1/offers", wrong)
    assert {fault["pointer"] for fault in refused.json()["errors"]} == {
        "/quantity/value",
        "/colour",
    }

    page.say("A revision names the version it was made from.")
    address = made["Location"]
    change = {"price": {"amount": "15", "currency": "EUR"}, "waste_status": "by_product"}
    revised = page.send(brewers, "PATCH", address, change, **{"If-Match": made["ETag"]})
    assert revised.status_code == 200
    late = page.send(brewers, "PATCH", address, change, **{"If-Match": made["ETag"]})
    assert late.status_code == 412

    page.say("The ranked proposals stand at an address of their own.")
    ranked = page.send(brewers, "GET", f"{address}/proposals?fields=stage,value,quantity,reasons")
    assert len(ranked.json()["results"]) == 1
    own = ranked.json()["results"][0]["id"]
    assert page.send(farmers, "GET", f"/api/v1/proposals/{own}?lang=all").status_code == 200

    page.say("Withdrawn: others who keep a copy hear of it with `updated_since`.")
    assert page.send(brewers, "DELETE", address, **{"If-Match": "*"}).status_code == 204
    since = START.isoformat().replace("+00:00", "Z")
    gone = page.send(farmers, "GET", f"/api/v1/offers?updated_since={since}")
    assert gone.json()["results"] == [
        {"id": made.json()["id"], "object": "offer", "status": "gone"}
    ]
    compare_or_write(pytestconfig, DOCUMENT, page.text())
