"""A posting answers with its ranked proposals, written in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from marketplace.models import Material, Need, Offer, Organisation
from symbiosis.models import Proposal
from tests.factories import PLOVDIV, MaterialFactory, NeedFactory, OfferFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_needs(grain: Material) -> tuple[Any, Any]:
    """The same need nearby and in Plovdiv."""
    near = NeedFactory(site=SiteFactory(lon=23.4, lat=42.7))
    far = NeedFactory(site=SiteFactory(lon=PLOVDIV[0], lat=PLOVDIV[1]))
    return near, far


def posting(organisation: Organisation, **changes: Any) -> dict[str, Any]:
    body = {
        "site": organisation.sites.get().public_id,
        "material": "brewers-spent-grain",
        "quantity": {"value": "60", "unit": "t"},
    }
    return {**body, **changes}


def test_an_offer_comes_back_with_its_needs_best_first(
    brewer: APIClient, brewery: Organisation, two_needs: tuple[Need, Need]
) -> None:
    body = brewer.post("/api/v1/offers", posting(brewery)).json()
    near, far = two_needs
    assert [p["need"]["id"] for p in body["proposals"]] == [near.public_id, far.public_id]
    best = body["proposals"][0]
    assert best["stage"] == "candidate"
    assert best["quantity"] == {"value": "60000", "unit": "kg"}
    parts = {name: round(float(euro) * 100) for name, euro in best["value"].items() if "." in euro}
    assert parts["total"] == (
        parts["disposal"]
        + parts["purchase"]
        + parts["carbon"]
        - parts["processing"]
        - parts["haulage"]
    )
    assert best["reasons"]
    again = brewer.get(f"/api/v1/offers/{body['id']}/proposals").json()["results"]
    assert [p["id"] for p in again] == [p["id"] for p in body["proposals"]]


def test_a_need_comes_back_with_its_offers(
    farmer: APIClient, farm: Organisation, grain: Material
) -> None:
    offer = OfferFactory(site=SiteFactory(lon=23.4, lat=42.7))
    body = farmer.post("/api/v1/needs", posting(farm)).json()
    assert [p["offer"]["id"] for p in body["proposals"]] == [offer.public_id]


def test_a_need_may_name_a_use_and_an_offer_may_not(
    farmer: APIClient, farm: Organisation, grain: Material
) -> None:
    MaterialFactory(code="ruminant-feed", is_use=True)
    use = posting(farm, material="ruminant-feed")
    assert farmer.post("/api/v1/needs", use).status_code == 201
    refused = farmer.post("/api/v1/offers", use)
    assert [e["code"] for e in refused.json()["errors"]] == ["unknown_reference"]


def test_a_revision_is_ranked_by_what_it_says_now(
    brewer: APIClient, brewery: Organisation, two_needs: tuple[Need, Need]
) -> None:
    made = brewer.post("/api/v1/offers", posting(brewery))
    change = {"quantity": {"value": "25", "unit": "t"}}
    body = brewer.patch(made["Location"], change, HTTP_IF_MATCH=made["ETag"]).json()
    assert [p["quantity"]["value"] for p in body["proposals"]] == ["25000", "25000"]
    assert Proposal.objects.count() == 2
    out_of_season = {"pattern": "seasonal", "months": [7]}
    Need.objects.update(months=[1])
    body = brewer.patch(made["Location"], out_of_season, HTTP_IF_MATCH="*").json()
    assert body["proposals"] == []
    assert not Proposal.objects.exists()


def test_an_object_in_a_revision_is_whole(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    made = brewer.post("/api/v1/offers", posting(brewery))
    for change, missing in (
        ({"quantity": {"value": "25"}}, "/quantity/unit"),
        ({"quantity": {}}, "/quantity/value"),
        ({"price": {"currency": "EUR"}}, "/price/amount"),
    ):
        answer = brewer.patch(made["Location"], change, HTTP_IF_MATCH=made["ETag"])
        assert answer.status_code == 400, answer.content
        assert (missing, "required") in {(e["pointer"], e["code"]) for e in answer.json()["errors"]}


def test_a_replacement_is_ranked_too(
    brewer: APIClient, brewery: Organisation, two_needs: tuple[Need, Need]
) -> None:
    address = "/api/v1/offers/by-external-id/ERP-1"
    assert len(brewer.put(address, posting(brewery)).json()["proposals"]) == 2
    less = posting(brewery, quantity={"value": "10", "unit": "t"})
    replaced = brewer.put(address, less).json()
    assert {p["quantity"]["value"] for p in replaced["proposals"]} == {"10000"}


def test_neither_listing_nor_proposals_stay_when_ranking_fails(
    brewer: APIClient,
    brewery: Organisation,
    two_needs: tuple[Need, Need],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("symbiosis.ranking.save_exchanges", fail)
    brewer.raise_request_exception = False
    assert brewer.post("/api/v1/offers", posting(brewery)).status_code == 500
    assert not Offer.objects.exists()
    assert not Proposal.objects.exists()
