"""Regional totals: what is counted, what is withheld, and that nothing kept back is in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from geo.models import Region
from marketplace.listings.aggregates import regional_totals
from marketplace.models import Offer
from tests.factories import NeedFactory, OfferFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def regions() -> dict[str, Region]:
    country = RegionFactory(code="BG", level=Region.Level.COUNTRY, name_en="Bulgaria")
    south = RegionFactory(code="BG42", level=Region.Level.NUTS2, parent=country)
    west = RegionFactory(code="BG41", level=Region.Level.NUTS2, parent=country)
    oblasts = {code: RegionFactory(code=code, parent=south) for code in ("BG421", "BG422", "BG423")}
    return {
        "BG": country,
        "BG42": south,
        "BG411": RegionFactory(code="BG411", parent=west),
    } | oblasts


def offered() -> dict[str, int | None]:
    return {row.region.code: row.offered_kg for row in regional_totals(as_of=TODAY)}


def post(region: Region, *tonnes: int, **more: object) -> None:
    for amount in tonnes:
        OfferFactory(
            site=SiteFactory(region=region, cell_region=region),
            quantity_value=Decimal(amount),
            **more,
        )


def test_a_total_is_told_where_enough_firms_stand_behind_it(regions: dict[str, Region]) -> None:
    post(regions["BG421"], 100, 90, 80)
    post(regions["BG422"], 70, 60, 50, 40)
    told = offered()
    assert told["BG421"] == 270_000
    assert (told["BG422"], told["BG423"], told["BG42"]) == (220_000, 0, 490_000)
    assert (told["BG411"], told["BG41"], told["BG"]) == (0, 0, 490_000)
    post(regions["BG423"], 30, 20)
    told = offered()
    assert told["BG423"] is None
    assert told["BG422"] is None, "else the third follows from the sum"
    assert (told["BG421"], told["BG42"]) == (270_000, 540_000)


def test_only_what_firms_posted_and_goes_on_counts(regions: dict[str, Region]) -> None:
    post(regions["BG421"], 100, 90, 80)
    post(regions["BG421"], 500, origin="inferred")
    post(regions["BG421"], 500, status="closed")
    post(regions["BG421"], 500, pattern="one_off")
    post(regions["BG421"], 500, available_until=date(2026, 1, 1))
    assert offered()["BG421"] == 270_000
    NeedFactory(site=SiteFactory(region=regions["BG421"]))
    (row,) = [r for r in regional_totals(as_of=TODAY) if r.region.code == "BG421"]
    assert row.needed_kg is None


def test_one_firm_with_three_sites_is_one_firm(regions: dict[str, Region]) -> None:
    post(regions["BG421"], 100, 90, 80)
    Offer.objects.update(organisation=Offer.objects.first().organisation)
    assert offered()["BG421"] is None


def test_an_amount_that_is_kept_back_counts_with_its_band(regions: dict[str, Region]) -> None:
    post(regions["BG421"], 100, 90, 80)
    post(regions["BG421"], 49, visibility="anonymous")
    assert offered()["BG421"] == 290_000
    Offer.objects.filter(visibility="anonymous").update(base_quantity=20_000)
    assert offered()["BG421"] == 290_000


def test_over_http_what_is_withheld_is_null(regions: dict[str, Region]) -> None:
    post(regions["BG421"], 100, 90)
    answer = APIClient(HTTP_ACCEPT_LANGUAGE="en").get("/api/v1/aggregates")
    assert answer.status_code == 200
    told = {row["id"]: row for row in answer.json()["results"]}
    assert told["BG421"]["offered_kg_per_year"] is None
    assert told["BG421"]["needed_kg_per_year"] == "0"
    assert told["BG421"]["parent"] == "BG42"
    assert told["BG421"]["region"]["level"] == "nuts3"
