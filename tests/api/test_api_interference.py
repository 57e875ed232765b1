"""What an outsider reads does not change with what a listing keeps back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.ids import encode
from marketplace.models import Offer, Organisation, Site
from tests.factories import OfferFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_moving_a_confidential_site_inside_its_cell_changes_no_byte(
    brewer: APIClient, farm: Organisation, grain: Any
) -> None:
    """What an outsider reads does not depend on where in its cell the site is, nor on the exact
    amount or price inside the band."""
    site = SiteFactory(organisation=farm, lon=24.5, lat=42.0, region=RegionFactory())
    hidden = OfferFactory(site=site, visibility="anonymous", price_cents=100)
    addresses = [
        f"/api/v1/offers/{hidden.public_id}",
        "/api/v1/offers?limit=500",
        "/api/v1/offers?ordering=created_at",
        "/api/v1/offers?near=24.5,42.0&radius_km=10",
        "/api/v1/offers?bbox=24.4,41.9,24.6,42.1",
        "/api/v1/offers?price__gte=0.5",
        "/api/v1/offers?updated_since=2020-01-01T00:00:00Z",
        "/api/v1/sites?limit=500",
        "/api/v1/proposals",
        f"/api/v1/offers/{hidden.public_id}/proposals",
    ]

    def readings() -> list[tuple[bytes, str]]:
        answers = [caller.get(a) for a in addresses for caller in (APIClient(), brewer)]
        assert all(answer.status_code == 200 for answer in answers)
        return [(answer.content, answer["ETag"]) for answer in answers]

    before = readings()
    for step in range(1, 6):
        Site.objects.filter(pk=site.pk).update(location=Point(24.5 + step / 1000, 42.0, srid=4326))
        Offer.objects.filter(pk=hidden.pk).update(
            quantity_value=100 + step,
            base_quantity=100_000 + step * 1000,
            price_cents=100 + step * 1000,
            version=step,
            updated_at=timezone.now(),
        )
        assert readings() == before
    assert encode("offer", hidden.uid).encode() in before[0][0]
