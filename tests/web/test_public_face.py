"""Feeds, site map, embeddable counters and previews say what everybody may know, and no more."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from tests.factories import MaterialFactory, NeedFactory, OfferFactory

pytestmark = pytest.mark.django_db
HIDDEN = [
    {"visibility": "anonymous"},
    {"visibility": "members"},
    {"confidential": ["quantity"]},
    {"members_only": ["holder"]},
    {"origin": "inferred"},
    {"status": "withdrawn"},
]


def fill() -> str:
    shown = OfferFactory(title="Бирена каша <b>прясна</b>")
    NeedFactory(title="Търси се слама")
    for turn, kind in enumerate(HIDDEN):
        OfferFactory(title=f"Скрито {turn}", **kind)
    return str(shown.public_id)


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_feeds_hold_what_firms_posted_in_the_open(client: Client, language: str) -> None:
    public_id = fill()
    answer = client.get("/feed.rss", headers={"accept-language": language})
    assert answer["Content-Type"].startswith("application/rss+xml")
    titles = [node.text or "" for node in ET.fromstring(answer.content).iter("title")]
    assert sum("Бирена каша" in title for title in titles) == 1
    assert len(titles) == 3
    feed = client.get("/feed.json", headers={"accept-language": language}).json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {item["id"] for item in feed["items"]} >= {public_id}
    assert len(feed["items"]) == 2
    assert "Скрито" not in str(feed)


def test_only_the_counters_may_be_framed(client: Client) -> None:
    fill()
    framed = client.get("/embed/counters/")
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert "<form" not in framed.content.decode()
    for address in ("/", "/counters/", "/map/"):
        answer = client.get(address)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_the_site_map_lists_materials_and_robots_know_it(client: Client) -> None:
    MaterialFactory(code="whey")
    assert "/materials/whey/" in client.get("/sitemap.xml").content.decode()
    told = client.get("/robots.txt").content.decode()
    assert "/sitemap.xml" in told
    assert "Disallow: /my/" in told


@pytest.mark.parametrize("language", ["bg", "en"])
def test_a_shared_link_has_a_preview(client: Client, language: str) -> None:
    text = client.get("/", headers={"accept-language": language}).content.decode()
    assert f'property="og:locale" content="{ {"bg": "bg_BG", "en": "en_GB"}[language] }"' in text
    assert 'property="og:url" content="http://testserver/"' in text
