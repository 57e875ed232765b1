"""Single aspects of a listing kept back: who is told what, in answers and in filters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.firms.selectors import sites_visible_to
from marketplace.firms.viewers import ANYONE, Viewer, viewer_for, viewer_for_organisation
from marketplace.listings.confidence import Aspect, quantity_band
from marketplace.listings.disclosure import disclose, withheld
from marketplace.listings.selectors import told, told_in_full
from marketplace.listings.services import ListingDraft, post_offer
from marketplace.models import Offer
from tests.factories import MaterialFactory, MembershipFactory, OfferFactory, SiteFactory


@given(st.integers(1, 2**62))
def test_every_quantity_lies_in_its_band_and_the_steps_meet(quantity: int) -> None:
    band = quantity_band(quantity)
    assert band.low <= quantity < band.high
    assert 2 * band.low <= band.high <= Decimal("2.5") * band.low
    assert quantity_band(band.low) == band
    assert quantity_band(band.high).low == band.high


@pytest.mark.django_db
def test_the_database_finds_the_same_band() -> None:
    offer = OfferFactory(visibility="anonymous")
    amounts = [
        step * 10**power + more
        for power in range(18)
        for step in (1, 2, 5, 9)
        for more in (-1, 0, 1)
        if step * 10**power + more > 0
    ]
    for amount in amounts:
        Offer.objects.filter(pk=offer.pk).update(base_quantity=amount)
        stored = Offer.objects.values_list("public_quantity", flat=True).get()
        assert stored == quantity_band(amount).low, amount
    Offer.objects.filter(pk=offer.pk).update(visibility="public")
    assert Offer.objects.get().public_quantity == amounts[-1]
    for column in ("confidential", "members_only"):
        Offer.objects.filter(pk=offer.pk).update(**{column: [Aspect.QUANTITY]})
        assert Offer.objects.get().public_quantity == quantity_band(amounts[-1]).low
        Offer.objects.filter(pk=offer.pk).update(**{column: [Aspect.PRICE]})
        assert Offer.objects.get().public_quantity == amounts[-1]
        Offer.objects.filter(pk=offer.pk).update(**{column: []})


def readers(offer: Offer) -> dict[str, Viewer]:
    return {
        "visitor": ANYONE,
        "member": viewer_for(MembershipFactory().user),
        "holder": viewer_for_organisation(offer.organisation),
        "secretariat": Viewer(secretariat=True),
    }


FIELDS = {
    "holder": ("organisation", "site"),
    "place": ("site",),
    "quantity": ("quantity", "base_quantity", "min_lot_value"),
    "price": ("price_cents",),
    "words": ("description", "quality_notes"),
    "code": ("waste_code",),
    "window": ("available_from", "available_until"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["confidential", "members_only"])
@pytest.mark.parametrize("aspect", Aspect.values)
def test_an_aspect_is_told_to_whom_the_firm_chose(column: str, aspect: str) -> None:
    site, material = SiteFactory(), MaterialFactory()
    owner = viewer_for_organisation(site.organisation)
    offer = post_offer(
        viewer=owner,
        draft=ListingDraft(
            site=site,
            material=material,
            quantity_value=Decimal(120),
            quantity_unit="t",
            title="Title",
            description="Description",
            quality_notes="Quality",
            price_cents=700,
            min_lot_value=Decimal(2),
            available_from=date(2027, 1, 1),
            available_until=date(2027, 9, 1),
            **{column: (aspect,)},
        ),
    )
    whole = disclose(offer, owner)
    for reader, viewer in readers(offer).items():
        kept = reader == "visitor" or (reader == "member" and column == "confidential")
        seen = disclose(offer, viewer)
        assert (aspect in withheld(offer, viewer)) is kept, reader
        for names in FIELDS.values():
            for name in names:
                if kept and name in FIELDS[aspect]:
                    assert getattr(seen, name) in (None, ""), (reader, name)
                else:
                    assert getattr(seen, name) == getattr(whole, name), (reader, name)
        assert (seen.version, seen.updated_at is None) == ((0, True) if kept else (1, False))
        assert Offer.objects.filter(told(viewer, aspect)).exists() is not kept
        assert Offer.objects.filter(told_in_full(viewer)).exists() is not kept
        assert seen.members_only == (whole.members_only if seen.own else ())
    hidden_place = aspect in ("place", "holder")
    there = site.cell_location if hidden_place else site.location
    assert (whole.lon, whole.lat, whole.exact_location) == (there.x, there.y, not hidden_place)
    for reader, viewer in readers(offer).items():
        led_to = sites_visible_to(viewer).filter(pk=site.pk).exists()
        told_place = not hidden_place or reader in ("holder", "secretariat")
        told_place |= reader == "member" and column == "members_only"
        assert led_to is told_place, reader


@pytest.mark.django_db
def test_what_cannot_be_kept_back_is_refused_by_name() -> None:
    site = SiteFactory()
    wrong = ListingDraft(
        site=site,
        material=MaterialFactory(),
        quantity_value=Decimal(1),
        quantity_unit="t",
        confidential=("colour",),
    )
    with pytest.raises(InvalidInput) as refused:
        post_offer(viewer=viewer_for_organisation(site.organisation), draft=wrong)
    assert [(p.field, p.code) for p in refused.value.problems] == [
        ("confidential", "unknown_choice")
    ]
