"""The form says who is told what of a listing, and editing does not forget it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from marketplace.models import Membership, Offer
from tests.factories import MaterialFactory, MembershipFactory, SiteFactory
from tests.web.test_web_publishing import answers

pytestmark = pytest.mark.django_db

HEADINGS = {
    "en": ("Keep single things back", "For members only", "Kept back from everybody"),
    "bg": ("Задръжте отделни неща", "Само за членове", "Не се казва на никого"),
}


@pytest.fixture
def owner() -> Any:
    MaterialFactory()
    return MembershipFactory(role=Membership.Role.OWNER)


@pytest.mark.parametrize("language", ["bg", "en"])
def test_single_aspects_are_kept_back_and_stay_so(owner: Any, language: str) -> None:
    browser = Client(headers={"accept-language": language})
    browser.force_login(owner.user)
    site = SiteFactory(organisation=owner.organisation)
    fold, members, nobody = HEADINGS[language]
    assert fold in browser.get("/offers/new/").content.decode()
    kept = {"told_price": "members", "told_holder": "nobody", "told_quantity": "nobody"}
    page = browser.post(
        "/offers/new/", answers(site, price="77.10", title="Каша", **kept), follow=True
    ).content.decode()
    offer = Offer.objects.get()
    assert offer.members_only == ["price"]
    assert offer.confidential == ["holder", "quantity"]
    assert offer.public_location == site.cell_location
    assert members in page
    assert nobody in page

    edit = f"/offers/{offer.public_id}/edit/"
    form = browser.get(edit).content.decode()
    assert '<details class="fold" id="told" open>' in form
    assert form.count('<option value="nobody" selected>') == 2
    assert form.count('<option value="members" selected>') == 1
    browser.post(edit, answers(site, price="77.10", title="Друга", **kept))
    offer.refresh_from_db()
    assert (offer.title, offer.members_only) == ("Друга", ["price"])
    assert offer.confidential == ["holder", "quantity"]

    stranger = Client(headers={"accept-language": language})
    seen = stranger.get(f"/offers/{offer.public_id}/").content.decode()
    assert "Друга" in seen
    assert owner.organisation.label not in seen
    assert "77" not in seen.split("<main")[1]
    stranger.force_login(MembershipFactory().user)
    member = stranger.get(f"/offers/{offer.public_id}/").content.decode()
    assert "77" in member.split("<main")[1]
    assert owner.organisation.name not in member


def test_an_unknown_audience_is_refused_on_its_field(owner: Any) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(owner.user)
    site = SiteFactory(organisation=owner.organisation)
    page = browser.post("/offers/new/", answers(site, told_price="friends"))
    assert page.status_code == 200
    assert 'id="id_told_price_errors"' in page.content.decode()
    assert not Offer.objects.exists()
