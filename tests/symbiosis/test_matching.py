from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection

from marketplace.firms.viewers import ANYONE, viewer_for_organisation
from marketplace.listings.services import ListingDraft
from marketplace.models import Conversion, Material
from symbiosis.errors import MatchingBusy
from symbiosis.jobs import match_the_market
from symbiosis.models import MatchRun, NeedPrice, Proposal
from symbiosis.publishing import publish_need, publish_offer, republish
from symbiosis.reasons import worded
from symbiosis.selectors import disclose_proposal, proposals_of_listing, proposals_visible_to
from symbiosis.services import run_matching
from symbiosis.settling import settlement_of
from symbiosis.writing import WRITER_LOCK
from tests.factories import (
    PLOVDIV,
    MaterialFactory,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def match():
    return run_matching(as_of=TODAY, now=lambda: NOW)


@pytest.fixture
def feed() -> Material:
    """A use that brewers' grains serve: worth 160 EUR a tonne of feed, a quarter replaced."""
    use = MaterialFactory(
        code="ruminant-feed",
        name_en="Ruminant feed",
        name_bg="Фураж за преживни",
        is_use=True,
        disposal_cents_per_t=0,
        purchase_cents_per_t=16_000,
        substitution=None,
        avoided_kgco2e_per_t=None,
    )
    Conversion.objects.create(
        source=MaterialFactory(),
        target=use,
        process_en="feeding fresh",
        process_bg="изхранване прясно",
        yield_ratio=1,
        cost_low_cents_per_t=0,
        cost_high_cents_per_t=1_000,
        route="by-product",
        weight=Decimal("0.9"),
    )
    return use


@pytest.fixture
def brewery():
    return SiteFactory(region=RegionFactory())


@pytest.fixture
def farm():
    return SiteFactory(
        lon=PLOVDIV[0], lat=PLOVDIV[1], region=RegionFactory(code="BG421", name_en="Plovdiv")
    )


def test_a_stream_reaches_the_use_it_can_serve(feed, brewery, farm):
    offer = OfferFactory(site=brewery, quantity_value=Decimal(100))
    need = NeedFactory(site=farm, material=feed, quantity_value=Decimal(60))
    summary = match()
    proposal = Proposal.objects.get()
    assert (proposal.offer, proposal.need) == (offer, need)
    assert proposal.base_quantity == 60_000
    assert proposal.cross_region
    assert 165_000 < proposal.road_m < 175_000
    assert proposal.road_m == pytest.approx(proposal.straight_m * 1.3, abs=2)
    assert proposal.disposal_cents == 60 * 7_000
    assert proposal.purchase_cents == 60 * 16_000 // 4
    assert proposal.processing_cents == 60 * 500
    assert proposal.value_cents == (
        proposal.disposal_cents
        + proposal.purchase_cents
        - proposal.processing_cents
        - proposal.haulage_cents
    )
    assert proposal.co2e_kg > 0
    assert summary.posted.over_all_pairs
    assert summary.posted.objective == summary.posted.bound
    assert summary.posted.status == MatchRun.Status.SAVED
    assert NeedPrice.objects.get(need=need).cents_per_t > 0


def test_reasons_are_worded_in_both_languages(feed, brewery, farm, settings):
    from django.utils.translation import override

    OfferFactory(site=brewery)
    NeedFactory(site=farm, material=feed)
    match()
    reasons = Proposal.objects.get().reasons
    with override("en"):
        english = worded(reasons)
    with override("bg"):
        bulgarian = worded(reasons)
    assert len(english) == len(bulgarian) >= 5
    assert "feeding fresh" in english[0]
    assert "изхранване прясно" in bulgarian[0]


def test_the_whole_market_is_allocated_not_each_pair_alone(brewery, farm):
    """The far need takes from the far offer although the near offer would serve it better."""
    near = OfferFactory(site=brewery, quantity_value=Decimal(50))
    far = OfferFactory(
        site=SiteFactory(lon=23.0, lat=43.4, region=RegionFactory(code="BG313")),
        quantity_value=Decimal(50),
    )
    here = NeedFactory(site=SiteFactory(lon=23.30, lat=42.70), quantity_value=Decimal(50))
    there = NeedFactory(site=farm, quantity_value=Decimal(50))
    match()
    total = sum(p.base_quantity for p in Proposal.objects.all())
    assert total == 100_000
    served = {(p.offer_id, p.need_id) for p in Proposal.objects.all()}
    assert served in (
        {(near.pk, there.pk), (far.pk, here.pk)},
        {(near.pk, here.pk), (far.pk, there.pk)},
    )


def test_the_price_band_holds_off_the_next_best_and_the_gains_add_up(brewery, farm):
    """Half the stream is left over, so the holder bids his whole gain away and the farm names the
    price; one tonne more asked for than there is and the farm pays what it can."""
    offer = OfferFactory(site=brewery, quantity_value=Decimal(60))
    need = NeedFactory(site=farm, quantity_value=Decimal(30))
    match()
    (proposal,) = Proposal.objects.all()
    deal = settlement_of(proposal)
    per_tonne = proposal.disposal_cents // 30
    assert deal.low_cents_per_t == deal.high_cents_per_t == -per_tonne
    assert (deal.holder_gain_cents, deal.taker_gain_cents) == (0, proposal.value_cents)
    type(need).objects.filter(pk=need.pk).update(base_quantity=61_000)
    match()
    deal = settlement_of(Proposal.objects.get())
    assert deal.low_cents_per_t == proposal.value_cents_per_t - per_tonne == deal.high_cents_per_t
    assert deal.taker_gain_cents == pytest.approx(0, abs=60)
    type(need).objects.filter(pk=need.pk).update(base_quantity=60_000)
    match()
    proposal = Proposal.objects.get(offer=offer)
    deal = settlement_of(proposal)
    assert deal.low_cents_per_t == -per_tonne
    assert deal.high_cents_per_t == proposal.value_cents_per_t - per_tonne
    assert deal.holder_gain_cents + deal.taker_gain_cents == proposal.value_cents
    assert abs(deal.holder_gain_cents - deal.taker_gain_cents) <= 120
    assert deal.holds(deal.suggested_cents_per_t)
    assert not deal.holds(deal.high_cents_per_t + 1)


def test_a_firms_own_word_comes_before_an_inference(brewery, farm):
    need = NeedFactory(site=farm, quantity_value=Decimal(60))
    inferred = OfferFactory(
        site=SiteFactory(lon=24.74, lat=42.13), origin="inferred", quantity_value=Decimal(60)
    )
    posted = OfferFactory(site=brewery, quantity_value=Decimal(40))
    summary = match()
    assert Proposal.objects.get(offer=posted).base_quantity == 40_000
    rest = Proposal.objects.get(offer=inferred)
    assert rest.base_quantity == 20_000
    assert rest.inferred
    assert rest.need == need
    assert {"code": "inferred_side", "side": "offer"} in rest.reasons
    assert (summary.posted.proposal_count, summary.inferred.proposal_count) == (1, 1)


def test_a_firm_does_not_trade_with_itself_nor_out_of_season(brewery):
    OfferFactory(site=brewery, months=[7, 8])
    NeedFactory(site=brewery, organisation=brewery.organisation)
    NeedFactory(site=SiteFactory(), months=[1, 2])
    match()
    assert not Proposal.objects.exists()


def test_what_is_over_or_closed_is_left_out(brewery):
    OfferFactory(site=brewery, available_until=date(2026, 11, 20))
    OfferFactory(site=SiteFactory(), status="withdrawn")
    NeedFactory(site=SiteFactory())
    match()
    assert not Proposal.objects.exists()


def test_a_second_run_keeps_the_addresses_of_known_pairs(brewery, farm):
    OfferFactory(site=brewery)
    NeedFactory(site=farm)
    match()
    before = Proposal.objects.get()
    match()
    after = Proposal.objects.get()
    assert (after.uid, after.value_cents) == (before.uid, before.value_cents)
    assert after.run_id != before.run_id


def test_a_pair_that_left_the_plan_goes(brewery, farm):
    offer = OfferFactory(site=brewery)
    NeedFactory(site=farm)
    match()
    offer.status = "paused"
    offer.save()
    match()
    assert not Proposal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_matchers_never_both_write():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [WRITER_LOCK])
            with pytest.raises(MatchingBusy):
                match()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [WRITER_LOCK])
    finally:
        other.close()
    match()


