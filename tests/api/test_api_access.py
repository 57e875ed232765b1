"""Credentials: OAuth clients, personal tokens, sessions; scopes; rotation and revocation."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.test import APIClient

from api.models import Client, IdempotentRequest, PersonalToken
from marketplace.models import Material, Offer, Organisation, User
from tests.api.callers import program
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-the-partner-0123456789"
PASSWORD = "correct horse battery"


@pytest.fixture
def partner(brewery: Organisation) -> Client:
    return Client.objects.create(
        name="Partner",
        organisation=brewery,
        allowed_scopes=["offers:read", "offers:write"],
        client_secret=SECRET,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
    )


def ask_token(anyone: APIClient, client: Client, secret: str = SECRET, **form: str) -> Any:
    basic = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return anyone.post(
        "/oauth/token",
        "&".join(f"{k}={v}" for k, v in ({"grant_type": "client_credentials"} | form).items()),
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )


def with_token(text: str) -> APIClient:
    caller = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return caller


def test_metadata_names_the_endpoints(anyone: APIClient) -> None:
    told = anyone.get("/.well-known/oauth-authorization-server").json()
    assert told["token_endpoint"] == "http://testserver/oauth/token"
    assert told["revocation_endpoint"] == "http://testserver/oauth/revoke"
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "implicit" not in told["grant_types_supported"]
    assert "password" not in told["grant_types_supported"]
    assert "offers:write" in told["scopes_supported"]


def test_client_credentials_become_a_short_token(anyone: APIClient, partner: Client) -> None:
    answer = ask_token(anyone, partner)
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["access_token"].startswith("sym_oat_")
    assert body["expires_in"] == 3600
    assert sorted(body["scope"].split()) == ["offers:read", "offers:write"]
    me = with_token(body["access_token"]).get("/api/v1/me").json()
    assert me["kind"] == "program"
    assert me["client"]["client_id"] == partner.client_id
    assert [o["id"] for o in me["organisations"]] == [partner.organisation.public_id]
    assert me["scopes"] == ["offers:read", "offers:write"]


def test_a_client_gets_no_scope_beyond_its_grant(anyone: APIClient, partner: Client) -> None:
    assert ask_token(anyone, partner, scope="needs:write").json()["error"] == "invalid_scope"
    narrow = ask_token(anyone, partner, scope="offers:read").json()
    assert narrow["scope"] == "offers:read"
    # A grant that is taken back stops tokens that were issued under it.
    wide = ask_token(anyone, partner).json()["access_token"]
    Client.objects.update(allowed_scopes=["offers:read"])
    refused = with_token(wide).post("/api/v1/offers", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1]])
def test_wrong_secret(anyone: APIClient, partner: Client, secret: str) -> None:
    answer = ask_token(anyone, partner, secret)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_other_grants_are_closed(anyone: APIClient, partner: Client) -> None:
    for grant in ("password", "implicit", "authorization_code", "nonsense"):
        assert ask_token(anyone, partner, grant_type=grant).status_code in (400, 401)
    get = anyone.get("/oauth/token")
    assert get.status_code == 405


def test_rotation_keeps_the_old_secret_for_a_while(anyone: APIClient, partner: Client) -> None:
    partner.previous_secret = partner.client_secret
    partner.previous_secret_until = timezone.now() + timedelta(hours=1)
    partner.client_secret = "the-new-secret"
    partner.save()
    assert ask_token(anyone, partner, SECRET).status_code == 200
    assert ask_token(anyone, partner, "the-new-secret").status_code == 200
    Client.objects.update(previous_secret_until=timezone.now())
    assert ask_token(anyone, partner, SECRET).status_code == 401
    assert ask_token(anyone, partner, "the-new-secret").status_code == 200


def test_revocation_counts_at_once(anyone: APIClient, partner: Client) -> None:
    token = ask_token(anyone, partner).json()["access_token"]
    caller = with_token(token)
    assert caller.get("/api/v1/me").status_code == 200
    Client.objects.update(revoked_at=timezone.now())
    assert caller.get("/api/v1/me").status_code == 401
    assert ask_token(anyone, partner).status_code == 401


def test_a_token_can_be_given_back(anyone: APIClient, partner: Client) -> None:
    token = ask_token(anyone, partner).json()["access_token"]
    basic = base64.b64encode(f"{partner.client_id}:{SECRET}".encode()).decode()
    answer = anyone.post(
        "/oauth/revoke",
        f"token={token}",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )
    assert answer.status_code == 200
    assert with_token(token).get("/api/v1/me").status_code == 401


def test_an_expired_token_is_refused(anyone: APIClient, partner: Client) -> None:
    token = ask_token(anyone, partner).json()["access_token"]
    get_access_token_model().objects.update(expires=timezone.now())
    assert with_token(token).get("/api/v1/materials").status_code == 401


def test_scopes_are_asked_per_resource_and_method(
    brewery: Organisation, farm: Organisation, grain: Material
) -> None:
    reader = program(brewery, "offers:read")
    assert reader.get("/api/v1/offers").status_code == 200
    for method, address in (
        ("get", "/api/v1/needs"),
        ("get", "/api/v1/materials"),
        ("post", "/api/v1/offers"),
    ):
        answer = getattr(reader, method)(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        wanted = address.rsplit("/", 1)[-1] + (":read" if method == "get" else ":write")
        assert f'scope="{wanted}"' in answer["WWW-Authenticate"]
    assert not Offer.objects.exists()


@pytest.fixture
def person(brewery: Organisation) -> User:
    user: User = UserFactory(email="owner@example.org")
    MembershipFactory(user=user, organisation=brewery)
    return user


def login(email: str = "owner@example.org", **changes: Any) -> dict[str, Any]:
    body = {
        "email": email,
        "password": PASSWORD,
        "name": "laptop",
        "scopes": ["offers:read", "offers:write"],
        "expires_in_days": 30,
    }
    return {**body, **changes}


def test_a_personal_token_is_shown_once(anyone: APIClient, person: User) -> None:
    made = anyone.post("/api/v1/tokens", login())
    body = made.json()
    assert made.status_code == 201, body
    assert body["token"].startswith("sym_pat_")
    caller = with_token(body["token"])
    listed = caller.get("/api/v1/tokens").json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    assert "token" not in listed[0]
    assert listed[0]["last_used_at"] is not None
    me = caller.get("/api/v1/me").json()
    assert (me["kind"], me["user"]["email"]) == ("person", "owner@example.org")
    assert caller.delete(made["Location"]).status_code == 204
    assert caller.get("/api/v1/me").status_code == 401


def test_wrong_password_and_unknown_address_answer_alike(anyone: APIClient, person: User) -> None:
    wrong = anyone.post("/api/v1/tokens", login(password="wrong"))
    unknown = anyone.post("/api/v1/tokens", login("nobody@example.org"))
    assert wrong.status_code == unknown.status_code == 401
    first, second = wrong.json(), unknown.json()
    assert {**first, "request_id": ""} == {**second, "request_id": ""}
    User.objects.update(is_active=False)
    assert anyone.post("/api/v1/tokens", login()).status_code == 401


def test_guessing_passwords_is_slowed(anyone: APIClient, person: User) -> None:
    statuses = [
        anyone.post("/api/v1/tokens", login(password=str(n))).status_code for n in range(11)
    ]
    assert statuses == [401] * 10 + [429]


def test_personal_tokens_expire_and_stop_with_their_person(anyone: APIClient, person: User) -> None:
    caller = with_token(anyone.post("/api/v1/tokens", login()).json()["token"])
    assert caller.get("/api/v1/me").status_code == 200
    User.objects.update(is_active=False)
    assert caller.get("/api/v1/me").status_code == 401
    User.objects.update(is_active=True)
    PersonalToken.objects.update(expiry=timezone.now())
    assert caller.get("/api/v1/me").status_code == 401


def test_tokens_of_others_do_not_exist(anyone: APIClient, person: User) -> None:
    UserFactory(email="other@example.org")
    mine = with_token(anyone.post("/api/v1/tokens", login()).json()["token"])
    theirs = anyone.post("/api/v1/tokens", login("other@example.org"))
    assert mine.delete(theirs["Location"]).status_code == 404
    assert anyone.delete(theirs["Location"]).status_code == 401
    assert PersonalToken.objects.count() == 2


def test_sessions_need_the_csrf_token(brewery: Organisation, person: User) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(person)
    assert browser.get("/api/v1/me").json()["kind"] == "person"
    refused = browser.post("/api/v1/offers", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert refused["Content-Type"] == "application/problem+json"


def test_nothing_usable_lies_in_the_database(
    anyone: APIClient, partner: Client, person: User
) -> None:
    """Every issued secret is looked for in every text and binary column of every table."""
    access = ask_token(anyone, partner).json()["access_token"]
    key = "key-of-the-caller-1"
    personal = anyone.post("/api/v1/tokens", login(), HTTP_IDEMPOTENCY_KEY=key).json()["token"]
    assert IdempotentRequest.objects.count() == 1
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN "
            "('text', 'character varying', 'bytea', 'jsonb', 'ARRAY')"
        )
        for table, column in cursor.fetchall():
            for secret in (access, personal, SECRET, PASSWORD, key):
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE position(%s in "{column}"::text) > 0 '
                    f'OR position(%s in "{column}"::text) > 0',
                    [secret, secret.encode().hex()],
                )
                if cursor.fetchone()[0]:
                    found.append((table, column))
    assert found == []


def test_every_rfc_9700_gate_is_on(settings: Any) -> None:
    gates = {k: v for k, v in settings.OAUTH2_PROVIDER.items() if k.startswith("COMPLIANT_BCP")}
    assert len(gates) == 10
    assert all(gates.values())
    told = run_checks(include_deployment_checks=True)
    assert [str(found) for found in told if "oauth2" in (found.id or "")] == []


def test_client_secret_is_stored_hashed(partner: Client) -> None:
    stored = Client.objects.get(pk=partner.pk).client_secret
    assert SECRET not in stored
    assert stored.split("$")[0] == make_password("x").split("$")[0]
