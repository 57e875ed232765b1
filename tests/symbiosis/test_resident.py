"""The resident matcher: every change repaired in the database to what a cold run would find."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from marketplace.models import Need, Offer
from symbiosis.core.errors import PlanError
from symbiosis.core.national import match_market
from symbiosis.core.params import Params
from symbiosis.models import ListingChange, MatchRun, NeedPrice, OfferPrice, Proposal
from symbiosis.resident.keeper import Keeper, Superseded
from symbiosis.services import run_matching
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, SiteFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXACT = Params().but(all_pairs_gap=0.0)


def keeper() -> Keeper:
    return Keeper(day=TODAY, now=lambda: NOW)


def saved():
    """Everything the plan says, by pair."""
    return {
        (p.offer_id, p.need_id): (
            p.base_quantity,
            p.value_cents,
            p.reasons,
            p.price_low_cents_per_t,
            p.price_high_cents_per_t,
        )
        for p in Proposal.objects.planned()
    }


def objectives(runs):
    return [int(run.objective) for run in runs]


def cold():
    """Both layers' objectives of a run from nothing."""
    summary = run_matching(as_of=TODAY, now=lambda: NOW, params=EXACT)
    return objectives((summary.posted, summary.inferred))


@pytest.fixture
def materials():
    return [
        MaterialFactory(code=f"stream-{n}", name_en=f"Stream {n}", name_bg=f"Поток {n}")
        for n in range(2)
    ]


def post(chance, materials, *, origin="posted"):
    make = chance.choice([OfferFactory, NeedFactory])
    site = SiteFactory(lon=chance.uniform(23, 27), lat=chance.uniform(42, 43.5))
    return make(
        site=site,
        material=chance.choice(materials),
        quantity_value=Decimal(chance.randint(1, 60)),
        origin=origin,
    )


def change_something(chance, materials):
    model = chance.choice([Offer, Need])
    row = chance.choice(list(model.objects.filter(status="open").order_by("id")))
    kind = chance.choice(["post", "infer", "amount", "price", "withdraw", "move", "delete"])
    if kind in ("post", "infer"):
        post(chance, materials, origin="posted" if kind == "post" else "inferred")
    elif kind == "amount":
        model.objects.filter(pk=row.pk).update(base_quantity=chance.randint(1, 90_000))
    elif kind == "price":
        price = -chance.randint(1, 9_000) if model is Offer else chance.randint(1, 9_000)
        model.objects.filter(pk=row.pk).update(price_cents=price)
    elif kind == "move":
        model.objects.filter(pk=row.pk).update(
            public_location=SiteFactory(lon=24, lat=43.9).location
        )
    elif kind == "withdraw":
        model.objects.filter(pk=row.pk).update(status="withdrawn")
    else:
        row.delete()


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_changes_the_plan_is_that_of_a_cold_run(materials, seed):
    chance = random.Random(seed)
    for n in range(30):
        post(chance, materials, origin="inferred" if n % 4 == 0 else "posted")
    held = keeper()
    for _step in range(12):
        for _change in range(chance.randint(1, 3)):
            change_something(chance, materials)
        held.take_changes()
        posted, inferred = held.runs
        assert posted.objective == posted.bound
        assert inferred.objective == inferred.bound
    repaired, figures = saved(), objectives(held.runs)
    assert min(figures) > 0
    assert sum(value for _kg, value, *_rest in repaired.values()) > 0
    assert all(low <= high for *_rest, low, high in repaired.values())
    assert not ListingChange.objects.exists()
    assert cold() == figures


def test_only_what_changed_is_written(materials):
    far = SiteFactory(lon=27.9, lat=43.2)
    offer = OfferFactory(site=SiteFactory(lon=23.3, lat=42.7), material=materials[0])
    NeedFactory(site=SiteFactory(lon=23.4, lat=42.7), material=materials[0])
    OfferFactory(site=far, material=materials[1])
    NeedFactory(site=SiteFactory(lon=27.8, lat=43.2), material=materials[1])
    held = keeper()
    untouched = Proposal.objects.exclude(offer=offer).get()
    before = Proposal.objects.get(offer=offer)
    Offer.objects.filter(pk=offer.pk).update(base_quantity=30_000)
    assert held.take_changes() == 1
    after = Proposal.objects.get(offer=offer)
    assert (after.uid, after.base_quantity) == (before.uid, 30_000)
    same = Proposal.objects.get(pk=untouched.pk)
    assert same.updated_at == untouched.updated_at


def test_a_change_that_does_not_matter_is_not_noted(materials):
    offer = OfferFactory(material=materials[0])
    ListingChange.objects.all().delete()
    Offer.objects.filter(pk=offer.pk).update(title="Another title", version=7)
    assert not ListingChange.objects.exists()
    Offer.objects.filter(pk=offer.pk).update(status="paused")
    assert list(ListingChange.objects.values_list("side", "listing_id")) == [("offer", offer.pk)]


def test_a_change_and_its_note_are_written_together_or_not_at_all(materials):
    ListingChange.objects.all().delete()
    before = transaction.savepoint()
    OfferFactory(material=materials[0])
    assert ListingChange.objects.exists()
    transaction.savepoint_rollback(before)
    assert not ListingChange.objects.exists()


