"""The investment list through its doors: what the plan leaves, and nothing that it places."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from marketplace.models import Conversion
from symbiosis.missing_links import missing_links_of_market
from symbiosis.services import run_matching
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_what_the_plan_leaves_asks_for_a_taker(client: Client) -> None:
    grain = MaterialFactory()
    feed = MaterialFactory(
        code="ruminant-feed", name_en="Ruminant feed", name_bg="Фураж за преживни", is_use=True,
        disposal_cents_per_t=0, purchase_cents_per_t=16_000, substitution=None,
    )  # fmt: skip
    Conversion.objects.create(
        source=grain, target=feed, process_en="feeding fresh", process_bg="изхранване",
        yield_ratio=1, route="by-product", weight=Decimal("0.9"),
    )  # fmt: skip
    region = RegionFactory()
    OfferFactory(site=SiteFactory(region=region), quantity_value=Decimal(40))
    OfferFactory(site=SiteFactory(region=region), quantity_value=Decimal(40))
    NeedFactory(material=feed, quantity_value=Decimal(30))
    run_matching(as_of=TODAY, now=lambda: NOW)
    # Two holders stand behind what is left: each could reckon the other's part.
    assert not [x for x in missing_links_of_market(as_of=TODAY) if x.gives == feed]
    offer = OfferFactory(site=SiteFactory(region=region), quantity_value=Decimal(40))
    run_matching(as_of=TODAY, now=lambda: NOW)
    found = missing_links_of_market(as_of=TODAY)
    (link,) = [link for link in found if link.gives == feed]
    assert (link.kind, link.takes, link.region) == ("need", grain, offer.site.region)
    assert link.kg == link.own_kg == 90_000
    # At the one place where it is listed: no haulage, disposal and a quarter of the feed saved.
    assert link.value_cents == pytest.approx(90 * (7_000 + 4_000), rel=0.01)
    told = client.get("/api/v1/missing-links").json()["results"]
    assert any(row["gives"]["id"] == "ruminant-feed" for row in told)
    NeedFactory(material=feed, quantity_value=Decimal(100))
    run_matching(as_of=TODAY, now=lambda: NOW)
    assert not [x for x in missing_links_of_market(as_of=TODAY) if x.gives == feed]
