"""Registering, rotating and revoking partner programs; a person's consent with PKCE."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone
from rest_framework.test import APIClient

from api.clients import IssuedSecret, register_client, revoke_client, rotate_secret
from api.models import Client, IdempotentRequest, PersonalToken
from marketplace.errors import InvalidInput
from marketplace.models import Organisation, User
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

CALLBACK = "https://partner.example/callback"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)


def run(*arguments: str) -> dict[str, str]:
    """Run api_client; what it showed, by name."""
    out = StringIO()
    call_command("api_client", *arguments, stdout=out)
    return dict(re.findall(r"^(\w+)\s+(.+)$", out.getvalue(), flags=re.M))


def token(client_id: str, secret: str, **form: str) -> Any:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    body = {"grant_type": "client_credentials"} | form
    return APIClient().post(
        "/oauth/token",
        "&".join(f"{name}={value}" for name, value in body.items()),
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )


def test_a_program_from_registration_to_revocation(brewery: Organisation) -> None:
    made = run("register", brewery.public_id, "Partner", "--scope", "offers:read")
    access = token(made["client_id"], made["client_secret"]).json()["access_token"]
    caller = APIClient(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert caller.get("/api/v1/offers").status_code == 200

    fresh = run("rotate", made["client_id"], "--overlap-days", "1")
    assert token(made["client_id"], made["client_secret"]).status_code == 200
    assert token(made["client_id"], fresh["client_secret"]).status_code == 200
    Client.objects.update(previous_secret_until=timezone.now() - timedelta(seconds=1))
    assert token(made["client_id"], made["client_secret"]).status_code == 401

    call_command("api_client", "revoke", made["client_id"], stdout=StringIO())
    assert caller.get("/api/v1/offers").status_code == 401
    assert token(made["client_id"], fresh["client_secret"]).status_code == 401


def test_two_rotations_leave_one_previous_secret(brewery: Organisation) -> None:
    first = register_client(
        organisation=brewery, name="P", scopes=["offers:read"], redirect_uris=[]
    )
    second = rotate_secret(client=first.client, now=timezone.now())
    third = rotate_secret(client=first.client, now=timezone.now())
    good = [token(first.client.client_id, i.secret).status_code for i in (first, second, third)]
    assert good == [401, 200, 200]


def test_mistakes_are_said(brewery: Organisation) -> None:
    for arguments in (
        ("register", "org_nothing", "P"),
        ("register", brewery.public_id, "P", "--scope", "everything"),
        ("register", brewery.public_id, "P", "--redirect-uri", "http://partner.example/"),
        ("rotate", "nothing"),
        ("revoke", "nothing"),
    ):
        with pytest.raises(CommandError):
            call_command("api_client", *arguments, stdout=StringIO())
    with pytest.raises(InvalidInput):
        register_client(organisation=brewery, name="P", scopes=[], redirect_uris=[])
    assert not Client.objects.exists()


@pytest.fixture
def owner(brewery: Organisation) -> User:
    user: User = UserFactory(email="owner@example.org")
    MembershipFactory(user=user, organisation=brewery)
    return user


@pytest.fixture
def portal(farm: Organisation) -> IssuedSecret:
    """Another organisation's program that asks people for consent."""
    return register_client(
        organisation=farm,
        name="Portal",
        scopes=["offers:read", "offers:write"],
        redirect_uris=[CALLBACK],
    )


