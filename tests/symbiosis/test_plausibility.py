"""No laughing matter is proposed: a plant trading with itself, or with its like."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from marketplace.firms.viewers import viewer_for_organisation
from marketplace.listings.services import ListingDraft
from marketplace.models import Offer, SiteDuplicate
from marketplace.registers.duplicates import held_back_sites, keep_both, propose_duplicates
from symbiosis.models import Proposal
from symbiosis.publishing import publish_offer
from symbiosis.services import run_matching
from tests.factories import (
    ActivityFactory,
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)


def match() -> None:
    run_matching(as_of=TODAY, now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))


def inferred(factory: Any, site: Any, activity: str) -> Any:
    return factory(
        site=site,
        organisation=site.organisation,
        origin="inferred",
        inferred_from={"activity": activity},
    )


@pytest.mark.parametrize(
    ("giver", "taker", "proposed"),
    [("23.13", "23.1", 0), ("35.30", "35.3", 0), ("11.05", "10.91", 1), ("35.30", "35.11", 1)],
)
def test_two_inferences_from_one_trade_are_not_paired(
    giver: str, taker: str, proposed: int
) -> None:
    inferred(OfferFactory, SiteFactory(), giver)
    inferred(NeedFactory, SiteFactory(lon=23.4), taker)
    match()
    assert Proposal.objects.count() == proposed


def test_a_firms_own_word_reaches_its_own_trade() -> None:
    OfferFactory(site=SiteFactory(activity=ActivityFactory()))
    inferred(NeedFactory, SiteFactory(lon=23.4), "11.05")
    match()
    assert Proposal.objects.count() == 1


@pytest.fixture
def twins() -> SiteDuplicate:
    """One plant in two registers; the second knows its activity only roughly."""
    first = SiteFactory(
        source="EUTL", external_id="1", name="Солвей Соди АД", activity=ActivityFactory()
    )
    rough = ActivityFactory(code="11", name_en="Beverages")
    second = SiteFactory(
        source="Hotmaps", external_id="2", name="Солвей Соди", lon=23.325, activity=rough
    )
    inferred(OfferFactory, first, "11.05")
    inferred(NeedFactory, second, "20.13")
    assert propose_duplicates() == 1
    return SiteDuplicate.objects.get(first=first, second=second)


def test_a_plant_in_two_registers_does_not_trade_with_itself(twins: SiteDuplicate) -> None:
    assert held_back_sites() == {twins.second_id}
    match()
    assert not Proposal.objects.exists()
    keep_both(duplicate=twins, decided_by=UserFactory())
    match()
    assert Proposal.objects.count() == 1


def test_the_site_of_a_firm_with_people_speaks(twins: SiteDuplicate) -> None:
    MembershipFactory(organisation=twins.second.organisation)
    assert held_back_sites() == {twins.first_id}


def test_the_older_of_two_equal_rows_speaks(twins: SiteDuplicate) -> None:
    twins.first.activity = twins.second.activity
    twins.first.save()
    assert held_back_sites() == {twins.second_id}


def test_a_posting_is_not_ranked_against_its_own_twin(twins: SiteDuplicate) -> None:
    MembershipFactory(organisation=twins.first.organisation)
    Offer.objects.all().delete()
    draft = ListingDraft(
        site=twins.first,
        material=MaterialFactory(),
        quantity_value=Decimal(10),
        quantity_unit="t",
    )
    viewer = viewer_for_organisation(twins.first.organisation)
    assert list(publish_offer(viewer=viewer, draft=draft, as_of=TODAY)[1]) == []


def test_neighbours_of_unlike_names_are_not_held_back() -> None:
    """Two firms geocoded to the middle of one town are proposed for merging, and still listed."""
    for number, (source, name) in enumerate((("EUTL", "Керамика"), ("BG-RES", "ФтЕЦ Лайков"))):
        firm = OrganisationFactory(name=name)
        SiteFactory(source=source, external_id=str(number), name=name, organisation=firm)
    assert propose_duplicates() == 1
    assert held_back_sites() == frozenset()
