"""What happens inside an exchange reaches its two parties through the feed, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.models import Organisation
from tests.api.callers import program
from tests.exchange_stories import Pair
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


def _told(caller: APIClient, **query: str) -> list[tuple[str, str]]:
    answer = caller.get("/api/v1/events", {"object": "exchange", **query})
    assert answer.status_code == 200, answer.content
    return [(event["type"], event["data"]["url"]) for event in answer.json()["results"]]


@pytest.fixture(autouse=True)
def _final(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside the test's transaction nothing is final yet; the feed is read as if it were."""
    monkeypatch.setattr("api.webhooks.outbox.horizon", lambda: 2**62)


def test_messages_and_documents_are_told_to_both_parties_alone(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, farm: Organisation
) -> None:
    pair = Pair(OfferFactory(site=brewery.sites.get()), NeedFactory(site=farm.sites.get()))
    address = f"/api/v1/exchanges/{pair.disclosed().public_id}"
    before = len(_told(farmer))
    assert brewer.post(f"{address}/messages", {"body": "A secret word"}).status_code == 201
    paper: dict[str, Any] = {"name": "a.txt", "content": "YQ=="}
    assert farmer.post(f"{address}/documents", paper).status_code == 201
    wanted = [("exchange.message", address), ("exchange.document", address)]
    for party in (brewer, farmer):
        assert _told(party)[before:] == wanted
        assert b"secret word" not in party.get("/api/v1/events").content
    assert _told(farmer, type="exchange.message") == wanted[:1]
    assert _told(program(OrganisationFactory())) == []