def draft(site, material, tonnes=100, **changes):
    return ListingDraft(
        site=site,
        material=material,
        quantity_value=Decimal(tonnes),
        quantity_unit="t",
        **changes,
    )


def test_a_posted_offer_is_ranked_at_once(feed, brewery, farm):
    near = NeedFactory(site=SiteFactory(lon=23.4, lat=42.7), material=feed)
    far = NeedFactory(site=farm, material=feed)
    viewer = viewer_for_organisation(brewery.organisation)
    offer, proposals = publish_offer(
        viewer=viewer, draft=draft(brewery, MaterialFactory()), as_of=TODAY
    )
    assert [p.need_id for p in proposals] == [near.pk, far.pk]
    assert list(proposals_of_listing(viewer, offer)) == list(proposals)
    assert all(p.stage == Proposal.Stage.CANDIDATE for p in proposals)


def test_ranking_counts_what_the_counterpart_earns_elsewhere(feed, brewery, farm):
    OfferFactory(site=SiteFactory(lon=23.41, lat=42.7), quantity_value=Decimal(100))
    near = NeedFactory(
        site=SiteFactory(lon=23.4, lat=42.7), material=feed, quantity_value=Decimal(50)
    )
    far = NeedFactory(site=farm, material=feed, quantity_value=Decimal(500))
    match()
    _offer, proposals = publish_offer(
        viewer=viewer_for_organisation(brewery.organisation),
        draft=draft(brewery, MaterialFactory()),
        as_of=TODAY,
    )
    ranks = {p.need_id: p.rank_cents_per_t for p in proposals}
    values = {p.need_id: p.value_cents_per_t for p in proposals}
    assert values[near.pk] > values[far.pk]
    assert ranks[near.pk] < values[near.pk]


