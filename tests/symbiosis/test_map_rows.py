"""The narrow rows behind tiles say at every moment what the selectors say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from geo.hexagons import cell_columns, cell_polygon
from geo.models import Region
from marketplace.firms.viewers import ANYONE, Viewer
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.models import Need, Offer
from symbiosis.map_rows import MapFlow, MapPoint, mend_map
from symbiosis.market_map import (
    MapQuery,
    Shown,
    narrow_flows,
    narrow_listings,
    narrow_points,
    narrow_proposals,
)
from symbiosis.models import Proposal
from symbiosis.selectors import proposals_visible_to
from tests.factories import (
    MaterialFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 1)


def pair(offer: Offer, need: Need, *, value: int = 100_000, stage: str = "planned") -> Proposal:
    return Proposal.objects.create(
        offer=offer,
        need=need,
        stage=stage,
        base_quantity=5_000,
        straight_m=80_000,
        road_m=104_000,
        value_cents=value,
        disposal_cents=value,
        purchase_cents=0,
        processing_cents=0,
        haulage_cents=0,
        value_cents_per_t=value,
        co2e_kg=10,
        inferred="inferred" in (offer.origin, need.origin),
        cross_region=offer.public_region_id != need.public_region_id,
    )


@pytest.fixture
def market() -> list[Proposal]:
    """Listings of every visibility, state and season, in two regions, some of them paired."""
    grain = MaterialFactory(code="grain-residues", pillar="agrarian")
    draff = MaterialFactory(code="brewers-spent-grain", broader=grain, pillar="agrarian")
    film = MaterialFactory(code="ldpe", pillar="plastics-packaging")
    here = SiteFactory(region=RegionFactory(code="BG411"))
    there = SiteFactory(region=RegionFactory(code="BG421"), lon=24.75, lat=42.14)
    kinds = [
        {"visibility": "public"},
        {"visibility": "members"},
        {"visibility": "anonymous"},
        {"status": "paused"},
        {"origin": "inferred"},
        {"months": [6, 7, 8]},
        {"available_until": date(2026, 1, 31)},
        {"confidential": ["quantity"]},
    ]
    pairs = []
    for turn, kind in enumerate(kinds):
        material = (draff, film)[turn % 2]
        offer = OfferFactory(
            site=here, material=material, quantity_value=Decimal(30 + turn), **kind
        )
        need = NeedFactory(site=(here, there)[turn % 3 == 0], material=material)
        NeedFactory(site=there, material=film, visibility=kind.get("visibility", "public"))
        stage = "candidate" if turn == 7 else "planned"
        pairs.append(pair(offer, need, value=50_000 * (turn + 1), stage=stage))
    return pairs


def viewers(pairs: list[Proposal]) -> list[Viewer]:
    other = OrganisationFactory()
    party = frozenset({pairs[2].offer.organisation_id})
    return [
        ANYONE,
        Viewer(user_id=1, organisation_ids=frozenset({other.pk})),
        Viewer(user_id=2, organisation_ids=party),
        Viewer(user_id=3, secretariat=True),
    ]


QUERIES = [
    MapQuery(),
    MapQuery(region_code="BG42"),
    MapQuery(pillar="agrarian"),
    MapQuery(shown=Shown.POSTED),
    MapQuery(shown=Shown.INFERRED),
    MapQuery(cross_region_only=True),
    MapQuery(month=7),
    MapQuery(month=12),
    MapQuery(reach_m=90_000),
    MapQuery(worth_cents=120_000),
]


def assert_rows_follow(pairs: list[Proposal]) -> None:
    for viewer in viewers(pairs):
        for query in QUERIES:
            flows = narrow_flows(MapFlow.objects.visible_to(viewer), query)
            lines = narrow_proposals(proposals_visible_to(viewer), query)
            assert set(flows.values_list("pk", flat=True)) == set(
                lines.values_list("pk", flat=True)
            )
            points = narrow_points(MapPoint.objects.visible_to(viewer), query, today=TODAY)
            shown = {
                (side, pk)
                for side, rows in ((0, offers_visible_to(viewer)), (1, needs_visible_to(viewer)))
                for pk in narrow_listings(rows, query, today=TODAY).values_list("pk", flat=True)
            }
            assert set(points.values_list("side", "listing_id")) == shown


def test_rows_say_what_the_selectors_say_to_every_viewer(market: list[Proposal]) -> None:
    assert MapFlow.objects.exists()
    assert_rows_follow(market)


def test_every_change_reaches_the_rows_in_its_own_transaction(market: list[Proposal]) -> None:
    first = market[0].offer
    for change in (
        {"visibility": "anonymous"},
        {"visibility": "members"},
        {"status": "withdrawn"},
        {"status": "open", "visibility": "public", "months": [1, 2]},
        {"material": MaterialFactory(code="glass", pillar="")},
    ):
        Offer.objects.filter(pk=first.pk).update(**change)
        assert_rows_follow(market)
    Need.objects.filter(pk=market[4].need_id).update(status="closed")
    Proposal.objects.filter(pk=market[1].pk).update(stage="candidate")
    Proposal.objects.filter(pk=market[5].pk).delete()
    assert_rows_follow([p for p in market if p is not market[5]])


def test_a_quantity_kept_back_never_enters_a_row(market: list[Proposal]) -> None:
    hidden = market[7].offer
    hidden.refresh_from_db()
    row = MapPoint.objects.get(side=0, listing_id=hidden.pk)
    assert row.base_kg == hidden.public_quantity
    assert row.base_kg != hidden.base_quantity


def test_gaps_are_what_no_plan_touches_and_tell_nothing_of_what_is_kept_back() -> None:
    site = SiteFactory()
    lonely = OfferFactory(site=site)
    OfferFactory(visibility="anonymous")
    taken, served = OfferFactory(), NeedFactory()
    pair(taken, served)
    rows = MapPoint.objects.visible_to(ANYONE).unserved()
    assert set(rows.values_list("side", "listing_id")) == {(0, lonely.pk)}


def test_mending_puts_right_a_row_that_a_race_left_behind(market: list[Proposal]) -> None:
    Region.objects.update(name_en="unchanged")
    assert mend_map() == 0
    MapFlow.objects.filter(pk=market[2].pk).update(audience=0)
    MapFlow.objects.filter(pk=market[0].pk).delete()
    assert mend_map() == 2
    assert_rows_follow(market)


def test_a_point_falls_into_the_hexagon_drawn_around_it() -> None:
    sql = f"""
        SELECT count(*), count(*) FILTER (WHERE ST_Intersects(
            ST_SetSRID(ST_MakePoint(px, py), 3857), {cell_polygon("q", "r", "1000.0")}))
        FROM (SELECT 2500000 + 37.3 * i AS px, 5200000 - 11.9 * i * (i % 7) AS py
              FROM generate_series(1, 3000) AS i) AS given, {cell_columns("px", "py", "1000.0")}
    """
    with connection.cursor() as cursor:
        cursor.execute(sql)
        points, inside = cursor.fetchone()
    assert points == inside == 3000
