"""What a listing keeps back reaches neither the engine nor anybody's proposals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from marketplace.firms.models import Site
from marketplace.firms.viewers import viewer_for_organisation
from marketplace.listings.confidence import quantity_band
from marketplace.listings.services import ListingDraft
from marketplace.models import Material, Need
from symbiosis.models import ListingChange, Proposal
from symbiosis.publishing import publish_offer, republish
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, SiteFactory
from tests.symbiosis.test_matching import TODAY, brewery, farm, feed, match

__all__ = ["brewery", "farm", "feed"]
pytestmark = pytest.mark.django_db

OF_THE_RUN = {"id", "uid", "run_id", "created_at", "updated_at"}


def draft(site: Site, material: Material, **changes: Any) -> ListingDraft:
    answers = {"quantity_value": Decimal(60), "quantity_unit": "t", **changes}
    return ListingDraft(site=site, material=material, **answers)


def test_the_plan_knows_of_a_kept_quantity_and_price_no_more_than_a_partner(feed, brewery, farm):
    """What a second, public need is left with must not give away an anonymous one's amount."""
    OfferFactory(site=brewery, quantity_value=Decimal(100))
    hidden = NeedFactory(
        site=farm, material=feed, visibility="anonymous", quantity_value=Decimal(20)
    )
    NeedFactory(site=SiteFactory(lon=25.6, lat=42.4), material=feed, quantity_value=Decimal(500))

    def figures() -> list[dict[str, Any]]:
        Proposal.objects.all().delete()
        match()
        rows = Proposal.objects.order_by("offer", "need")
        return [{k: v for k, v in row.items() if k not in OF_THE_RUN} for row in rows.values()]

    before = figures()
    assert len(before) == 2
    Need.objects.filter(pk=hidden.pk).update(
        quantity_value=Decimal("49.9"), base_quantity=49_900, price_cents=9_900, base_min_lot=40_000
    )
    assert figures() == before
    Need.objects.filter(pk=hidden.pk).update(visibility="public")
    assert figures() != before


def test_a_revision_that_the_engine_is_not_told_of_leaves_proposals_as_they_are(
    feed, brewery, farm
):
    need = NeedFactory(site=farm, material=feed)
    viewer = viewer_for_organisation(brewery.organisation)
    offer, _proposals = publish_offer(
        viewer=viewer, draft=draft(brewery, MaterialFactory(), visibility="anonymous"), as_of=TODAY
    )
    stored = list(Proposal.objects.filter(need=need).values())
    assert stored

    def revise(**changes: Any) -> list[dict[str, Any]]:
        republish(viewer=viewer, listing=offer, changes=changes, expected_version=None, as_of=TODAY)
        return list(Proposal.objects.filter(need=need).values())

    low, high = quantity_band(offer.base_quantity).low, quantity_band(offer.base_quantity).high
    inside = Decimal(low + (high - low) // 3) / 1000
    assert revise(quantity_value=inside, price_cents=-1_234, title="Друга") == stored
    assert revise(quantity_value=Decimal(high) / 1000) != stored


def test_a_revision_that_the_engine_is_not_told_of_brings_no_new_proposals(feed, brewery, farm):
    """A national run leaves the plan alone standing; what is not in it must not come back with a
    change inside the band, or a partner would see that there was one."""
    NeedFactory(site=farm, material=feed)
    viewer = viewer_for_organisation(brewery.organisation)
    offer, proposed = publish_offer(
        viewer=viewer, draft=draft(brewery, MaterialFactory(), visibility="anonymous"), as_of=TODAY
    )
    assert proposed
    Proposal.objects.all().delete()

    def revise(**changes: Any) -> bool:
        republish(viewer=viewer, listing=offer, changes=changes, expected_version=None, as_of=TODAY)
        return Proposal.objects.exists()

    assert not revise(price_cents=-1_234, title="Друга")
    assert revise(quantity_value=Decimal(400))


def test_the_matcher_is_told_of_a_change_only_where_it_may_know_of_it(brewery, farm):
    offer = OfferFactory(site=brewery, visibility="anonymous", price_cents=100)
    ListingChange.objects.all().delete()

    def told(**changes: Any) -> bool:
        type(offer).objects.filter(pk=offer.pk).update(**changes)
        noted = ListingChange.objects.exists()
        ListingChange.objects.all().delete()
        return noted

    assert not told(base_quantity=150_000, price_cents=700, base_min_lot=7, title="x")
    assert told(base_quantity=250_000)
    assert told(visibility="public")
    assert told(price_cents=900)
    assert not told(confidential=["price"], price_cents=901) or not told(price_cents=902)
