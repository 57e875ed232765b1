"""Exchanges led through services: planned, explained, shown, and kept by the resident matcher."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.translation import override

from marketplace.errors import InvalidInput
from marketplace.firms.viewers import ANYONE
from marketplace.listings.models import Service
from marketplace.models import Offer, WasteCode
from symbiosis.catalogue import current_catalogue
from symbiosis.legality import verdicts_on
from symbiosis.models import MatchRun, Proposal
from symbiosis.reasons import worded
from symbiosis.resident.keeper import Keeper
from symbiosis.services import run_matching
from symbiosis.taking_up import open_from_proposal
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def match():
    return run_matching(as_of=TODAY, now=lambda: NOW)


@pytest.fixture
def wet():
    return MaterialFactory(code="wet-grain", name_en="Wet grain", name_bg="Влажно зърно")


@pytest.fixture
def dry():
    return MaterialFactory(
        code="dry-grain", name_en="Dried grain", name_bg="Сушено зърно",
        disposal_cents_per_t=0, purchase_cents_per_t=30_000, substitution=None,
    )  # fmt: skip


@pytest.fixture
def milled():
    return MaterialFactory(
        code="grain-meal", name_en="Grain meal", name_bg="Зърнен шрот",
        disposal_cents_per_t=0, purchase_cents_per_t=60_000, substitution=None,
    )  # fmt: skip


def service(takes, gives, *, tonnes=50, share="0.5", cost=2_000, kind="processing", **more):
    site = SiteFactory(lon=24.0, lat=42.5, region=RegionFactory(code="BG421", name_en="Plovdiv"))
    return Service.objects.create(
        organisation=site.organisation, site=site, kind=kind, title=more.pop("title", "Drying"),
        input_material=takes, output_material=gives, base_capacity=tonnes * 1_000,
        yield_ratio=Decimal(share), cost_cents=cost, **more,
    )  # fmt: skip


def test_a_dryer_turns_an_offer_into_what_a_need_accepts(wet, dry):
    offer = OfferFactory(material=wet, quantity_value=Decimal(100))
    need = NeedFactory(material=dry, quantity_value=Decimal(20))
    match()
    assert not Proposal.objects.exists()
    dryer = service(wet, dry)
    summary = match()
    proposal = Proposal.objects.get()
    assert (proposal.offer, proposal.need, proposal.service_ids) == (offer, need, [dryer.pk])
    assert (proposal.base_quantity, proposal.delivered_quantity) == (40_000, 20_000)
    assert proposal.disposal_cents == 40 * 7_000
    assert proposal.purchase_cents == 20 * 30_000
    assert proposal.processing_cents == 40 * 2_000 == proposal.legs[0]["cost_cents"]
    assert proposal.value_cents == (
        proposal.disposal_cents
        + proposal.purchase_cents
        - proposal.processing_cents
        - proposal.haulage_cents
    )
    run = summary.posted
    assert run.status == MatchRun.Status.SAVED
    assert int(run.objective) == pytest.approx(proposal.value_cents, abs=2)
    assert run.gap_percent < Decimal("0.01")


def test_capacity_and_a_second_step_are_kept(wet, dry, milled):
    OfferFactory(material=wet, quantity_value=Decimal(100))
    NeedFactory(material=milled, quantity_value=Decimal(90))
    service(wet, dry, tonnes=50)
    service(dry, milled, share="0.8", cost=3_000, title="Milling")
    match()
    proposal = Proposal.objects.get()
    assert len(proposal.legs) == 2
    assert [leg["title"] for leg in proposal.legs] == ["Drying", "Milling"]
    assert (proposal.base_quantity, proposal.delivered_quantity) == (50_000, 20_000)
    assert proposal.processing_cents == sum(leg["cost_cents"] for leg in proposal.legs)
    assert proposal.processing_cents == 50 * 2_000 + 25 * 3_000


def test_a_permit_takes_only_its_codes_and_asks_for_one_not_told(wet, dry):
    codes = [
        WasteCode.objects.create(code=code, name_en=code, name_bg=code)
        for code in ("020704", "020304")
    ]
    refused = OfferFactory(material=wet, waste_status="waste", waste_code=codes[1])
    NeedFactory(material=dry)
    service(wet, dry).permitted_codes.add(codes[0])
    match()
    assert not Proposal.objects.exists()
    Offer.objects.filter(pk=refused.pk).update(waste_code=None)
    match()
    with override("en"):
        told = " ".join(worded(Proposal.objects.get().reasons))
    assert "020704" in told
    assert "gives no code yet" in told


def test_the_verdict_is_on_the_way_to_the_processor(wet, dry):
    OfferFactory(material=wet, waste_status="waste")
    NeedFactory(material=dry)
    service(wet, dry)
    match()
    proposal = Proposal.objects.with_parties().get()
    verdict = verdicts_on([proposal], ANYONE, current_catalogue(), day=TODAY)[proposal.pk]
    assert verdict.missing


def test_two_ends_of_one_firm_are_not_led_to_one_another(wet, dry):
    offer = OfferFactory(material=wet)
    NeedFactory(material=dry, site=offer.site)
    service(wet, dry)
    match()
    assert not Proposal.objects.exists()


def test_direct_and_led_exchanges_never_place_a_tonne_twice(wet, dry):
    for tonnes in (30, 50):
        OfferFactory(material=wet, quantity_value=Decimal(tonnes))
    NeedFactory(material=wet, quantity_value=Decimal(25))
    NeedFactory(material=dry, quantity_value=Decimal(20))
    service(wet, dry)
    match()
    placed: dict[int, int] = {}
    for proposal in Proposal.objects.all():
        placed[proposal.offer_id] = placed.get(proposal.offer_id, 0) + proposal.base_quantity
    assert sum(placed.values()) == 65_000
    assert all(kg <= Offer.objects.get(pk=pk).base_quantity for pk, kg in placed.items())


def test_a_store_bridges_what_months_keep_apart(wet):
    OfferFactory(material=wet, months=[9, 10], quantity_value=Decimal(100))
    NeedFactory(material=wet, months=[2], quantity_value=Decimal(100), price_cents=50_000)
    match()
    assert not Proposal.objects.exists()
    service(wet, wet, tonnes=60, share="1", cost=300, kind="storage", title="Silo")
    match()
    proposal = Proposal.objects.get()
    assert proposal.base_quantity == proposal.delivered_quantity == 60_000
    # From October, the last month of the one season, to February: four months kept.
    assert proposal.legs[0]["months"] == [[10, 2]]
    assert proposal.legs[0]["cost_cents"] == 60 * 4 * 300
    with override("bg"):
        assert any("Октомври → Февруари" in text for text in worded(proposal.reasons))


def test_the_page_and_the_answer_tell_the_way(wet, dry, client: Client):
    OfferFactory(material=wet)
    NeedFactory(material=dry, quantity_value=Decimal(20))
    service(wet, dry, title="Сушилня")
    match()
    proposal = Proposal.objects.get()
    for language, heading in (("en", "Through which services"), ("bg", "През кои услуги")):
        page = client.get(
            f"/proposals/{proposal.public_id}/", headers={"accept-language": language}
        ).content.decode()
        assert heading in page
        assert "Сушилня" in page
        assert "proposal_open" not in page
    told = client.get(f"/api/v1/proposals/{proposal.public_id}").json()
    assert told["delivered"] == {"value": "20000", "unit": "kg"}
    (step,) = told["through"]
    assert step["quantity_in"]["value"] == told["quantity"]["value"] == "40000"
    assert step["cost"] == told["value"]["processing"]


def test_it_is_not_opened_as_an_exchange_of_its_two_ends(wet, dry):
    OfferFactory(material=wet)
    NeedFactory(material=dry)
    service(wet, dry)
    match()
    with pytest.raises(InvalidInput):
        open_from_proposal(viewer=ANYONE, proposal=Proposal.objects.get(), now=NOW)


def test_the_resident_matcher_keeps_routes_until_a_listing_changes(wet, dry):
    offer = OfferFactory(material=wet, quantity_value=Decimal(100))
    NeedFactory(material=dry, quantity_value=Decimal(20))
    NeedFactory(material=wet, quantity_value=Decimal(200))
    service(wet, dry)
    keeper = Keeper(day=TODAY, now=lambda: NOW)
    by_route = {bool(p.route): p.base_quantity for p in Proposal.objects.all()}
    assert by_route == {True: 40_000, False: 60_000}
    built = int(keeper.runs[0].objective)
    cold = match().posted
    assert built == pytest.approx(int(cold.objective), abs=2)
    keeper = Keeper(day=TODAY, now=lambda: NOW)
    Offer.objects.filter(pk=offer.pk).update(quantity_value=90, base_quantity=90_000)
    keeper.take_changes()
    assert {bool(p.route): p.base_quantity for p in Proposal.objects.all()} == {False: 90_000}
    assert keeper.worn(TODAY) is False
    Service.objects.update(cost_cents=100, updated_at=NOW)
    assert keeper.worn(TODAY) is True
