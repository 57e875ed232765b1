"""Circularity as a firm uses it: assess a year, follow the advice, take the reports along."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from marketplace.models import Membership, Offer
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import TODAY, pair
from tests.factories import MembershipFactory, NeedFactory, OfferFactory, UserFactory

pytestmark = pytest.mark.django_db
YEAR = str(TODAY.year)
ADDRESS = f"/circularity/?year={YEAR}"


def signed_in(offer: Offer, language: str) -> Client:
    browser = Client(headers={"accept-language": language})
    user = UserFactory(language=language)
    MembershipFactory(user=user, organisation=offer.organisation, role=Membership.Role.OWNER)
    browser.force_login(user)
    return browser


def save(browser: Client, offer: Offer, **flows: str) -> Any:
    told = {"organisation": offer.organisation.public_id, "year": YEAR, **flows}
    return browser.post("/circularity/years/", told, follow=True)


def test_the_form_begins_with_what_was_delivered() -> None:
    two = pair()
    told_by_the_receiver(two, confirmed=True)
    page = signed_in(two.offer, "en").get(ADDRESS)
    assert page.context["form"].initial == {"year": TODAY.year, "prepared_kg": "4"}
    assert "has not been assessed yet" in page.content.decode()


@pytest.mark.parametrize(
    ("language", "heading", "advice"),
    [
        ("en", "What would raise it most", "Look for Brewer&#x27;s spent grain as a by-product"),
        (
            "bg",
            "Какво би повишило кръговостта най-много",
            "Потърсете „Пивоварна каша“ като страничен продукт",
        ),
    ],
)
def test_a_year_is_saved_and_advice_opens_the_listing_form(
    language: str, heading: str, advice: str
) -> None:
    offer = OfferFactory()
    NeedFactory(site=offer.site, origin="inferred", base_quantity=9000)
    browser = signed_in(offer, language)
    page = save(browser, offer, inflow_kg="10", products_kg="9,5", landfilled_kg="0.5")
    text = page.content.decode()
    assert heading in text
    assert advice in text
    assert "/needs/new/?material=brewers-spent-grain" in text


def test_a_contradiction_stands_at_its_field_and_nothing_is_saved() -> None:
    offer = OfferFactory()
    browser = signed_in(offer, "en")
    page = save(browser, offer, inflow_kg="1", of_secondary_kg="2", water_l="1.2345")
    assert page.status_code == 422
    assert page.context["form"].errors == {"water_l": ["At most three decimals."]}
    page = save(browser, offer, inflow_kg="1", of_secondary_kg="2")
    assert list(page.context["form"].errors) == ["of_secondary_kg"]
    assert "has not been assessed yet" in browser.get(ADDRESS).content.decode()


def test_a_product_with_its_indicator() -> None:
    offer = OfferFactory()
    browser = signed_in(offer, "en")
    form: dict[str, str] = {"organisation": offer.organisation.public_id, "name": "Crate"}
    names = ("recycled", "reused", "biological", "to_recycling", "to_reuse", "to_compost")
    form |= dict.fromkeys((*names, "to_energy"), "0")
    form |= dict.fromkeys(("recycling_yield", "feedstock_yield"), "100")
    form |= dict.fromkeys(("mass_kg", "lifetime_ratio", "intensity_ratio"), "1")
    page = browser.post("/circularity/products/", form, follow=True)
    (line,) = page.context["desk"].products
    assert str(line.circularity.indicator) == "0.1000"
    refused = browser.post("/circularity/products/", {**form, "reused": "70", "recycled": "60"})
    assert refused.status_code == 422
    assert list(refused.context["product_form"].errors) == ["recycled"]


@pytest.mark.parametrize("kind", ["esrs-e5", "circlean"])
def test_reports_open_in_the_program_that_reads_them(kind: str) -> None:
    offer = OfferFactory()
    browser = signed_in(offer, "bg")
    save(browser, offer, inflow_kg="10", products_kg="9", landfilled_kg="1")
    address = f"/circularity/reports/{kind}"
    told = browser.get(f"{address}.json?year={YEAR}").json()
    book = load_workbook(io.BytesIO(browser.get(f"{address}.xlsx?year={YEAR}").content))
    rows = list(book.worksheets[0].values)
    assert [row["code"] for row in told["rows"]] == [row[0] for row in rows[1:]]
    assert rows[0][1] == "Показател"
    csv = browser.get(f"{address}.csv?year={YEAR}")
    assert csv["Cache-Control"] == "private, no-store"
    assert len(csv.content.decode("utf-8-sig").splitlines()) == len(rows)
    assert browser.get(f"{address}.json?year=2016").status_code == 404
    assert browser.get(f"{address}.pdf?year={YEAR}").status_code == 404
    assert Client().get(f"{address}.json?year={YEAR}").status_code == 302


@pytest.mark.parametrize(("language", "share"), [("bg", "0,78"), ("en", "0.78")])
def test_worked_examples_are_reckoned_by_the_formulas(language: str, share: str) -> None:
    page = Client(headers={"accept-language": language}).get("/circularity/examples/")
    assert page.status_code == 200
    assert share in page.content.decode()
