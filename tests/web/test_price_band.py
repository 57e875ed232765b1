"""A proposal's page names the price to start from, who gains what, and the price asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from symbiosis.models import Proposal
from symbiosis.services import run_matching
from tests.factories import PLOVDIV, NeedFactory, OfferFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_the_page_and_the_api_tell_the_same_band(client):
    OfferFactory(
        site=SiteFactory(region=RegionFactory()), quantity_value=Decimal(60), price_cents=900_000
    )
    NeedFactory(site=SiteFactory(lon=PLOVDIV[0], lat=PLOVDIV[1]), quantity_value=Decimal(60))
    run_matching(as_of=date(2026, 11, 21), now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))
    proposal = Proposal.objects.get()
    page = client.get(f"/proposals/{proposal.public_id}/", headers={"accept-language": "en"})
    assert page.status_code == 200
    text = page.content.decode()
    assert "To start talking from:" in text
    assert "(outside the band)" in text
    told = client.get(f"/api/v1/proposals/{proposal.public_id}").json()["price_range"]
    amounts = [Decimal(told[name]["amount"]) for name in ("low", "suggested", "high")]
    assert amounts == sorted(amounts)
    assert amounts[0] < amounts[2]
    gains = Decimal(told["holder_gain"]) + Decimal(told["taker_gain"])
    assert gains * 100 == proposal.value_cents