def consent(browser: Browser, portal: IssuedSecret, **changes: str) -> Any:
    question = {
        "response_type": "code",
        "client_id": portal.client.client_id,
        "redirect_uri": CALLBACK,
        "scope": "offers:read",
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return browser.get("/oauth/authorize", question), question


def test_a_person_lets_a_program_act(owner: User, portal: IssuedSecret) -> None:
    browser = Browser()
    browser.force_login(owner)
    page, question = consent(browser, portal)
    assert page.status_code == 200
    assert "Portal" in page.content.decode()
    assert "https://partner.example" in page["Content-Security-Policy"]
    assert "//" not in re.sub(r'(value|href)="https?://partner[^"]*"', "", page.content.decode())
    answer = browser.post("/oauth/authorize", question | {"allow": "Authorize"})
    given = parse_qs(urlsplit(answer["Location"]).query)
    assert answer["Location"].startswith(CALLBACK)
    assert (given["state"], given["iss"]) == (["xyz"], ["http://testserver"])
    form = {
        "grant_type": "authorization_code",
        "code": given["code"][0],
        "redirect_uri": CALLBACK,
    }
    wrong = token(portal.client.client_id, portal.secret, code_verifier="w" * 64, **form)
    assert wrong.status_code == 400
    answer = browser.post("/oauth/authorize", question | {"allow": "Authorize"})
    form["code"] = parse_qs(urlsplit(answer["Location"]).query)["code"][0]
    got = token(portal.client.client_id, portal.secret, code_verifier=VERIFIER, **form).json()
    caller = APIClient(HTTP_AUTHORIZATION=f"Bearer {got['access_token']}")
    me = caller.get("/api/v1/me").json()
    assert me["user"]["email"] == "owner@example.org"
    assert me["scopes"] == ["offers:read"]
    assert [o["id"] for o in me["organisations"]] == [
        owner.memberships.get().organisation.public_id
    ]
    assert caller.post("/api/v1/offers", {}).status_code == 403

    # Refresh tokens turn with every use; the old one then stops the whole family.
    turn = {"grant_type": "refresh_token", "refresh_token": got["refresh_token"]}
    turned = token(portal.client.client_id, portal.secret, **turn).json()
    assert token(portal.client.client_id, portal.secret, **turn).status_code == 400
    after = {"grant_type": "refresh_token", "refresh_token": turned["refresh_token"]}
    assert token(portal.client.client_id, portal.secret, **after).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "needs:write"}, "invalid_scope"),
    ],
)
def test_weak_requests_are_turned_back(
    owner: User, portal: IssuedSecret, changes: dict[str, str], error: str
) -> None:
    browser = Browser()
    browser.force_login(owner)
    answer, _question = consent(browser, portal, **changes)
    assert answer.status_code == 302
    assert f"error={error}" in answer["Location"]


def test_a_plain_challenge_gets_no_code(owner: User, portal: IssuedSecret) -> None:
    browser = Browser()
    browser.force_login(owner)
    _page, question = consent(browser, portal, code_challenge_method="plain")
    answer = browser.post("/oauth/authorize", question | {"allow": "Authorize"})
    assert "code=" not in answer.headers.get("Location", "")
    assert "invalid_request" in answer.headers.get("Location", "") + answer.content.decode()


def test_a_foreign_redirect_is_not_followed(owner: User, portal: IssuedSecret) -> None:
    browser = Browser()
    browser.force_login(owner)
    answer, _question = consent(browser, portal, redirect_uri="https://evil.example/callback")
    assert answer.status_code == 400
    assert "Location" not in answer


def test_revoking_a_client_deletes_its_tokens(owner: User, portal: IssuedSecret) -> None:
    revoke_client(client=portal.client, now=timezone.now())
    browser = Browser()
    browser.force_login(owner)
    assert consent(browser, portal)[0].status_code == 400


def test_housekeeping_forgets_what_is_over(owner: User) -> None:
    now = timezone.now()
    for days in (-1, 1):
        PersonalToken.objects.create(user=owner, name=str(days), expiry=timedelta(days=days))
        IdempotentRequest.objects.create(
            caller="x",
            route=str(days),
            key_digest="",
            body_digest="",
            status=201,
            sealed_body=b"",
            created_at=now + timedelta(days=days, hours=-1),
        )
    out = StringIO()
    call_command("api_housekeeping", stdout=out)
    assert out.getvalue().startswith("1 answers, 1 tokens, 0 events, ")
    assert PersonalToken.objects.get().name == "1"
    assert IdempotentRequest.objects.get().route == "1"
