"""From an OAuth token to a confirmed delivery, over HTTP alone: two programs of a sandbox.

The conversation is written to docs/api/exchange-scenario.md.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from api.sandbox import Tenant, open_sandbox
from tests.api.test_api_partner_scenario import START, Clock, clock
from tests.api.transcript import Transcript
from tests.documents import compare_or_write
from tests.factories import MaterialFactory, RegionFactory, WasteCodeFactory

__all__ = ["clock"]
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api" / "exchange-scenario.md"


def _signed_in(tenant: Tenant) -> APIClient:
    pair = f"{tenant.issued.client.client_id}:{tenant.issued.secret}"
    answer = APIClient().post(
        "/oauth/token",
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {base64.b64encode(pair.encode()).decode()}",
    )
    assert answer.status_code == 200
    caller = APIClient(HTTP_ACCEPT_LANGUAGE="en", HTTP_X_REQUEST_ID="transcript-0001")
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")
    return caller


@pytest.mark.django_db
def test_from_a_token_to_a_confirmed_delivery(clock: Clock, pytestconfig: pytest.Config) -> None:
    for code, lon, lat, name in (
        ("BG411", 23.32, 42.70, "Sofia (capital)"),
        ("BG421", 24.75, 42.14, "Plovdiv"),
    ):
        RegionFactory.square(code, lon, lat, name_en=name, name_bg=name)
    MaterialFactory(name_bg="Пивоварна каша").waste_codes.add(WasteCodeFactory())
    tenants = open_sandbox(name="danube", today=START.date())
    holder, taker = (_signed_in(tenant) for tenant in tenants)
    page = Transcript("From a proposal to a confirmed delivery", after_each=clock.tick)
    page.say(
        "Written by `tests/api/test_api_delivery_scenario.py`. Two programs of a sandbox, A that "
        "offers and B that needs, each with an access token from `POST /oauth/token` as in "
        "`partner-scenario.md`. A finds what is proposed for it:"
    )
    found = page.send(holder, "GET", "/api/v1/proposals?mine=true&fields=stage,quantity,value")
    (proposal,) = found.json()["results"]

    page.say("A takes it up; `possible_moves` says what may follow, and by whom.")
    opened = page.send(holder, "POST", "/api/v1/exchanges", {"proposal": proposal["id"]})
    assert opened.status_code == 201
    address = opened["Location"]

    def move(caller: APIClient, **body: object) -> None:
        made = page.send(caller, "POST", f"{address}/moves?fields=state,next_action", body,
                         **{"If-Match": "*"})  # fmt: skip
        assert made.status_code == 200, made.content

    page.say("B is interested; then both let the other know their name.")
    move(taker, move="interest")
    move(holder, move="share")
    move(taker, move="share")

    page.say("A asks something, and proposes terms.")
    word = {"body": "Is Tuesday a good day?"}
    assert page.send(holder, "POST", f"{address}/messages", word).status_code == 201
    terms = {
        "quantity": {"value": "500", "unit": "t", "basis": "year"},
        "price": {"amount": "12.00"},
        "starts_on": "2027-03-08",
        "haulage_borne_by": "need",
    }
    proposed = page.send(holder, "POST", f"{address}/terms", terms, **{"If-Match": "*"})
    assert proposed.status_code == 201, proposed.content
    number = proposed.json()["number"]

    page.say("B accepts exactly these terms. From here on the quantity is reserved on both sides.")
    move(taker, move="accept_terms", terms=number)
    move(holder, move="start")

    page.say("The first load has come: B says so, A confirms, and from then on it counts.")
    load = {
        "exchange": address.rpartition("/")[2],
        "delivered_on": "2027-03-01",
        "quantity": {"value": "24.6", "unit": "t"},
        "paper": "WB-0001",
    }
    told = page.send(taker, "POST", "/api/v1/deliveries?fields=status,counts,quantity", load)
    assert told.status_code == 201, told.content
    confirmed = page.send(
        holder, "POST", f"{told['Location']}/confirmation?fields=status,counts,quantity", {}
    )
    assert confirmed.status_code == 200
    assert (confirmed.json()["status"], confirmed.json()["counts"]) == ("confirmed", True)

    page.say("What it has saved, agreed and delivered apart:")
    saved = page.send(holder, "GET", "/api/v1/impact")
    assert saved.json()["deliveries"] == 1
    compare_or_write(pytestconfig, DOCUMENT, page.text())
