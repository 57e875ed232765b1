"""Pictures of the main pages for the documents: ``python -m tests.web.screenshots``.

Takes a running market (``make run``) and the accounts in ``.local/demo.json``; Bulgarian at a desk and on a
phone, English at a desk. Writes docs/screenshots/NAME-LANGUAGE-SIZE.png.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.web.browser import DESKTOP, PHONE, chromium, sign_in, watched_page

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "screenshots"
SERIES = (("bg", "desktop", DESKTOP), ("bg", "phone", PHONE), ("en", "desktop", DESKTOP))
PUBLIC = {"home": "/", "map": "/map/", "sign-in": "/accounts/login/", "not-found": "/no-such-page"}
OWN = {"my": "/my/", "offer-new": "/offers/new/"}


def main() -> None:
    demo = json.loads((ROOT / ".local" / "demo.json").read_text(encoding="utf-8"))
    base_url = sys.argv[1] if len(sys.argv) > 1 else demo["base_url"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for language, size_name, size in SERIES:
            with watched_page(browser, base_url=base_url, language=language, size=size) as (
                page,
                _watch,
            ):
                take_all(page, demo, f"{language}-{size_name}")


def take_all(page: Page, demo: dict[str, Any], suffix: str) -> None:
    for name, address in PUBLIC.items():
        take(page, name, address, suffix)
    take_proposal(page, suffix)
    sign_in_as(page, demo, "firm owner")
    for name, address in OWN.items():
        take(page, name, address, suffix)
    own = page.request.get("/my/").text()
    listing = re.search(r'href="(/(?:offers|needs)/(?:offer|need)_[0-9a-z]+/)"', own)
    if listing:
        take(page, "listing", listing[1], suffix)
    page.context.clear_cookies(name="sessionid")
    sign_in_as(page, demo, "chamber officer")
    take(page, "chamber", "/chamber/", suffix)


def sign_in_as(page: Page, demo: dict[str, Any], role: str) -> None:
    account = next(user for user in demo["users"] if user["role"] == role)
    sign_in(page, account["email"], account["password"])


def take_proposal(page: Page, suffix: str) -> None:
    """The panel beside the map, then the page of the best proposal."""
    page.goto("/map/")
    page.wait_for_selector("#map[data-ready]", timeout=60_000)
    row = page.locator("#results .row-link").first
    address = row.get_attribute("href") or ""
    row.click()
    page.locator("#panel h2").wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=FOLDER / f"map-panel-{suffix}.png")
    take(page, "proposal", address, suffix)


def take(page: Page, name: str, address: str, suffix: str) -> None:
    page.goto(address)
    if name == "map":
        page.wait_for_selector("#map[data-ready]", timeout=60_000)
    page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=name != "map")


if __name__ == "__main__":
    main()
