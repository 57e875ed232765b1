"""Assessments: what the market recorded, what is saved, what is advised, what groups may tell."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from council.circularity.advice import Step, advice_for, effects_of_exchanges
from council.circularity.flows import YearOfFlows
from council.circularity.indicators import Product
from council.circularity.models import YearAssessment
from council.circularity.recorded import recorded_exchanges, recorded_flows
from council.circularity.reports import circlean, esrs_e5
from council.circularity.selectors import (
    group_indicators,
    latest_products,
    trend_of,
    year_assessments_visible_to,
)
from council.circularity.services import save_product, save_year
from marketplace.errors import InvalidInput, NotPermitted
from marketplace.firms.viewers import ANYONE, Viewer, viewer_for_organisation
from marketplace.impact.statements import Scope, impact_statement
from marketplace.models import Organisation
from symbiosis.models import Proposal
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import NOW, TODAY, pair
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory

pytestmark = pytest.mark.django_db
YEAR = TODAY.year


def saved(organisation: Organisation, *, year: int = YEAR, **flows: int) -> YearAssessment:
    return save_year(
        viewer=viewer_for_organisation(organisation),
        organisation=organisation,
        year=year,
        flows=YearOfFlows(**flows),
        now=NOW,
    )


def test_confirmed_deliveries_fill_the_year_of_both_sides() -> None:
    two = pair()
    told_by_the_receiver(two, confirmed=True)
    holder = recorded_flows(recorded_exchanges(two.offer.organisation, YEAR))
    receiver = recorded_flows(recorded_exchanges(two.need.organisation, YEAR))
    assert holder == YearOfFlows(prepared_kg=4000)
    assert receiver == YearOfFlows(inflow_kg=4000, of_secondary_kg=4000)
    assert recorded_exchanges(two.offer.organisation, YEAR - 1) == []


def test_what_is_not_confirmed_fills_nothing() -> None:
    two = pair()
    told_by_the_receiver(two)
    assert recorded_exchanges(two.need.organisation, YEAR) == []


def test_before_and_after_an_exchange() -> None:
    two = pair()
    told_by_the_receiver(two, confirmed=True)
    recorded = recorded_exchanges(two.offer.organisation, YEAR)
    year = YearOfFlows(products_kg=10_000, prepared_kg=4000, landfilled_kg=6000)
    (effect,) = effects_of_exchanges(year, recorded)
    assert (effect.without, effect.reached) == (Decimal("0"), Decimal("0.2"))


def test_a_year_is_kept_beside_the_earlier_ones_and_the_latest_counts() -> None:
    firm = OrganisationFactory()
    viewer = viewer_for_organisation(firm)
    saved(firm, inflow_kg=100)
    saved(firm, inflow_kg=100, of_secondary_kg=40)
    saved(firm, year=YEAR - 1, inflow_kg=100, of_secondary_kg=10)
    trend = [
        (row.assessment.year, row.indicators.circular_inflow) for row in trend_of(viewer, firm)
    ]
    assert trend == [(YEAR, Decimal("0.4")), (YEAR - 1, Decimal("0.1"))]
    assert year_assessments_visible_to(viewer).count() == 3


def test_nobody_else_reads_what_a_firm_declares() -> None:
    firm = OrganisationFactory()
    saved(firm, inflow_kg=100)
    for stranger in (
        ANYONE,
        Viewer(secretariat=True),
        viewer_for_organisation(OrganisationFactory()),
    ):
        assert not year_assessments_visible_to(stranger).exists()
        with pytest.raises(NotPermitted):
            save_year(viewer=stranger, organisation=firm, year=YEAR, flows=YearOfFlows(), now=NOW)


def test_everything_wrong_is_told_at_once_and_nothing_is_kept() -> None:
    firm = OrganisationFactory()
    with pytest.raises(InvalidInput) as refused:
        saved(firm, inflow_kg=10, of_secondary_kg=11, energy_kwh=1, of_renewable_kwh=2)
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("flows.of_secondary_kg", "more_than_whole"),
        ("flows.of_renewable_kwh", "more_than_whole"),
    ]
    with pytest.raises(InvalidInput) as refused:
        saved(firm, year=YEAR + 1, inflow_kg=-1)
    assert [p.field for p in refused.value.problems] == ["year", "flows.inflow_kg"]
    assert not YearAssessment.objects.exists()


def test_the_database_refuses_parts_above_their_whole() -> None:
    firm = OrganisationFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        YearAssessment.objects.create(
            organisation=firm, year=YEAR, inflow_kg=1, of_secondary_kg=2, saved_at=NOW
        )


def test_products_by_name_the_latest_first() -> None:
    firm = OrganisationFactory()
    viewer = viewer_for_organisation(firm)
    for recycled in ("0.1", "0.5"):
        save_product(
            viewer=viewer,
            organisation=firm,
            name="Crate",
            product=Product(recycled=Decimal(recycled)),
            now=NOW,
        )
    (row,) = latest_products(viewer, firm)
    assert row.product.recycled == Decimal("0.5")
    with pytest.raises(InvalidInput) as refused:
        save_product(
            viewer=viewer, organisation=firm, name=" ", product=Product(reused=Decimal(2)), now=NOW
        )
    assert [p.field for p in refused.value.problems] == ["name", "reused"]


def proposed(offer: Any, need: Any, kg: int) -> Proposal:
    return Proposal.objects.create(
        offer=offer,
        need=need,
        stage="planned",
        base_quantity=kg,
        straight_m=1000,
        road_m=1300,
        value_cents=100,
        disposal_cents=100,
        purchase_cents=0,
        processing_cents=0,
        haulage_cents=0,
        value_cents_per_t=100,
        co2e_kg=5,
    )


def test_advice_begins_with_the_largest_effect_and_opens_the_right_door() -> None:
    offer = OfferFactory()
    firm = offer.organisation
    proposal = proposed(offer, NeedFactory(), 3000)
    likely = NeedFactory(site=offer.site, origin="inferred", base_quantity=9000)
    year = YearOfFlows(inflow_kg=10_000, products_kg=5000, landfilled_kg=5000)
    first, second = advice_for(viewer_for_organisation(firm), firm, year)
    assert (first.step, first.material, first.kg) == (Step.LIST_NEED, likely.material, 9000)
    assert (second.step, second.proposal) == (Step.OPEN_AS_HOLDER, proposal)
    assert (first.gain, second.gain) == (Decimal("0.45"), Decimal("0.15"))


def test_advice_counts_only_what_there_is_room_for() -> None:
    offer = OfferFactory()
    proposed(offer, NeedFactory(), 8000)
    viewer = viewer_for_organisation(offer.organisation)
    (told,) = advice_for(viewer, offer.organisation, YearOfFlows(products_kg=10, landfilled_kg=10))
    assert told.after == Decimal("0.5")
    assert advice_for(viewer, offer.organisation, YearOfFlows(products_kg=10)) == []
    assert advice_for(viewer, offer.organisation, YearOfFlows()) == []


def test_groups_are_told_only_where_enough_firms_stand_behind_them() -> None:
    firms = [OrganisationFactory() for _ in range(7)]
    for firm in firms[:6]:
        saved(firm, inflow_kg=1000, of_secondary_kg=333, products_kg=900, landfilled_kg=100)
    groups = {
        "textile": [firm.pk for firm in firms[:3]],
        "agrarian": [firm.pk for firm in firms[3:6]],
        "none": [firms[6].pk],
    }
    textile, agrarian, none = group_indicators(groups, year=YEAR)
    assert textile.indicators is not None
    assert (textile.firms, textile.indicators.circular_inflow) == (3, Decimal("0.33"))
    assert agrarian.firms == 3
    assert (none.firms, none.indicators) == (None, None)
    pairs = {"two": [firm.pk for firm in firms[:2]], "four": [firm.pk for firm in firms[2:6]]}
    two, _four = group_indicators(pairs, year=YEAR)
    assert (two.firms, two.indicators) == (None, None)


def test_a_firm_that_stands_out_hides_its_group() -> None:
    firms = [OrganisationFactory() for _ in range(4)]
    for firm, kg in zip(firms, (100_000, 900, 800, 700), strict=True):
        saved(firm, inflow_kg=kg, products_kg=kg)
    (told,) = group_indicators({"all": [firm.pk for firm in firms]}, year=YEAR)
    assert told.indicators is None


def test_reports_add_up() -> None:
    two = pair()
    told_by_the_receiver(two, confirmed=True)
    firm = two.offer.organisation
    flows = YearOfFlows(
        inflow_kg=20_000,
        products_kg=8000,
        prepared_kg=4000,
        landfilled_kg=2000,
        hazardous_landfilled_kg=500,
    )
    rows = {row.code: row for row in esrs_e5(flows)}
    assert rows["E5-5.37a"].amount == 6
    parts = [row for code, row in rows.items() if code.startswith(("E5-5.37b", "E5-5.37c"))]
    assert sum(row.amount for row in parts) == 6
    assert rows["E5-5.37c.landfilled.hazardous"].amount == Decimal("0.5")
    assert rows["E5-5.37d"].share_percent == Decimal("33.33")
    statement = impact_statement(
        Scope(organisation_ids=frozenset({firm.pk})),
        since=TODAY,
        until=TODAY + timedelta(days=30),
    )
    told = {
        row.code: row
        for row in circlean(flows, recorded_exchanges(firm, YEAR), statement.delivered)
    }
    assert told["out.symbiosis"].amount == 4
    assert told["out.symbiosis"].share_percent == Decimal("66.67")
    assert told["in.symbiosis"].amount == 0
    assert "saved.ghg" in told
