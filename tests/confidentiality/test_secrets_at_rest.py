"""A copy of the database and all logs hold no secret that was issued in usable form."""

from __future__ import annotations

import base64
import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.test import Client as Browser
from rest_framework.test import APIClient

from api.clients import register_client, rotate_secret
from marketplace.models import Offer
from tests.api.callers import program
from tests.api.test_api_clients import CALLBACK, CHALLENGE, VERIFIER
from tests.factories import MembershipFactory, OfferFactory
from tests.marketplace.test_personal_data import dump

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
KEY = "my-own-idempotency-key-0001"


@pytest.fixture
def issued(caplog: Any) -> dict[str, str]:
    """Every kind of secret that the market gives out, by name, with all loggers listening."""
    caplog.set_level(logging.DEBUG)
    owner = MembershipFactory()
    firm, email = owner.organisation, owner.user.email
    found = {"password": PASSWORD, "idempotency key": KEY}
    browser = Browser()
    browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    found["session"] = browser.cookies["sessionid"].value
    found["personal token"] = (
        APIClient()
        .post(
            "/api/v1/tokens",
            {"email": email, "password": PASSWORD, "name": "t", "scopes": ["offers:read"]},
            HTTP_IDEMPOTENCY_KEY=KEY,
        )
        .json()["token"]
    )
    found |= _of_programs(firm, browser)
    made = program(firm).post("/api/v1/webhooks", {"url": "https://8.8.8.8/"}).json()
    found["webhook secret"] = made["secret"].removeprefix("whsec_")
    rotated = program(firm, name="2").post(f"/api/v1/webhooks/{made['id']}/secret").json()
    found["new webhook secret"] = rotated["secret"].removeprefix("whsec_")
    browser.post("/accounts/password/reset/", {"email": email})
    (letter,) = mail.outbox
    (path,) = re.findall(r"/accounts/password/reset/key/([^/\s]+)/", str(letter.body))
    found["password reset"] = path.partition("-")[2]
    browser.get(f"/accounts/password/reset/key/{path}/")
    return found


def _of_programs(firm: Any, browser: Browser) -> dict[str, str]:
    """Secrets of a client before and after rotation, and the tokens of both kinds of grant."""
    machine = register_client(
        organisation=firm, name="machine", scopes=["offers:read"], redirect_uris=[]
    )
    fresh = rotate_secret(client=machine.client, now=machine.client.created)
    reader = register_client(
        organisation=firm, name="reader", scopes=["offers:read"], redirect_uris=[CALLBACK]
    )
    access = _token(machine.client.client_id, fresh.secret, grant_type="client_credentials")
    asked = {
        "response_type": "code",
        "client_id": reader.client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "offers:read",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": "s",
    }
    answer = browser.post("/oauth/authorize", asked | {"allow": "Authorize"})
    (code,) = parse_qs(urlsplit(answer["Location"]).query)["code"]
    person = _token(
        reader.client.client_id,
        reader.secret,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=VERIFIER,
    )
    return {
        "client secret": machine.secret,
        "new client secret": fresh.secret,
        "access token": access["access_token"],
        "access token of a person": person["access_token"],
        "refresh token": person["refresh_token"],
        "authorization code": code,
    }


def _token(client_id: str, secret: str, **form: str) -> dict[str, str]:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = Browser().post("/oauth/token", form, headers={"authorization": f"Basic {basic}"})
    assert answer.status_code == 200, answer.content
    told: dict[str, str] = answer.json()
    return told


def test_a_stolen_copy_signs_nobody_in(issued: dict[str, str], caplog: Any) -> None:
    kinds = {
        *("password", "session", "personal token", "client secret", "new client secret"),
        *("access token", "access token of a person", "refresh token", "authorization code"),
        *("webhook secret", "new webhook secret", "password reset", "idempotency key"),
    }
    assert set(issued) == kinds
    assert all(len(secret) >= 15 for secret in issued.values()), issued
    tables = dict(dump())
    logs = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    found = {
        (kind, where)
        for kind, secret in issued.items()
        for where, text in {**tables, "logs": logs}.items()
        for form in (secret, base64.b64encode(secret.encode()).decode().rstrip("="))
        if form in text or form.encode().hex() in text
    }
    assert found == set()


def test_the_search_would_find_one() -> None:
    """Negative control: a secret in clear in any column is found."""
    OfferFactory(title="sym_pat_in_clear")
    assert Offer.objects.exists()
    assert {table for table, text in dump() if "sym_pat_in_clear" in text} >= {
        "marketplace_offer", "marketplace_offerauditentry",
    }  # fmt: skip