def test_a_posted_need_finds_its_offers(feed, brewery, farm):
    offer = OfferFactory(site=brewery)
    _need, proposals = publish_need(
        viewer=viewer_for_organisation(farm.organisation), draft=draft(farm, feed, 30), as_of=TODAY
    )
    assert [(p.offer_id, p.base_quantity) for p in proposals] == [(offer.pk, 30_000)]


def test_a_revision_ranks_afresh(feed, brewery, farm):
    NeedFactory(site=farm, material=feed)
    viewer = viewer_for_organisation(brewery.organisation)
    offer, _proposals = publish_offer(
        viewer=viewer, draft=draft(brewery, MaterialFactory()), as_of=TODAY
    )
    revised, proposals = republish(
        viewer=viewer,
        listing=offer,
        changes={"quantity_value": Decimal(7)},
        expected_version=offer.version,
        as_of=TODAY,
    )
    assert revised.base_quantity == 7_000
    assert [p.base_quantity for p in proposals] == [7_000]


def test_a_pair_with_an_anonymous_side_is_for_its_parties_only(feed, brewery, farm):
    OfferFactory(site=brewery, visibility="anonymous")
    need = NeedFactory(site=farm, material=feed)
    match()
    proposal = Proposal.objects.get()
    assert not proposals_visible_to(ANYONE).exists()
    party = viewer_for_organisation(need.organisation)
    assert proposals_visible_to(party).get() == proposal
    seen = disclose_proposal(proposal, party)
    assert seen.offer.organisation is None
    assert seen.need.organisation == need.organisation


def test_a_queued_run_is_done_by_a_worker(brewery, farm):
    OfferFactory(site=brewery)
    NeedFactory(site=farm)
    done = match_the_market.enqueue(TODAY.isoformat())
    assert done.return_value["posted"]["proposals"] == 1
    assert Proposal.objects.get().run_id == done.return_value["posted"]["run"]


def test_jobs_find_the_same_plan(settings, brewery, farm):
    """The national run by jobs on this machine: two concepts that share nothing, two groups."""
    for code in ("stream-a", "stream-b"):
        OfferFactory(site=brewery, material=MaterialFactory(code=code))
        NeedFactory(site=farm, material=MaterialFactory(code=code))
    alone = match().posted
    settings.MATCHING_PROCESSES = 2
    in_jobs = match().posted
    assert (in_jobs.objective, in_jobs.bound) == (alone.objective, alone.bound)
    assert in_jobs.objective > 0
