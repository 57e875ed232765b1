"""axe-core on the main pages: nothing serious or critical, in Bulgarian, at a desk and a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.web.browser import sign_in
from tests.web.market import PASSWORD, Market

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOR_ALL = ("/", "/map/", "/accounts/login/", "/accounts/signup/", "/materials/whey/")
FOR_A_FIRM = ("/my/", "/offers/new/", "/needs/new/", "/impact/", "/join/")
FOR_A_CHAMBER = ("/chamber/", "/chamber/impact/", "/chamber/workshops/", "/chamber/corridors/")
_RUN = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found =>
    found.violations.filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => [one.id, ...one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"""

in_bulgarian = pytest.mark.parametrize("language", ["bg"])


def findings(page: Page, address: str) -> list[Any]:
    page.goto(address)
    if address.startswith("/map"):
        page.wait_for_selector("#map[data-ready=true]", timeout=40_000)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [[address, *found] for found in page.evaluate(_RUN, RULES)]


@in_bulgarian
def test_no_main_page_has_a_serious_finding(page: Page, market: Market) -> None:
    addresses = [*FOR_ALL, f"/proposals/{market.posted.public_id}/"]
    found = [one for address in addresses for one in findings(page, address)]
    for person, pages in ((market.owner, FOR_A_FIRM), (market.officer, FOR_A_CHAMBER)):
        page.context.clear_cookies(name="sessionid")
        sign_in(page, person.email, PASSWORD)
        found += [one for address in pages for one in findings(page, address)]
    assert found == []


@in_bulgarian
def test_the_check_itself_finds_what_is_wrong(page: Page, market: Market) -> None:
    page.goto("/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert [found[0] for found in page.evaluate(_RUN, RULES)] == ["button-name"]
