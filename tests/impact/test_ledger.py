"""The ledger in the database: booked once, attributed once, with factors that stay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.deliveries.services import (
    DeliveryDraft,
    confirm_delivery,
    correct_delivery,
    record_delivery,
)
from marketplace.impact.booking import book_impact
from marketplace.impact.formulas import NOTHING, Bounds, Measure
from marketplace.impact.statements import (
    Scope,
    evidence_of,
    impact_statement,
    regional_statement,
    scope_of_region,
)
from marketplace.models import (
    Affiliation,
    Delivery,
    FactorOverride,
    ImpactFigure,
    ImpactShare,
    Organisation,
    Site,
)
from tests.exchange_stories import NOW, TODAY, Pair, pair
from tests.factories import (
    PLOVDIV,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=60)


def delivered(two: Pair, exchange: Any, tonnes: str = "4", **changes: Any) -> Delivery:
    delivery = record_delivery(
        viewer=two.holder,
        exchange=exchange,
        draft=DeliveryDraft(
            delivered_on=TODAY + timedelta(days=40),
            quantity_value=Decimal(tonnes),
            quantity_unit="t",
            **changes,
        ),
        now=LATER,
    )
    return confirm_delivery(viewer=two.receiver, delivery=delivery, now=LATER)


def scope_of(*firms: Organisation) -> Scope:
    return Scope(organisation_ids=frozenset(firm.pk for firm in firms))


def test_a_delivery_is_booked_once_with_its_sources() -> None:
    two = pair()
    delivery = delivered(two, two.agreed(), road_m=50_000)
    figures = {figure.measure: figure for figure in ImpactFigure.objects.all()}
    carbon = figures["co2e_g"]
    # 4 t x 90 kg - 4 t x 50 km x 0.10163 kg = 360 - 20.326 kg
    assert carbon.amount == 339_674
    assert carbon.formula == "carbon/1"
    assert carbon.inputs["road_m"] == "50000"
    avoided, freight = carbon.factors
    assert avoided["source"] == "DEFRA 2025"
    assert (freight["code"], freight["value"], freight["year"]) == (
        "freight.road",
        "0.10163",
        "2025",
    )
    assert carbon.factor_set.startswith("screening-2026.1+")
    again = book_impact(delivery, now=LATER)
    assert [row.pk for row in again] == [row.pk for row in ImpactFigure.objects.all()]


def test_a_correction_replaces_the_figures_it_corrects() -> None:
    two = pair()
    exchange = two.agreed()
    first = delivered(two, exchange)
    both = scope_of(two.offer.organisation, two.need.organisation)
    assert impact_statement(both).delivered[Measure.DIVERTED].amount == 4_000
    draft = DeliveryDraft(
        delivered_on=first.delivered_on, quantity_value=Decimal(3), quantity_unit="t"
    )
    second = correct_delivery(viewer=two.holder, delivery=first, draft=draft, now=LATER)
    confirm_delivery(viewer=two.receiver, delivery=second, now=LATER)
    statement = impact_statement(both)
    assert statement.delivered[Measure.DIVERTED].amount == 3_000
    assert statement.deliveries == 1
    assert {figure.delivery_id for figure in evidence_of(both)} == {second.pk}
    assert ImpactFigure.objects.filter(delivery=first).exists(), "what was booked stays"


def test_the_booked_ledger_cannot_be_rewritten() -> None:
    two = pair()
    delivered(two, two.agreed())
    for model in (ImpactFigure, ImpactShare):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(amount=1, low=1, high=1)
        deleting = f"DELETE FROM {model._meta.db_table}"
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(deleting)


def test_agreed_and_delivered_are_never_added() -> None:
    two = pair()
    exchange = two.agreed(tonnes=50)
    holder = scope_of(two.offer.organisation)
    before = impact_statement(holder)
    assert before.agreed[Measure.DIVERTED] == Bounds(25_000, 25_000, 25_000)
    assert before.delivered == {}
    delivered(two, exchange)
    after = impact_statement(holder)
    assert after.agreed == before.agreed
    assert after.delivered[Measure.DIVERTED].amount == 2_000


def test_a_tenant_s_factor_holds_from_its_day_and_for_its_members() -> None:
    two, others = pair(), pair()
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER)
    Affiliation.objects.create(member=two.offer.organisation, host=chamber)
    for value, valid_from in (("200", TODAY), ("500", TODAY + timedelta(days=100))):
        FactorOverride.objects.create(
            host=chamber,
            code="avoided:brewers-spent-grain",
            value=Decimal(value),
            unit="kg CO2e / t",
            spread_percent=10,
            year=2026,
            source="Own measurement of the chamber",
            valid_from=valid_from,
            recorded_at=NOW,
        )
    delivered(two, two.agreed(), road_m=0)
    delivered(others, others.agreed(), road_m=0)
    amounts = ImpactFigure.objects.filter(measure="co2e_g").order_by("pk")
    assert [figure.amount for figure in amounts] == [800_000, 360_000]
    assert amounts[0].factors[0]["source"] == "Own measurement of the chamber"


def test_statements_keep_to_their_period() -> None:
    two = pair()
    delivery = delivered(two, two.agreed())
    day = delivery.delivered_on
    firm = scope_of(two.offer.organisation)
    assert impact_statement(firm, since=day, until=day).deliveries == 1
    assert impact_statement(firm, since=day + timedelta(days=1)).deliveries == 0
    assert impact_statement(firm, until=day - timedelta(days=1)).delivered == {}


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    trades=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 20)).filter(
            lambda trade: trade[0] != trade[1]
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda trade: (trade[0], trade[1]),
    ),
    cluster_of=st.lists(st.integers(0, 1), min_size=4, max_size=4),
)
def test_firms_regions_and_clusters_each_add_up_to_what_was_delivered(
    trades: list[tuple[int, int, int]], cluster_of: list[int]
) -> None:
    with transaction.atomic():
        regions = [RegionFactory(code=code) for code in ("BG311", "BG421")]
        sites = [SiteFactory(region=regions[i % 2], lon=23 + i / 2, lat=42.5) for i in range(4)]
        for holder, receiver, tonnes in trades:
            two = Pair(OfferFactory(site=sites[holder]), NeedFactory(site=sites[receiver]))
            delivered(two, two.agreed(tonnes=20), str(tonnes))
        firms = [site.organisation for site in sites]
        partitions = {
            "firms": [scope_of(firm) for firm in firms],
            "clusters": [
                scope_of(*(f for f, of in zip(firms, cluster_of, strict=True) if of == cluster))
                for cluster in (0, 1)
            ],
            "regions": [scope_of_region(region) for region in regions],
        }
        whole = _added(ImpactFigure.objects.values_list("measure", "low", "amount", "high"))
        for name, scopes in partitions.items():
            together: dict[Measure, Bounds] = {}
            for scope in scopes:
                for measure, bounds in impact_statement(scope).delivered.items():
                    together[measure] = together.get(measure, NOTHING) + bounds
            assert together == whole, name
        transaction.set_rollback(True)


def _added(rows: Any) -> dict[Measure, Bounds]:
    totals: dict[Measure, Bounds] = {}
    for measure, low, amount, high in rows:
        key = Measure(measure)
        totals[key] = totals.get(key, NOTHING) + Bounds(low, amount, high)
    return totals


def test_a_region_is_told_only_where_no_firm_stands_out() -> None:
    region = RegionFactory()

    def site() -> Site:
        return SiteFactory(region=region)

    def withheld() -> tuple[bool, bool]:
        told = regional_statement(region, year=TODAY.year)
        return told.agreed_withheld, told.delivered_withheld

    two = Pair(OfferFactory(site=site()), NeedFactory(site=site()))
    delivered(two, two.agreed())
    assert withheld() == (True, True), "two firms know each other's figures"
    for _n in range(2):
        more = Pair(OfferFactory(site=site()), NeedFactory(site=site()))
        delivered(more, more.agreed())
    assert withheld() == (False, False)
    told = regional_statement(region, year=TODAY.year)
    assert told.delivered[Measure.DIVERTED].amount == 12_000
    assert regional_statement(region, year=TODAY.year - 1).delivered == {}
    outside = SiteFactory(region=RegionFactory(code="BG421"), lon=PLOVDIV[0], lat=PLOVDIV[1])
    giant = Pair(OfferFactory(site=site()), NeedFactory(site=outside))
    delivered(giant, giant.agreed(), "4000")
    assert withheld() == (False, True), "one firm makes nearly all that was delivered"
