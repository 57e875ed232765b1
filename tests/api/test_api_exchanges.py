"""Exchanges over HTTP: two programs negotiate, and nobody else reads what they write."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.models import Document, Exchange, Offer, Organisation
from symbiosis.models import Proposal
from tests.api.callers import program
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def proposal(brewery: Organisation, farm: Organisation) -> Proposal:
    return _proposal(brewery, farm)


def _proposal(brewery: Organisation, farm: Organisation, **need: Any) -> Proposal:
    return Proposal.objects.create(
        offer=OfferFactory(site=brewery.sites.get()),
        need=NeedFactory(site=farm.sites.get(), **need),
        stage="planned",
        base_quantity=40_000,
        straight_m=1000,
        road_m=1300,
        value_cents=100,
        disposal_cents=50,
        purchase_cents=60,
        processing_cents=0,
        haulage_cents=10,
        value_cents_per_t=100,
        co2e_kg=5,
        price_low_cents_per_t=500,
        price_high_cents_per_t=900,
    )


def opened(caller: APIClient, proposal: Proposal) -> str:
    answer = caller.post("/api/v1/exchanges", {"proposal": proposal.public_id})
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/api/v1/exchanges/{answer.json()['id']}"
    return str(answer["Location"])


def moved(caller: APIClient, address: str, **body: Any) -> Any:
    return caller.post(f"{address}/moves", body, HTTP_IF_MATCH="*")


def disclosed(brewer: APIClient, farmer: APIClient, address: str) -> None:
    for caller, move in ((farmer, "interest"), (brewer, "share"), (farmer, "share")):
        assert moved(caller, address, move=move).status_code == 200


TERMS = {
    "quantity": {"value": "30", "unit": "t"},
    "price": {"amount": "7.50"},
    "starts_on": "2027-01-01",
    "incoterm": "DAP",
    "haulage_borne_by": "offer",
}


def test_from_proposal_to_agreement(
    brewer: APIClient, farmer: APIClient, proposal: Proposal
) -> None:
    address = opened(brewer, proposal)
    told = farmer.get(address).json()
    assert (told["state"], told["roles"]) == ("interest_one", ["need"])
    assert told["figures"]["price_range"]["low"] == {
        "amount": "5.00",
        "currency": "EUR",
        "per": "t",
    }
    assert {row["move"] for row in told["possible_moves"]} == {"interest", "decline", "plan"}
    disclosed(brewer, farmer, address)
    proposed = brewer.post(f"{address}/terms", TERMS, HTTP_IF_MATCH="*")
    assert proposed.status_code == 201
    assert proposed.json()["price"] == {"amount": "7.50", "currency": "EUR", "per": "t"}
    etag = farmer.get(address)["ETag"]
    body = {"move": "accept_terms", "terms": 1}
    agreed = farmer.post(f"{address}/moves", body, HTTP_IF_MATCH=etag)
    assert agreed.json()["state"] == "agreed"
    assert agreed.json()["reserved"]["offer"] == {"value": "30000", "unit": "kg"}
    assert Offer.objects.get().base_remaining == 70_000
    again = farmer.post(f"{address}/moves", body, HTTP_IF_MATCH=etag)
    assert again.status_code == 412
    history = [event["move"] for event in farmer.get(f"{address}/moves").json()["results"]]
    assert history == [
        *("open", "interest", "interest", "share", "share", "propose_terms", "accept_terms"),
    ]


def test_a_move_needs_a_version_and_repeats_once(
    brewer: APIClient, farmer: APIClient, proposal: Proposal
) -> None:
    address = opened(brewer, proposal)
    body = {"move": "interest"}
    assert farmer.post(f"{address}/moves", body).status_code == 428
    key = {"HTTP_IF_MATCH": "*", "HTTP_IDEMPOTENCY_KEY": "one"}
    first = farmer.post(f"{address}/moves", body, **key)
    second = farmer.post(f"{address}/moves", body, **key)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second["Idempotent-Replayed"] == "true"
    assert Exchange.objects.get().events.count() == 3


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"move": "decline"}, 400, "/reason"),
        ({"move": "plan"}, 400, "/due_on"),
        ({"move": "plan", "due_on": "2020-01-01"}, 400, "/due_on"),
        ({"move": "start"}, 409, "/move"),
        ({"move": "expire"}, 403, "/move"),
        ({"move": "propose_terms"}, 400, "/move"),
        ({"move": "interest", "role": "need"}, 403, "/exchange"),
        ({"move": "fly"}, 400, "/move"),
        ({"move": "interest", "mood": "good"}, 400, "/mood"),
    ],
)
def test_refused_moves_say_why_and_change_nothing(
    brewer: APIClient, proposal: Proposal, body: dict[str, Any], status: int, pointer: str
) -> None:
    address = opened(brewer, proposal)
    answer = moved(brewer, address, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    assert Exchange.objects.get().version == 2


def test_an_anonymous_side_has_no_name_before_both_opted_in(
    brewery: Organisation, farm: Organisation, brewer: APIClient, farmer: APIClient
) -> None:
    proposal = _proposal(brewery, farm, visibility="anonymous", title="Тайна ферма")
    address = opened(brewer, proposal)
    for caller, move in ((farmer, "interest"), (farmer, "share")):
        moved(caller, address, move=move)
        told = brewer.get(address)
        assert (told.json()["need"]["organisation"], told.json()["figures"]) == (None, None)
        for word in ("Farm", "Ферма", "ферма", "40000"):
            assert word not in told.content.decode()
    moved(brewer, address, move="share")
    told = brewer.get(address).json()
    assert told["need"]["organisation"]["label"] == "Farm Ltd"
    assert told["figures"]["quantity"] == {"value": "40000", "unit": "kg"}


def test_messages_and_documents_stay_between_the_two(
    brewer: APIClient, farmer: APIClient, proposal: Proposal
) -> None:
    address = opened(brewer, proposal)
    stranger = program(OrganisationFactory())
    assert brewer.post(f"{address}/messages", {"body": "Суха ли е?"}).status_code == 201
    content = b64encode(PDF).decode()
    made = farmer.post(f"{address}/documents", {"name": "анализ.pdf", "content": content})
    assert made.status_code == 201, made.content
    assert farmer.get(f"{address}/messages").json()["results"][0]["body"] == "Суха ли е?"
    whole = brewer.get(made["Location"]).json()
    assert (b64decode(whole["content"]), whole["content_type"]) == (PDF, "application/pdf")
    for path in (address, f"{address}/messages", f"{address}/documents", made["Location"]):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{address}/messages", {"body": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"MZ", "type_not_allowed"),
        ("a.pdf", b"<html>", "not_what_it_says"),
        ("a.png", PDF, "not_what_it_says"),
        ("a.csv", b"\x00\x01", "not_what_it_says"),
        ("a.txt", b"", "empty"),
        ("../a.txt", b"a", "control_character"),
        ("a.svg", b"<svg onload=alert(1)>", "type_not_allowed"),
    ],
)
def test_only_files_that_are_what_they_say(
    brewer: APIClient, proposal: Proposal, name: str, data: bytes, code: str
) -> None:
    address = opened(brewer, proposal)
    body = {"name": name, "content": b64encode(data).decode()}
    answer = brewer.post(f"{address}/documents", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)
    assert not Document.objects.exists()


def test_a_proposal_nobody_may_see_is_not_taken_up(
    brewery: Organisation, farm: Organisation, proposal: Proposal
) -> None:
    stranger = program(OrganisationFactory())
    answer = stranger.post("/api/v1/exchanges", {"proposal": proposal.public_id})
    assert answer.status_code == 403
    hidden = _proposal(farm, brewery, visibility="anonymous")
    answer = stranger.post("/api/v1/exchanges", {"proposal": hidden.public_id})
    assert answer.json()["errors"][0]["code"] == "unknown_reference"


def test_lists_filter_by_what_is_due(
    brewer: APIClient, farmer: APIClient, proposal: Proposal
) -> None:
    address = opened(brewer, proposal)

    def found(query: str) -> int:
        return len(brewer.get(f"/api/v1/exchanges?{query}").json()["results"])

    assert found("open=true") == found("mine=true") == found("state=interest_one") == 1
    assert found("due_by=2020-01-01") == found("open=false") == found("mine=false") == 0
    assert found("due_by=2100-01-01") == found("material=brewers-spent-grain") == 1
    assert found("region=BG4") == 1
    moved(farmer, address, move="decline", reason="quality")
    assert found("open=true") == 0
    assert brewer.get(address).json()["loss_reason"] == "quality"
