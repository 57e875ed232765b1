"""No page breaks on what it is asked or sent: a 4xx or a form with its errors, never a 500."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern

from marketplace.models import Membership, Need, Offer, Organisation, Site
from tests.exchange_stories import Pair
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
)
from web import urls

pytestmark = pytest.mark.django_db

VALUES = (
    "\x00",
    "\u202e\u200b",
    "NaN",
    "-1e400",
    "9" * 400,
    "٣٤",
    "' OR 1=1 --",
    "../../etc/passwd",
    "{}",
)
"""Characters that databases refuse, numbers that are none, text that some reader would run."""

ASKED = (
    "q",
    "material",
    "region",
    "page",
    "sort",
    "lon",
    "lat",
    "reach",
    "listing",
    "year",
    "next",
)
"""Every name of a query that some page reads."""

SENT = (
    *("material", "material_text", "site", "place", "place_id", "lat", "lon", "quantity_value"),
    *("quantity_unit", "quantity_basis", "visibility", "told_price", "waste_code", "price"),
    *("available_from", "months", "min_lot_value", "title", "pasted", "name", "type", "country"),
    *("registration_number", "website", "body", "kind", "version", "terms", "interest-version"),
    *(
        "delivered_on",
        "transport",
        "objection",
        "wake_on",
        "password",
        "sure",
        "answer",
        "withdraw",
    ),
    *("starts_on", "incoterm", "haulage_borne_by", "decline-reason", "decline-version"),
)
"""Every name of a form that some page takes."""


@pytest.fixture
def owner() -> Client:
    """Somebody with a site, listings and an exchange, who gets past the doors."""
    MaterialFactory()
    site = SiteFactory(region=RegionFactory())
    person = MembershipFactory(organisation=site.organisation, role=Membership.Role.OWNER).user
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(person)
    two = Pair(OfferFactory(site=site), NeedFactory())
    browser.known = {  # type: ignore[attr-defined]
        "offer": two.offer.public_id,
        "need": two.need.public_id,
        "exchange": two.opened().public_id,
    }
    return browser


def addresses(known: dict[str, str], value: str) -> Iterator[str]:
    """Every page, with what exists where it leads somewhere and with the value in its address."""
    bad = quote(value, safe="")
    for entry in urls.urlpatterns:
        if not isinstance(entry, URLPattern):
            continue
        plain = {
            name: {"uuid": str(uuid.UUID(int=0)), "int": "3"}.get(_kind(converter), "x")
            for name, converter in entry.pattern.converters.items()
        }
        thing = known.get((entry.name or "").partition("_")[0], "nothing")
        for public_id in {thing, bad} if "public_id" in plain else {thing}:
            yield _filled(entry, plain | {"public_id": public_id})
        if set(plain) & {"code", "token", "layer", "move", "kind", "form"}:
            yield _filled(entry, plain | dict.fromkeys(plain, bad) | {"public_id": thing})


def _kind(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").lower()


def _filled(entry: URLPattern, values: dict[str, str]) -> str:
    route = str(entry.pattern)
    for name, value in values.items():
        for kind in ("str:", "slug:", "uuid:", "int:", ""):
            route = route.replace(f"<{kind}{name}>", value)
    return f"/{route}"


def _counts() -> list[int]:
    return [model._default_manager.count() for model in (Offer, Need, Site, Organisation)]


@pytest.mark.parametrize("value", VALUES, ids=[repr(value)[:12] for value in VALUES])
def test_no_page_breaks(owner: Client, value: str) -> None:
    known = owner.known  # type: ignore[attr-defined]
    asked = "&".join(f"{name}={quote(value)}" for name in ASKED)
    seen = set()
    for address in list(addresses(known, value)):
        for caller in (owner, Client()):
            answer = caller.get(f"{address}?{asked}")
            seen.add(answer.status_code)
            assert answer.status_code < 500, address
    assert ({400, 404} if "\0" in value else {200, 302, 404}) <= seen
    before = _counts()
    for address in list(addresses(known, value)):
        if "withdraw" in address or "still-valid" in address:
            continue
        answer = owner.post(address, dict.fromkeys(SENT, value))
        assert answer.status_code < 500, address
        assert "Traceback" not in answer.content.decode(errors="replace")
    assert _counts() == before, "a refused form writes nothing"
