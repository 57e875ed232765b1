"""Assessing a year in the browser: from an empty page to advice, at a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser import sign_in
from tests.web.market import PASSWORD, Market

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def test_a_firm_assesses_its_year(page: Page, market: Market, language: str) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/circularity/")
    assert page.evaluate(FITS)
    if not page.is_visible("#id_inflow_kg"):  # another run of this story has assessed the year
        page.click("details:has(#id_inflow_kg) > summary")
    page.fill("#id_inflow_kg", "1000")
    page.fill("#id_products_kg", "800,5")
    page.fill("#id_landfilled_kg", "150")
    page.click("form[action='/circularity/years/'] button.btn-primary")
    expect(page.locator("#measures")).to_be_visible()
    expect(page.locator("#advice")).to_have_text(
        {"en": "What would raise it most", "bg": "Какво би повишило кръговостта най-много"}[
            language
        ]
    )
    assert page.evaluate(FITS)
    page.goto("/circularity/examples/")
    assert page.evaluate(FITS)
