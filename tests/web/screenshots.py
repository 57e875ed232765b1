"""Pictures of the running market for docs/screenshots: ``make screenshots`` beside ``make run``.

Bulgarian at a desk and on a phone, English at a desk, signed in with the accounts of the demo
market; fails where a page complains or asks another host.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

from config.bootstrap import supervisor
from config.bootstrap.paths import DEMO_FILE, ROOT
from tests.web.browser import DESKTOP, PHONE, chromium, sign_in, watched_page

FOLDER = Path(ROOT) / "docs" / "screenshots"
SERIES = (("bg", "desktop", DESKTOP), ("bg", "phone", PHONE), ("en", "desktop", DESKTOP))
PUBLIC = {"home": "/", "map": "/map/", "sign-in": "/accounts/login/"}
ZOOMS = {f"map-z{zoom}": f"/map/#at={zoom}/42.15/24.75" for zoom in (5, 8, 11, 14)}
OWN = {"my": "/my/", "offer-new": "/offers/new/"}
CHAMBER = {
    "chamber": "/chamber/",
    "corridors": "/chamber/corridors/",
    "workshops": "/chamber/workshops/",
}


def main() -> int:
    demo = json.loads(DEMO_FILE.read_text(encoding="utf-8")) if DEMO_FILE.exists() else {}
    base_url = demo.get("base_url", "")
    if not base_url or not supervisor.answers(urlsplit(base_url).port or 80):
        sys.stdout.write("The market does not answer: start it with make run, then come back.\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with chromium() as browser:
        for language, size_name, size in SERIES:
            with watched_page(browser, base_url=base_url, language=language, size=size) as (
                page,
                watch,
            ):
                take_all(page, demo, f"{language}-{size_name}")
                strangers = watch.hosts - {urlsplit(base_url).hostname or ""}
                complaints += [*watch.complaints, *(f"asked {host}" for host in strangers)]
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pictures in docs/screenshots\n")
    return 1 if complaints else 0


def take_all(page: Page, demo: dict[str, Any], suffix: str) -> None:
    for name, address in PUBLIC.items():
        take(page, name, address, suffix)
    if suffix == "bg-desktop":
        for name, address in ZOOMS.items():
            page.goto("about:blank")
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
    for name, address in CHAMBER.items():
        take(page, name, address, suffix)


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
    of_map = name == "map" or name in ZOOMS
    if of_map:
        page.wait_for_selector("#map[data-ready]", timeout=60_000)
    page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / f"{name}-{suffix}.png", full_page=not of_map)


if __name__ == "__main__":
    sys.exit(main())
