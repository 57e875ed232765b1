"""Debian's Chromium behind Playwright, watched: no page may complain or ask another host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_HARMLESS = ("GL Driver Message", "GPU stall due to ReadPixels")


@dataclass
class Watch:
    """What a browser context did beside showing pages."""

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def hear(self, message: ConsoleMessage) -> None:
        harmless = any(text in message.text for text in _HARMLESS)
        if message.type in ("error", "warning") and not harmless:
            self.complaints.append(f"{message.type}: {message.text}")

    def follow(self, page: Page) -> None:
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("requestfailed", self.fail)

    def fail(self, request: Request) -> None:
        """A request broken off because its page was left is nobody's fault."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def see(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https", "ws", "wss"):
            self.hosts.add(urlsplit(url).hostname or "")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A fresh browser with an empty profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(
    browser: Browser, *, base_url: str, language: str, size: dict[str, int]
) -> Iterator[tuple[Page, Watch]]:
    """A page of one language and size, and what was noticed about it."""
    context: BrowserContext = browser.new_context(
        base_url=base_url,
        viewport={"width": size["width"], "height": size["height"]},
        locale={"bg": "bg-BG", "en": "en-GB"}[language],
        has_touch=size["width"] < 600,
        is_mobile=size["width"] < 600,
    )
    watch = Watch()
    context.on("request", lambda request: watch.see(request.url))
    page = context.new_page()
    watch.follow(page)
    try:
        yield page, watch
    finally:
        context.close()


def sign_in(page: Page, email: str, password: str) -> None:
    """Through the form, as a person would."""
    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/map/**")