def test_a_withdrawn_listing_leaves_with_its_proposals_and_prices_move(materials):
    first = OfferFactory(site=SiteFactory(), material=materials[0], quantity_value=Decimal(50))
    need = NeedFactory(
        site=SiteFactory(lon=23.4, lat=42.8), material=materials[0], quantity_value=Decimal(40)
    )
    held = keeper()
    assert OfferPrice.objects.get(offer=first).cents_per_t == 0
    dear = NeedPrice.objects.get(need=need).cents_per_t
    OfferFactory(
        site=SiteFactory(lon=23.41, lat=42.8), material=materials[0], quantity_value=Decimal(5)
    )
    held.take_changes()
    assert NeedPrice.objects.get(need=need).cents_per_t == dear
    Offer.objects.filter(pk=first.pk).update(status="withdrawn")
    held.take_changes()
    assert [p.base_quantity for p in Proposal.objects.all()] == [5_000]
    assert NeedPrice.objects.get(need=need).cents_per_t == 0


def test_a_least_lot_is_kept_and_the_gap_is_told(materials):
    OfferFactory(
        site=SiteFactory(), material=materials[0], quantity_value=Decimal(50), base_min_lot=20_000
    )
    near = SiteFactory(lon=23.4, lat=42.7)
    NeedFactory(site=near, material=materials[0], quantity_value=Decimal(10))
    held = keeper()
    assert not Proposal.objects.planned().exists()
    assert held.runs[0].objective == 0 < held.runs[0].bound
    NeedFactory(
        site=SiteFactory(lon=24, lat=42.7), material=materials[0], quantity_value=Decimal(25)
    )
    held.take_changes()
    assert [p.base_quantity for p in Proposal.objects.planned()] == [25_000]


def test_what_another_matcher_saved_is_not_overwritten(materials):
    OfferFactory(site=SiteFactory(), material=materials[0])
    held = keeper()
    run_matching(as_of=TODAY, now=lambda: NOW)
    NeedFactory(site=SiteFactory(lon=23.4, lat=42.8), material=materials[0])
    with pytest.raises(Superseded):
        held.take_changes()
    assert held.worn(TODAY)
    assert ListingChange.objects.exists()
    assert keeper().runs[0].proposal_count == 1


def test_another_day_or_catalogue_wears_the_plan_out(materials):
    OfferFactory(material=materials[0])
    held = keeper()
    assert not held.worn(TODAY)
    assert held.worn(date(2026, 11, 22))
    MaterialFactory(code="stream-9")
    assert held.worn(TODAY)


def test_a_plan_that_does_not_hold_is_refused_and_nothing_is_written(materials):
    OfferFactory(site=SiteFactory(), material=materials[0])
    NeedFactory(site=SiteFactory(lon=23.4, lat=42.8), material=materials[0])
    held = keeper()
    before = saved(), list(MatchRun.objects.values())
    held._layers[0].resident._flow[0] -= 1
    OfferFactory(site=SiteFactory(), material=materials[1])
    with pytest.raises(PlanError):
        held.take_changes()
    assert (saved(), list(MatchRun.objects.values())) == before
    assert ListingChange.objects.exists()


def test_a_matcher_that_dies_while_saving_leaves_no_half_a_plan(materials, monkeypatch):
    OfferFactory(site=SiteFactory(), material=materials[0], quantity_value=Decimal(50))
    NeedFactory(
        site=SiteFactory(lon=23.4, lat=42.8), material=materials[0], quantity_value=Decimal(10)
    )
    held = keeper()
    before = saved(), list(MatchRun.objects.values())
    NeedFactory(
        site=SiteFactory(lon=23.5, lat=42.8), material=materials[0], quantity_value=Decimal(20)
    )

    def dies(*_given, **_named):
        assert len(saved()) == 2  # the new pair is written when it happens
        raise KeyboardInterrupt

    monkeypatch.setattr("symbiosis.resident.keeper.save_prices", dies)
    with pytest.raises(KeyboardInterrupt):
        held.take_changes()
    assert (saved(), list(MatchRun.objects.values())) == before
    assert ListingChange.objects.exists()
    monkeypatch.undo()
    rebuilt = objectives(keeper().runs)
    assert len(saved()) == 2
    assert not ListingChange.objects.exists()
    assert rebuilt == cold()


def test_a_corrupted_national_plan_is_refused_and_the_failure_kept(materials, monkeypatch):
    OfferFactory(site=SiteFactory(), material=materials[0])
    NeedFactory(site=SiteFactory(lon=23.4, lat=42.8), material=materials[0])
    sound = run_matching(as_of=TODAY, now=lambda: NOW).posted
    before = saved()

    def corrupted(market, params):
        answer = match_market(market, params)
        return replace(answer, plan=replace(answer.plan, flow=answer.plan.flow + 1))

    monkeypatch.setattr("symbiosis.services.match_market", corrupted)
    with pytest.raises(PlanError):
        run_matching(as_of=TODAY, now=lambda: NOW)
    assert saved() == before
    failed = MatchRun.objects.exclude(pk__lte=sound.pk + 1).get()
    assert failed.status == MatchRun.Status.FAILED
    assert "beyond its quantity" in failed.failure
