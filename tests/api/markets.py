"""Partner markets for tests that need one without a second server."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from api.federation.models import PartnerAccess
from api.federation.reading import sealed_secret
from marketplace.models import Need, Offer
from symbiosis.federation.descriptors import refresh_descriptors
from symbiosis.models import CrossMatch, ForeignDescriptor, OwnDescriptor, PartnerMarket

MARKET_BODIES = {
    "partner-matches-interest": {"contact": {"name": "Maria", "email": "maria@example.org"}},
    "partner-matches-withdrawal": {},
}
"""What is posted below the address of a match."""


def partner_market(**access: Any) -> PartnerMarket:
    """A market abroad with its doors."""
    partner, made = PartnerMarket.objects.get_or_create(name="Thessaloniki")
    if made:
        defaults = {"base_url": "https://8.8.8.8", "client_id": "ours"}
        values = {**defaults, "sealed_secret": sealed_secret("secret"), **access}
        PartnerAccess.objects.create(partner=partner, **values)
    return partner


def counterpart(partner: PartnerMarket, listing: Offer | Need, **fields: Any) -> ForeignDescriptor:
    """A listing over there of what a listing here is made of."""
    return ForeignDescriptor.objects.create(
        **{
            "partner": partner,
            "uid": uuid.uuid4(),
            "side": "need" if isinstance(listing, Offer) else "offer",
            "material": listing.material,
            "band_low": 500_000,
            "band_high": 1_000_000,
            "lon": 23.5,
            "lat": 42.5,
            "country": "GR",
            "heard_at": timezone.now(),
            **fields,
        }
    )


def cross_match(listing: Offer | Need, **fields: Any) -> CrossMatch:
    """A match of a listing here with one over there."""
    side = "offer" if isinstance(listing, Offer) else "need"
    refresh_descriptors(today=timezone.localdate())
    return CrossMatch.objects.create(
        own=OwnDescriptor.objects.get(**{side: listing}),
        foreign=counterpart(partner_market(), listing),
        base_quantity=500_000,
        road_m=40_000,
        value_cents=1_000_000,
        co2e_kg=1_000,
        **fields,
    )
