"""A form that posts or changes a listing leads to a page that shows who fits."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from marketplace.models import Offer
from symbiosis.models import Proposal
from tests.factories import MaterialFactory, MembershipFactory, NeedFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Any:
    return MembershipFactory()


@pytest.fixture
def browser(owner: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(owner.user)
    return client


def answers(site: Any, **changes: str) -> dict[str, str]:
    plain = {
        "material": "brewers-spent-grain",
        "material_text": "Brewer's spent grain",
        "site": site.public_id,
        "quantity_value": "60",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "visibility": "public",
        "waste_status": "unknown",
        "pattern": "continuous",
    }
    return {**plain, **changes}


def test_posting_and_changing_an_offer_ranks_it(browser: Client, owner: Any) -> None:
    MaterialFactory()
    site = SiteFactory(organisation=owner.organisation)
    NeedFactory(site=SiteFactory(lon=23.4, lat=42.7), title="Grain for calves")
    page = browser.post("/offers/new/", answers(site), follow=True)
    offer = Offer.objects.get()
    assert page.redirect_chain[0][0] == f"/offers/{offer.public_id}/"
    assert Proposal.objects.get().base_quantity == 60_000
    assert Proposal.objects.get().public_id in page.content.decode()

    browser.post(f"/offers/{offer.public_id}/edit/", answers(site, quantity_value="20"))
    assert Proposal.objects.get().base_quantity == 20_000
