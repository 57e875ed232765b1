"""Idempotency-Key: a repeated POST acts once, whoever repeats it and however often."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from api import idempotency
from api.models import Client, IdempotentRequest
from api.sealing import digest, seal, seal_text, unseal, unseal_text
from marketplace.models import Material, Offer, Organisation
from tests.api.callers import program
from tests.api.test_api_listings import posting
from tests.factories import MaterialFactory, OrganisationFactory, SiteFactory

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    first = brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    again = brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Location"] == first["Location"]
    assert again["ETag"] == first["ETag"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Offer.objects.count() == 1


@pytest.mark.django_db
def test_another_body_is_refused(brewer: APIClient, brewery: Organisation, grain: Material) -> None:
    brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    answer = brewer.post(
        "/api/v1/offers", posting(brewery, title="other"), HTTP_IDEMPOTENCY_KEY=KEY
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Offer.objects.count() == 1


@pytest.mark.django_db
def test_the_order_of_members_is_not_another_body(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    body = posting(brewery)
    brewer.post("/api/v1/offers", body, HTTP_IDEMPOTENCY_KEY=KEY)
    turned = dict(reversed(body.items()))
    assert (
        brewer.post("/api/v1/offers", turned, HTTP_IDEMPOTENCY_KEY=KEY)["Idempotent-Replayed"]
        == "true"
    )


@pytest.mark.django_db
def test_keys_belong_to_caller_and_route(
    brewer: APIClient,
    farmer: APIClient,
    brewery: Organisation,
    farm: Organisation,
    grain: Material,
) -> None:
    made = [
        brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY),
        brewer.post("/api/v1/needs", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY),
        farmer.post("/api/v1/offers", posting(farm), HTTP_IDEMPOTENCY_KEY=KEY),
    ]
    assert [answer.status_code for answer in made] == [201] * 3
    assert len({answer.json()["id"] for answer in made}) == 3


@pytest.mark.django_db
def test_a_refusal_is_not_kept(brewer: APIClient, brewery: Organisation, grain: Material) -> None:
    wrong = posting(brewery, quantity={"value": "0", "unit": "t"})
    assert brewer.post("/api/v1/offers", wrong, HTTP_IDEMPOTENCY_KEY=KEY).status_code == 400
    right = brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    assert right.status_code == 201


@pytest.mark.django_db
def test_a_key_is_forgotten_after_a_day(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    again = brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=KEY)
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again
    assert idempotency.forget_old(now=timezone.now()) == 0
    assert idempotency.forget_old(now=timezone.now() + timedelta(hours=25)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "ключ", "a" * 256, "a b"])
def test_a_key_is_visible_ascii(
    brewer: APIClient, brewery: Organisation, grain: Material, key: str
) -> None:
    answer = brewer.post("/api/v1/offers", posting(brewery), HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_act_once() -> None:
    """Real transactions on real connections: one acts, the others replay or are told to wait."""
    organisation = OrganisationFactory()
    SiteFactory(organisation=organisation)
    MaterialFactory()
    body = posting(organisation)
    caller = program(organisation)
    header = caller._credentials  # type: ignore[attr-defined]
    barrier = threading.Barrier(8)
    answers: list[Any] = []

    def send() -> None:
        client = APIClient(HTTP_ACCEPT_LANGUAGE="en")
        client.credentials(**header)
        barrier.wait()
        answers.append(client.post("/api/v1/offers", body, HTTP_IDEMPOTENCY_KEY=KEY))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Offer.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    acted = [a for a in answers if a.status_code == 201 and "Idempotent-Replayed" not in a]
    assert len(acted) == 1
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "idempotency_in_progress"
            assert answer["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
def test_a_second_request_during_the_first_is_told_to_wait() -> None:
    organisation = OrganisationFactory()
    SiteFactory(organisation=organisation)
    MaterialFactory()
    caller = program(organisation)
    key = digest("idempotency", KEY.encode())
    name = f"client:{Client.objects.get().pk} POST /api/v1/offers {key}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        answer = _elsewhere(caller, posting(organisation))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
    assert _elsewhere(caller, posting(organisation)).status_code == 201


def _elsewhere(caller: APIClient, body: dict[str, Any]) -> Any:
    """The answer of a request on a connection of its own."""
    answers: list[Any] = []

    def send() -> None:
        answers.append(caller.post("/api/v1/offers", body, HTTP_IDEMPOTENCY_KEY=KEY))
        connections.close_all()

    thread = threading.Thread(target=send)
    thread.start()
    thread.join()
    return answers[0]


def test_sealed_bytes_open_only_unchanged_and_for_their_purpose() -> None:
    sealed = seal("a", b"content")
    assert sealed == seal("a", b"content")
    assert unseal("a", sealed) == b"content"
    assert unseal("b", sealed) is None
    assert unseal("a", sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert unseal("a", b"") is None
    assert unseal_text("a", seal_text("a", b"")) == b""
    for text in ("", "!", "====", "a" * 5, "ж", "\x00"):
        assert unseal_text("a", text) is None
