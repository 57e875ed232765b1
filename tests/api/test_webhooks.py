"""Webhooks end to end: the outbox, signatures, retries, rotation, the log, and killed workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook, WebhookVerificationError

from api.models import Client
from api.webhooks import schedule
from api.webhooks.delivery import Postman
from api.webhooks.models import Dispatch, Endpoint, Event
from marketplace.models import Affiliation, Organisation
from tests.api.callers import program
from tests.api.receiver import Receiver, receiving, status
from tests.api.test_api_listings import posting
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import pair
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as told:
        yield told


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.moment = timezone.now()

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def postman(clock: Clock) -> Postman:
    return Postman(now=clock.now, chance=Random(7))


def register(caller: APIClient, url: str, **more: Any) -> dict[str, Any]:
    answer = caller.post("/api/v1/webhooks", {"url": url, **more})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def deliver(postman: Postman) -> int:
    return sum(postman.serve(endpoint_id) for endpoint_id in postman.claim(10))


def feed(caller: APIClient, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"/api/v1/events{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_what_happens_to_a_listing_is_told_signed_and_thin(
    brewer: APIClient, brewery: Organisation, grain: Any, receiver: Receiver, postman: Postman
) -> None:
    hook = register(brewer, receiver.url)
    offer = brewer.post("/api/v1/offers", posting(brewery, title="secret words")).json()
    address = f"/api/v1/offers/{offer['id']}"
    brewer.patch(address, {"title": "other words"}, HTTP_IF_MATCH="*")
    brewer.delete(address, HTTP_IF_MATCH="*")
    assert deliver(postman) == 3

    verifier = Webhook(hook["secret"])
    told = [verifier.verify(letter.body, letter.headers) for letter in receiver.letters]
    assert [event["type"] for event in told] == ["offer.created", "offer.updated", "offer.gone"]
    assert [event["data"]["version"] for event in told] == [1, 2, 3]
    assert {event["data"]["url"] for event in told} == {address}
    assert all(b"words" not in letter.body for letter in receiver.letters)
    assert told == feed(brewer)
    assert deliver(postman) == 0


def test_a_tampered_letter_does_not_verify(
    brewer: APIClient, brewery: Organisation, receiver: Receiver, postman: Postman
) -> None:
    hook = register(brewer, receiver.url)
    OfferFactory(site=brewery.sites.get())
    deliver(postman)
    letter = receiver.letters[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(letter.body + b" ", letter.headers)
    late = {**letter.headers, "webhook-timestamp": str(int(time.time()) - 301)}
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(letter.body, late)


def test_nothing_is_told_of_what_was_rolled_back_or_not_final(
    brewer: APIClient, brewery: Organisation, receiver: Receiver, postman: Postman
) -> None:
    register(brewer, receiver.url)
    with transaction.atomic():
        OfferFactory(site=brewery.sites.get())
        transaction.set_rollback(True)
    assert (feed(brewer), deliver(postman)) == ([], 0)
    with transaction.atomic():
        OfferFactory(site=brewery.sites.get())
        assert feed(brewer) == []
    assert [event["type"] for event in feed(brewer)] == ["offer.created"]


def test_only_the_parties_are_told(
    brewer: APIClient,
    farmer: APIClient,
    brewery: Organisation,
    farm: Organisation,
    receiver: Receiver,
    postman: Postman,
) -> None:
    register(farmer, receiver.url)
    for visibility in ("public", "members", "anonymous"):
        offer = OfferFactory(site=brewery.sites.get(), visibility=visibility)
        offer.version = 2
        offer.save()
    assert len(feed(brewer)) == 6
    assert (feed(farmer), deliver(postman), receiver.letters) == ([], 0, [])


def test_a_proposal_is_told_to_both_its_parties(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, farm: Organisation, grain: Any
) -> None:
    NeedFactory(site=farm.sites.get())
    posted = brewer.post("/api/v1/offers", posting(brewery)).json()
    (proposal,) = posted["proposals"]
    for caller in (brewer, farmer):
        told = feed(caller, "?object=proposal")
        assert [(e["type"], e["data"]["id"]) for e in told] == [
            ("proposal.created", proposal["id"])
        ]
    brewer.delete(f"/api/v1/offers/{posted['id']}", HTTP_IF_MATCH="*")
    types = {event["type"] for event in feed(farmer, "?object=proposal")}
    assert "proposal.updated" not in types


def test_an_exchange_is_told_to_both_its_parties_and_nobody_else(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, farm: Organisation, grain: Any
) -> None:
    NeedFactory(site=farm.sites.get())
    (proposal,) = brewer.post("/api/v1/offers", posting(brewery)).json()["proposals"]
    opened = brewer.post("/api/v1/exchanges", {"proposal": proposal["id"]})
    assert opened.status_code == 201, opened.content
    stranger = program(OrganisationFactory())
    told = [feed(caller, "?object=exchange") for caller in (brewer, farmer, stranger)]
    assert told[0] == told[1]
    assert [event["data"]["id"] for event in told[0]][:1] == [opened.json()["id"]]
    assert told[0][0]["type"] == "exchange.created"
    assert told[2] == []


def test_a_delivery_is_told_to_both_sides_when_recorded_and_when_answered() -> None:
    two = pair()
    told_by_the_receiver(two, confirmed=True)
    holder, receiver = program(two.offer.organisation), program(two.need.organisation)
    heard = feed(holder, "?object=delivery")
    assert [event["type"] for event in heard] == ["delivery.created", "delivery.confirmed"]
    assert heard == feed(receiver, "?object=delivery")
    assert holder.get(heard[0]["data"]["url"]).json()["status"] == "confirmed"
    assert feed(program(OrganisationFactory()), "?object=delivery") == []
    narrow = program(two.offer.organisation, "events:read exchanges:read")
    assert {event["data"]["object"] for event in feed(narrow)} == {"exchange"}


def test_a_scope_bounds_what_is_told(brewery: Organisation) -> None:
    OfferFactory(site=brewery.sites.get())
    NeedFactory(site=brewery.sites.get())
    narrow = program(brewery, "events:read needs:read webhooks:write")
    assert [event["type"] for event in feed(narrow)] == ["need.created"]
    answer = narrow.post("/api/v1/webhooks", {"url": "https://8.8.8.8/", "types": ["offer.gone"]})
    assert answer.json()["errors"][0]["pointer"] == "/types"
    made = narrow.post("/api/v1/webhooks", {"url": "https://8.8.8.8/"}).json()
    assert {name.partition(".")[0] for name in made["types"]} == {"need"}


def test_consent_taken_back_withholds_what_is_still_to_be_sent(
    brewery: Organisation, receiver: Receiver, postman: Postman, clock: Clock
) -> None:
    cluster = OrganisationFactory(type="cluster")
    link = Affiliation.objects.create(member=brewery, host=cluster, consent_given_at=timezone.now())
    register(program(cluster), receiver.url)
    receiver.answer = status(500)
    OfferFactory(site=brewery.sites.get())
    assert deliver(postman) == 1
    Affiliation.objects.filter(pk=link.pk).update(consent_given_at=None)
    clock.forward(minutes=2)
    assert deliver(postman) == 0
    assert Dispatch.objects.get().state == Dispatch.State.WITHHELD


def test_a_revoked_program_is_told_no_more(
    brewer: APIClient, brewery: Organisation, receiver: Receiver, postman: Postman
) -> None:
    register(brewer, receiver.url)
    OfferFactory(site=brewery.sites.get())
    Client.objects.update(revoked_at=timezone.now())
    assert (deliver(postman), receiver.letters) == (0, [])
    assert Endpoint.objects.get().stopped == Endpoint.Stop.PAUSED


class TestRetries:
    @pytest.fixture
    def hook(self, brewer: APIClient, brewery: Organisation, receiver: Receiver) -> dict[str, Any]:
        made = register(brewer, receiver.url)
        OfferFactory(site=brewery.sites.get())
        return made

    def test_the_same_id_and_bytes_until_the_receiver_answers(
        self, hook: Any, receiver: Receiver, postman: Postman, clock: Clock
    ) -> None:
        for code in (500, 302, 404, 503, 200):
            receiver.answer = status(code)
            deliver(postman)
            clock.forward(hours=2)
        assert len(receiver.letters) == 5
        assert len({(letter.id, letter.body) for letter in receiver.letters}) == 1
        stamps = {letter.headers["webhook-timestamp"] for letter in receiver.letters}
        assert len(stamps) == 5
        assert Dispatch.objects.get().state == Dispatch.State.DELIVERED

    def test_for_three_days_at_least_whatever_chance_says(self) -> None:
        for seed in range(200):
            chance = Random(seed)
            waits = [schedule.delay(n + 1, chance=chance) for n in range(len(schedule.STEPS))]
            assert sum(waits, timedelta()) >= timedelta(hours=72)  # type: ignore[arg-type]
        assert schedule.delay(len(schedule.STEPS) + 1, chance=Random(1)) is None

    def test_giving_up_stops_the_endpoint_and_says_why(
        self, hook: Any, receiver: Receiver, postman: Postman, clock: Clock, brewer: APIClient
    ) -> None:
        receiver.answer = status(500)
        for _try in range(len(schedule.STEPS) + 1):
            assert deliver(postman) == 1
            clock.forward(hours=30)
        assert deliver(postman) == 0
        shown = brewer.get(f"/api/v1/webhooks/{hook['id']}").json()
        assert (shown["active"], shown["stopped"]) == (False, "failing")
        (logged,) = brewer.get("/api/v1/webhook-deliveries?state=failed").json()["results"]
        assert len(logged["attempts"]) == len(schedule.STEPS) + 1

    def test_gone_stops_the_endpoint_until_its_owner_says_otherwise(
        self, hook: Any, receiver: Receiver, postman: Postman, clock: Clock, brewer: APIClient
    ) -> None:
        receiver.answer = status(410)
        assert deliver(postman) == 1
        clock.forward(days=1)
        assert deliver(postman) == 0
        (logged,) = brewer.get("/api/v1/webhook-deliveries").json()["results"]
        again = f"/api/v1/webhook-deliveries/{logged['id']}/redeliver"
        assert brewer.post(again).status_code == 409
        receiver.answer = status(204)
        address = f"/api/v1/webhooks/{hook['id']}"
        revived = brewer.patch(address, {"active": True}, HTTP_IF_MATCH="*")
        assert revived.json()["stopped"] is None
        assert deliver(postman) == 1

    def test_the_receiver_may_ask_for_a_longer_wait(
        self, hook: Any, receiver: Receiver, postman: Postman, clock: Clock
    ) -> None:
        receiver.answer = status(429, Retry_After="3600")
        deliver(postman)
        clock.forward(minutes=59)
        assert deliver(postman) == 0
        clock.forward(minutes=2)
        assert deliver(postman) == 1

    def test_redelivery_on_request(
        self, hook: Any, receiver: Receiver, postman: Postman, brewer: APIClient, clock: Clock
    ) -> None:
        deliver(postman)
        (logged,) = brewer.get("/api/v1/webhook-deliveries").json()["results"]
        assert [entry["status"] for entry in logged["attempts"]] == [200]
        again = brewer.post(f"/api/v1/webhook-deliveries/{logged['id']}/redeliver")
        assert (again.status_code, again.json()["state"]) == (202, "pending")
        clock.forward(minutes=5)
        deliver(postman)
        first, second = receiver.letters
        assert (first.id, first.body) == (second.id, second.body)

    def test_a_dead_endpoint_delays_no_other(
        self, hook: Any, brewer: APIClient, brewery: Organisation, receiver: Receiver,
        postman: Postman, clock: Clock,
    ) -> None:  # fmt: skip
        receiver.answer = status(500)
        with receiving() as other:
            register(brewer, other.url)
            for _number in range(5):
                OfferFactory(site=brewery.sites.get())
            deliver(postman)
            assert len(other.letters) == 5
            assert len(receiver.letters) == 1  # then it rests


def test_ping_and_rotation(
    brewer: APIClient, receiver: Receiver, postman: Postman, clock: Clock
) -> None:
    hook = register(brewer, receiver.url)
    address = f"/api/v1/webhooks/{hook['id']}"
    rotated = brewer.post(f"{address}/secret").json()
    assert rotated["secret"] != hook["secret"]
    assert brewer.post(f"{address}/ping").status_code == 202
    clock.forward(minutes=5)
    deliver(postman)
    letter = receiver.letters[0]
    for secret in (hook["secret"], rotated["secret"]):
        assert Webhook(secret).verify(letter.body, letter.headers)["type"] == "webhook.ping"
    clock.forward(days=1, minutes=1)
    brewer.post(f"{address}/ping")
    deliver(postman)
    letter = receiver.letters[1]
    moved = {**letter.headers}
    assert len(moved["webhook-signature"].split()) == 1


def test_secrets_are_not_readable_in_the_database(brewer: APIClient) -> None:
    hook = register(brewer, "https://8.8.8.8/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM api_endpoint e")
        row = cursor.fetchone()[0]
        cursor.execute("SELECT r::text FROM api_idempotentrequest r")
        answers = cursor.fetchall()
    bare = hook["secret"].removeprefix("whsec_")
    assert bare not in row
    assert bare.encode().hex() not in row
    assert all(bare not in text for (text,) in answers)
    for shown in (brewer.get("/api/v1/webhooks"), brewer.get(f"/api/v1/webhooks/{hook['id']}")):
        assert "secret" not in shown.content.decode()


def test_an_address_inside_a_network_is_refused_at_saving(brewer: APIClient, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    for url in ("http://8.8.8.8/", "https://127.0.0.1/", "https://[::1]/", "https://8.8.8.8:8443/"):
        answer = brewer.post("/api/v1/webhooks", {"url": url})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/url"
    made = register(brewer, "https://8.8.8.8/")
    address = f"/api/v1/webhooks/{made['id']}"
    changed = brewer.patch(address, {"url": "https://10.0.0.1/"}, HTTP_IF_MATCH="*")
    assert changed.status_code == 400


def test_the_feed_reads_on_from_a_cursor(brewer: APIClient, brewery: Organisation) -> None:
    for _number in range(5):
        OfferFactory(site=brewery.sites.get())
    first = brewer.get("/api/v1/events?limit=3").json()
    OfferFactory(site=brewery.sites.get())
    second = brewer.get(first["next"].replace("http://testserver", "")).json()
    ids = [event["id"] for event in (*first["results"], *second["results"])]
    assert len(ids) == len(set(ids)) == 6
    Event.objects.update(occurred_at=timezone.now() - timedelta(days=31))
    assert feed(brewer) == []
