"""Pasting a text and reading about a material, in Chromium, in both languages and two sizes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import sign_in
from tests.web.market import PASSWORD, Market
from tests.web.test_browser_stories import fits

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

SAID = "мокра пивоварна каша, 40 т седмично, 02 07 04"


def test_pasted_text_fills_only_what_a_person_picks(page: Page, market: Market) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/offers/new/")
    page.locator("#paste summary").click()
    page.fill("#id_pasted", SAID)
    page.locator("#paste button").first.click()
    grain = page.locator("#draft [data-material='brewers-spent-grain']")
    expect(grain).to_be_visible(timeout=60_000)
    expect(page.locator("#id_quantity_value")).to_have_value("")
    grain.click()
    page.locator("#draft [data-quantity_value='40']").click()
    expect(page.locator("#id_material")).to_have_value("brewers-spent-grain")
    expect(page.locator("#id_quantity_value")).to_have_value("40")
    expect(page.locator("#id_quantity_basis")).to_have_value("week")
    assert fits(page)


def test_a_materials_page_fits_and_opens_its_cases(page: Page, market: Market) -> None:
    page.goto("/materials/brewers-spent-grain/")
    cases = page.locator(".ways details").first
    cases.locator("summary").click()
    expect(cases.locator("li").first).to_be_visible()
    assert fits(page)
