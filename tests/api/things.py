"""One thing of a kind, as the permission matrix needs them."""

from __future__ import annotations

from typing import Any

from marketplace.models import Exchange, Need, Offer, Service, Site
from symbiosis.models import Proposal
from tests.exchange_stories import Pair


def service(site: Site, **fields: Any) -> Service:
    return Service.objects.create(
        organisation=site.organisation, site=site, kind="advice", title="Advice", **fields
    )


def exchange(offer: Offer, need: Need) -> Exchange:
    """The two know each other's names: either may propose terms or decline."""
    return Pair(offer, need).disclosed()


def proposal(offer: Offer, need: Need) -> Proposal:
    return Proposal.objects.create(
        offer=offer,
        need=need,
        stage="candidate",
        base_quantity=1000,
        straight_m=1000,
        road_m=1300,
        value_cents=100,
        disposal_cents=50,
        purchase_cents=60,
        processing_cents=0,
        haulage_cents=10,
        value_cents_per_t=100,
        co2e_kg=5,
        reasons=[{"code": "status_unknown"}],
    )
