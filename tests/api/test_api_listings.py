"""Offers and needs through HTTP: post, read, revise, withdraw, upsert, keep in step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.models import Material, Offer, Organisation
from tests.factories import (
    PLOVDIV,
    MaterialFactory,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db


def posting(organisation: Organisation, **changes: Any) -> dict[str, Any]:
    """The least a listing needs."""
    body = {
        "site": organisation.sites.get().public_id,
        "material": "brewers-spent-grain",
        "quantity": {"value": "1200.5", "unit": "t", "basis": "year"},
    }
    return {**body, **changes}


def faults(answer: Any) -> set[tuple[str, str]]:
    """(pointer, code) of every fault of a 400."""
    assert answer.status_code == 400, answer.content
    return {(fault.get("pointer", ""), fault["code"]) for fault in answer.json()["errors"]}


def test_a_partial_listing_is_enough(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    answer = brewer.post("/api/v1/offers", posting(brewery))

    body = answer.json()
    assert answer.status_code == 201, body
    assert answer["Location"] == f"/api/v1/offers/{body['id']}"
    assert answer["ETag"].startswith('"1-')
    assert body["title"] == "Brewer's spent grain"
    assert body["quantity"] == {"value": "1200.5", "unit": "t", "basis": "year"}
    assert body["quantity_band"] == {"low": "1000000", "high": "2000000", "unit": "kg"}
    assert body["location"]["coordinates"] == [23.3219, 42.6977]
    assert body["region"]["id"] == "BG411"
    assert body["completeness"]["percent"] == 40
    assert body["completeness"]["open_questions"][0]["field"] == "waste_status"
    assert body["proposals"] == []
    assert brewer.get(answer["Location"]).json()["id"] == body["id"]


def test_everything_a_listing_can_say(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    WasteCodeFactory()
    said = posting(
        brewery,
        title="Каша, прясна",
        description="Два пъти седмично, в контейнер.",
        language="bg",
        pattern="seasonal",
        available_from="2027-03-01",
        available_until="2027-10-31",
        months=[4, 3, 5],
        min_lot="24",
        price={"amount": "-12.50", "currency": "EUR"},
        quality_notes="22 % сухо вещество",
        waste_status="waste",
        waste_code="020704",
        visibility="members",
        external_id="ERP-17",
    )
    body = brewer.post("/api/v1/offers", said).json()
    assert body["months"] == [3, 4, 5]
    assert body["min_lot"] == "24"
    assert body["price"] == {"amount": "-12.50", "currency": "EUR", "per": "t"}
    assert body["waste_code"] == "020704"
    assert body["available_until"] == "2027-10-31"
    assert body["external_id"] == "ERP-17"
    assert Offer.objects.get().base_quantity == 1_200_500


def test_energy_is_counted_in_its_own_units(brewer: APIClient, brewery: Organisation) -> None:
    MaterialFactory(code="waste-heat", kind="energy", name_en="Waste heat")
    quantity = {"value": "3.5", "unit": "GWh", "basis": "year"}
    body = brewer.post(
        "/api/v1/offers", posting(brewery, material="waste-heat", quantity=quantity)
    ).json()
    assert body["quantity_band"]["unit"] == "kWh"
    refused = brewer.post("/api/v1/offers", posting(brewery, material="waste-heat"))
    assert faults(refused) == {("/quantity/value", "wrong_unit")}


def test_all_faults_come_at_once(brewer: APIClient, brewery: Organisation, grain: Material) -> None:
    stranger = {"organisation": "org_00000000000000000000000000", "colour": "brown"}
    answer = brewer.post(
        "/api/v1/offers",
        stranger
        | posting(
            brewery,
            quantity={"value": 12.5, "unit": "stone", "basis": "year", "about": True},
            months=[13, "1"],
            available_from="2027-02-30",
            title="a\u202eb",
            price={"amount": "1.234"},
            status="sold",
        ),
    )
    assert faults(answer) == {
        ("/quantity/unit", "invalid_choice"),
        ("/quantity/about", "unknown_field"),
        ("/organisation", "read_only"),
        ("/colour", "unknown_field"),
        ("/months/0", "max_value"),
        ("/months/1", "invalid"),
        ("/available_from", "not_a_date"),
        ("/title", "control_character"),
        ("/price/amount", "too_precise"),
        ("/status", "invalid_choice"),
    }
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("0", "not_positive"),
        ("-5", "not_positive"),
        ("1e3", "not_a_number"),
        ("NaN", "not_a_number"),
        ("١٢", "not_a_number"),
        ("12,5", "not_a_number"),
        ("", "not_a_number"),
        (" 5", "not_a_number"),
        (True, "not_a_number"),
        (None, "null"),
        ([1], "not_a_number"),
        ("0.0000001", "too_precise"),
        ("9" * 30, "out_of_range"),
        ("99999999999", "too_large"),
    ],
)
def test_numbers_are_taken_exactly_or_not_at_all(
    brewer: APIClient, brewery: Organisation, grain: Material, value: Any, code: str
) -> None:
    quantity = {"value": value, "unit": "t"}
    answer = brewer.post("/api/v1/offers", posting(brewery, quantity=quantity))
    assert faults(answer) == {("/quantity/value", code)}


def test_the_site_must_be_ones_own(
    brewer: APIClient, brewery: Organisation, farm: Organisation, grain: Material
) -> None:
    foreign = brewer.post("/api/v1/offers", posting(farm))
    missing = brewer.post(
        "/api/v1/offers", posting(brewery, site="site_7zzzzzzzzzzzzzzzzzzzzzzzzz")
    )
    assert faults(foreign) == faults(missing) == {("/site", "unknown_reference")}


def test_revising_needs_the_etag_one_read(
    brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    made = brewer.post("/api/v1/offers", posting(brewery))
    address = made["Location"]
    change = {"price": {"amount": "15"}}

    assert brewer.patch(address, change).status_code == 428
    first = brewer.patch(address, change, HTTP_IF_MATCH=made["ETag"])
    assert (first.status_code, first.json()["price"]["amount"]) == (200, "15.00")
    assert first["ETag"].startswith('"2-')
    stale = brewer.patch(address, {"title": "x"}, HTTP_IF_MATCH=made["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert brewer.patch(address, {"title": "x"}, HTTP_IF_MATCH='"nonsense"').status_code == 412
    read = brewer.get(address, HTTP_ACCEPT_LANGUAGE="bg")
    assert brewer.patch(address, {"title": "x"}, HTTP_IF_MATCH=read["ETag"]).status_code == 200
    assert brewer.patch(address, {"price": None}, HTTP_IF_MATCH="*").json()["price"] is None


def test_withdrawing_hides_it_from_others(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    made = brewer.post("/api/v1/offers", posting(brewery))
    address = made["Location"]
    assert farmer.get(address).status_code == 200
    assert brewer.delete(address).status_code == 428
    assert brewer.delete(address, HTTP_IF_MATCH=made["ETag"]).status_code == 204
    assert farmer.get(address).status_code == 404
    assert brewer.get(address).json()["status"] == "withdrawn"


def test_others_may_read_but_not_write(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    address = brewer.post("/api/v1/offers", posting(brewery))["Location"]
    before = brewer.get(address)
    assert farmer.patch(address, {"title": "x"}, HTTP_IF_MATCH="*").status_code == 403
    assert farmer.delete(address, HTTP_IF_MATCH="*").status_code == 403
    assert brewer.get(address).content == before.content


def test_an_anonymous_listing_tells_outsiders_the_general_form(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    own = brewer.post(
        "/api/v1/offers",
        posting(
            brewery,
            visibility="anonymous",
            title="CANARY-title",
            description="CANARY-description",
            quality_notes="CANARY-quality",
            external_id="CANARY-erp",
            price={"amount": "77.31"},
            min_lot="19.5",
        ),
    ).json()
    address = f"/api/v1/offers/{own['id']}"
    told = farmer.get(address)
    assert told["ETag"].startswith('"0-')
    body = told.json()
    text = told.content.decode()
    for secret in ("CANARY", "77.31", "1200.5", "19.5", "Brewery", "Пивовара", "42.6977"):
        assert secret not in text
    assert brewery.sites.get().public_id not in text
    assert body["location_precision"] == "cell_5km"
    assert body["quantity"] is None
    assert body["quantity_band"]["low"] == "1000000"
    # Filters on what is withheld say nothing either.
    site = brewery.sites.get().public_id
    for query in (
        f"organisation={brewery.public_id}",
        f"site={site}",
        "q=CANARY",
        "price__gte=1",
        "price__lte=100",
        "external_id=CANARY-erp",
        "available_on=2027-01-01",
    ):
        assert farmer.get(f"/api/v1/offers?{query}").json()["results"] == [], query
        assert brewer.get(f"/api/v1/offers?{query}").json()["results"] or "external" not in query
    assert len(farmer.get("/api/v1/offers?q=grain").json()["results"]) == 1


def test_members_only_listings_need_a_credential(
    anyone: APIClient, brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    address = brewer.post("/api/v1/offers", posting(brewery, visibility="members"))["Location"]
    assert farmer.get(address).status_code == 200
    assert anyone.get(address).status_code == 404


def test_upsert_under_ones_own_id(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    address = "/api/v1/offers/by-external-id/ERP%2D17 а"
    assert brewer.get(address).status_code == 404
    made = brewer.put(address, posting(brewery, title="one", price={"amount": "5"}))
    again = brewer.put(address, posting(brewery, title="two"))
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    assert again.json()["title"] == "two"
    assert again.json()["price"] is None, "a replacement leaves nothing of what was there"
    assert again.json()["external_id"] == "ERP-17 а"
    assert brewer.get(address).json()["id"] == made.json()["id"]
    assert farmer.get(address).status_code == 404
    stale = brewer.put(address, posting(brewery), HTTP_IF_MATCH=made["ETag"])
    assert stale.status_code == 412
    assert Offer.objects.count() == 1


def test_two_organisations_use_the_same_external_id(
    brewer: APIClient,
    farmer: APIClient,
    brewery: Organisation,
    farm: Organisation,
    grain: Material,
) -> None:
    address = "/api/v1/needs/by-external-id/1"
    assert brewer.put(address, posting(brewery)).status_code == 201
    assert farmer.put(address, posting(farm)).status_code == 201
    duplicate = brewer.post("/api/v1/needs", posting(brewery, external_id="1"))
    assert (duplicate.status_code, duplicate.json()["code"]) == (409, "conflict")


def test_filters_by_place(anyone: APIClient, grain: Material) -> None:
    sofia = OfferFactory(site=SiteFactory(region=RegionFactory()))
    plovdiv = OfferFactory(
        site=SiteFactory(
            lon=PLOVDIV[0],
            lat=PLOVDIV[1],
            region=RegionFactory(code="BG421", name_en="Plovdiv", name_bg="Пловдив"),
        )
    )

    def found(query: str) -> list[str]:
        answer = anyone.get(f"/api/v1/offers?{query}&ordering=created_at")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert found("region=BG421") == [plovdiv.public_id]
    assert found("region=BG4") == [sofia.public_id, plovdiv.public_id]
    assert found("near=23.3,42.7&radius_km=20") == [sofia.public_id]
    assert found("near=23.3,42.7&radius_km=300") == [sofia.public_id, plovdiv.public_id]
    assert found("bbox=24,42,25,43") == [plovdiv.public_id]
    assert found("bbox=0,0,1,1") == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("near=23.3,42.7", "radius_km"),
        ("radius_km=20", "near"),
        ("near=23.3,42.7&radius_km=9", "radius_km"),
        ("near=23.3,42.7&radius_km=99999", "radius_km"),
        ("near=23.3&radius_km=20", "near"),
        ("near=23.3,nan&radius_km=20", "near"),
        ("near=181,42.7&radius_km=20", "near"),
        ("near=1e1,42.7&radius_km=20", "near"),
        ("bbox=24,42,25", "bbox"),
        ("bbox=25,42,24,43", "bbox"),
        ("bbox=24,-91,25,43", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("updated_since=2027-01-01", "updated_since"),
        ("updated_since=2027-01-01T00:00:00", "updated_since"),
        ("updated_since=2027-13-01T00:00:00Z", "updated_since"),
        ("available_on=01.03.2027", "available_on"),
        ("organisation=org_1", "organisation"),
        ("organisation=offer_7zzzzzzzzzzzzzzzzzzzzzzzzz", "organisation"),
        ("price__gte=1e9", "price__gte"),
        ("ordering=quantity", "ordering"),
        ("ordering=site__location", "ordering"),
        ("organisation__memberships__user__password__startswith=a", None),
    ],
)
def test_bad_filters_are_named(anyone: APIClient, query: str, parameter: str | None) -> None:
    answer = anyone.get(f"/api/v1/offers?{query}")
    assert answer.status_code == 400, answer.content
    named = [fault["parameter"] for fault in answer.json()["errors"]]
    assert named == [parameter or query.split("=")[0]]


def test_more_filters(
    anyone: APIClient, brewer: APIClient, brewery: Organisation, grain: Material
) -> None:
    own = brewer.post("/api/v1/needs", posting(brewery, price={"amount": "20"})).json()["id"]
    pet = MaterialFactory(code="pet", pillar="plastics-packaging", name_en="PET", name_bg="ПЕТ")
    other = NeedFactory(material=pet, origin="inferred", title="Пластмаса").public_id

    def found(query: str) -> set[str]:
        answer = brewer.get(f"/api/v1/needs?{query}")
        assert answer.status_code == 200, answer.content
        return {row["id"] for row in answer.json()["results"]}

    assert found("mine=true") == {own}
    assert found("mine=false") == {other}
    assert found("inferred=true") == {other}
    assert found("pillar=agrarian") == {own}
    assert found("material__in=pet,brewers-spent-grain") == {own, other}
    assert found("q=пласт") == {other}
    assert found("q=пивоварна") == {own}
    assert found("price__gte=20&price__lte=20") == {own}
    assert found("price__gte=20.01") == set()
    assert found(f"organisation={brewery.public_id}") == {own}
    assert found("kind=energy") == set()


def test_keeping_in_step_hears_of_what_is_gone(
    brewer: APIClient, farmer: APIClient, brewery: Organisation, grain: Material
) -> None:
    stays = brewer.post("/api/v1/offers", posting(brewery)).json()["id"]
    leaves = brewer.post("/api/v1/offers", posting(brewery)).json()["id"]
    since = timezone.now()
    brewer.delete(f"/api/v1/offers/{leaves}", HTTP_IF_MATCH="*")

    moment = since.isoformat().replace("+00:00", "Z")
    rows = farmer.get("/api/v1/offers", {"updated_since": moment}).json()["results"]
    assert rows == [{"id": leaves, "object": "offer", "status": "gone"}]
    long_ago = (since - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    rows = farmer.get("/api/v1/offers", {"updated_since": long_ago}).json()["results"]
    assert {row["id"]: row["status"] for row in rows} == {stays: "open", leaves: "gone"}
    assert [row["id"] for row in farmer.get("/api/v1/offers").json()["results"]] == [stays]
