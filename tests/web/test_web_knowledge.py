"""What a firm is told before anybody else has posted: of pasted text, a material, a site."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from symbiosis.lexicon import current_lexicon
from tests.factories import (
    ActivityFactory,
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Any:
    return MembershipFactory()


@pytest.fixture
def browser(owner: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(owner.user)
    return client


@pytest.fixture
def catalogue() -> None:
    MaterialFactory()
    MaterialFactory(
        code="ruminant-feed", name_en="Cattle and sheep feed", name_bg="Фураж", is_use=True
    )


def test_pasted_text_gives_choices_with_their_words_and_fills_nothing(
    browser: Client, catalogue: None
) -> None:
    page = browser.post("/offers/draft/", {"pasted": "wet spent grain, 40 t a week, 02 07 04"})
    text = page.content.decode()
    assert 'data-material="brewers-spent-grain"' in text
    assert "spent, grain" in text
    assert 'data-quantity_value="40"' in text
    assert 'data-quantity_basis="week"' in text
    assert 'data-waste_code="02 07 04"' in text
    assert "until you pick it" in text


def test_a_mirror_entry_comes_with_its_question(browser: Client, catalogue: None) -> None:
    page = browser.post("/offers/draft/", {"pasted": "fly ash 10 01 16"}).content.decode()
    entry = current_lexicon().code["100116"]
    assert entry.question_en
    assert entry.question_en in page.replace("&#x27;", "'")


def test_an_offer_is_never_read_as_a_use_but_a_need_is(browser: Client, catalogue: None) -> None:
    said = {"pasted": "feed for cattle and sheep"}
    assert "ruminant-feed" not in browser.post("/offers/draft/", said).content.decode()
    assert "ruminant-feed" in browser.post("/needs/draft/", said).content.decode()


def test_nothing_pasted_is_said_so(browser: Client) -> None:
    assert "Paste a few words" in browser.post("/offers/draft/", {"pasted": " "}).content.decode()


def test_reading_pasted_text_needs_a_person() -> None:
    answer = Client().post("/offers/draft/", {"pasted": "draff"})
    assert answer.status_code == 302


def test_a_material_page_tells_what_it_becomes_and_where_that_was_done(catalogue: None) -> None:
    page = Client(headers={"accept-language": "en"}).get("/materials/brewers-spent-grain/")
    text = page.content.decode()
    assert "What can I do with it?" in text
    assert "Cattle and sheep feed" in text
    case = next(
        item
        for item in current_lexicon().precedents
        if (item.stream, item.use) == ("brewers-spent-grain", "ruminant-feed")
    )
    assert case.donor in text.replace("&#x27;", "'")
    assert "Documented cases" in text


def test_a_use_tells_what_can_serve_it(catalogue: None) -> None:
    text = Client().get("/materials/ruminant-feed/", headers={"accept-language": "en"})
    assert "/materials/brewers-spent-grain/" in text.content.decode()


def test_a_material_without_ways_and_an_unknown_one(catalogue: None) -> None:
    MaterialFactory(code="nobody-knows-it", name_en="Unheard of")
    assert (
        "no way for it yet"
        in Client(headers={"accept-language": "en"})
        .get("/materials/nobody-knows-it/")
        .content.decode()
    )
    assert Client().get("/materials/never-was/").status_code == 404


def test_an_offer_alone_is_told_who_takes_such_things_and_where_they_are(
    catalogue: None, owner: Any
) -> None:
    herd = ActivityFactory(code="01.41", name_en="Raising of dairy cattle")
    region = RegionFactory()
    for _ in range(2):
        SiteFactory(activity=herd, region=region, source="register")
    SiteFactory(activity=herd, region=region)
    offer = OfferFactory()
    page = Client(headers={"accept-language": "en"}).get(f"/offers/{offer.public_id}/ways/")
    text = page.content.decode()
    assert "Cattle and sheep feed" in text
    assert "Raising of dairy cattle" in text
    assert f'{region.name_en} <span class="figure">2</span>' in text


def test_a_need_alone_is_told_what_serves_it(catalogue: None) -> None:
    feed = MaterialFactory(code="ruminant-feed")
    need = NeedFactory(material=feed)
    text = Client(headers={"accept-language": "en"}).get(f"/needs/{need.public_id}/ways/")
    assert "/materials/brewers-spent-grain/" in text.content.decode()


def test_a_hidden_listing_tells_no_ways(catalogue: None) -> None:
    closed = OfferFactory(status="closed")
    assert Client().get(f"/offers/{closed.public_id}/ways/").status_code == 404


def test_a_desk_names_what_its_site_usually_has(
    browser: Client, owner: Any, catalogue: None
) -> None:
    brewing = ActivityFactory(code="11.05", name_en="Manufacture of beer")
    SiteFactory(organisation=owner.organisation, activity=brewing)
    text = browser.get("/my/").content.decode()
    assert "/offers/new/?material=brewers-spent-grain" in text


def test_a_form_starts_from_the_material_of_the_address(browser: Client, catalogue: None) -> None:
    text = browser.get("/offers/new/?material=brewers-spent-grain").content.decode()
    assert 'value="brewers-spent-grain"' in text
    assert browser.get("/offers/new/?material=never-was").status_code == 200
