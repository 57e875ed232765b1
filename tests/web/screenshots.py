"""Pictures of the running market for docs/screenshots: ``make screenshots`` beside ``make run``.

Both languages, desktop and phone; fails where a page complains or asks another host.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from config.bootstrap import supervisor
from config.bootstrap.paths import DEMO_FILE, ROOT
from tests.web.browser import DESKTOP, PHONE, chromium, sign_in, watched_page

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SETTLE_MS = 3_000
"""For the map's tiles and their fading in."""


def main() -> int:
    demo = json.loads(DEMO_FILE.read_text()) if DEMO_FILE.exists() else {}
    base_url = demo.get("base_url", "")
    if not base_url or not supervisor.answers(urlsplit(base_url).port or 80):
        sys.stdout.write("The market does not answer: start it with make run, then come back.\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with chromium() as browser:
        for language in ("bg", "en"):
            for name, size in SIZES.items():
                mark = f"{language}-{name}"
                complaints += _visit(browser, base_url, language, size, mark, demo["users"][0])
    for complaint in complaints:
        sys.stdout.write(f"{complaint}\n")
    count = len(list(FOLDER.glob("*.png")))
    sys.stdout.write(f"{count} pictures in {FOLDER.relative_to(ROOT)}\n")
    return 1 if complaints else 0


def _visit(
    browser: Browser,
    base_url: str,
    language: str,
    size: dict[str, int],
    mark: str,
    owner: dict[str, str],
) -> list[str]:
    """Take the pictures of one language and size; what the browser complained about."""
    with watched_page(browser, base_url=base_url, language=language, size=size) as (page, watch):
        _take(page, "/", f"front-{mark}")
        _take(page, "/map/", f"map-{mark}")
        first = page.locator("#results .row-link")
        if first.count():
            _take(page, first.first.get_attribute("href") or "/map/", f"proposal-{mark}")
        sign_in(page, owner["email"], owner["password"])
        _take(page, "/my/", f"desk-{mark}")
        _take(page, "/offers/new/", f"offer-{mark}")
        elsewhere = watch.hosts - {urlsplit(base_url).hostname or ""}
        return [*watch.complaints, *(f"asked another host: {host}" for host in sorted(elsewhere))]


def _take(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=Path(FOLDER) / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
