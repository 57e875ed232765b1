"""Nothing that outsiders are answered depends on what a listing keeps back.

Fifty listings are moved about inside their cells, their amounts and prices inside their bands, and
every route that the URL resolver knows is asked again: not one byte may differ, headers included.
Controls let a leak in on purpose and must be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from marketplace.listings import disclosure
from marketplace.listings.confidence import quantity_band
from marketplace.listings.models import Listing
from marketplace.listings.querysets import ListingQuerySet
from marketplace.models import Need, Offer, Site
from tests.confidentiality.market import BAND, World, corner_of, move
from tests.confidentiality.readings import Readings, differences, read
from tests.confidentiality.routes import SILENT, asked, served

pytestmark = pytest.mark.django_db

MOVES = 5


@pytest.fixture(scope="module")
def before(world: World) -> Readings:
    return read(world)


def test_every_route_is_asked_or_says_why_not(world: World) -> None:
    known = set(asked(world)) | set(SILENT)
    assert sorted(served() - known) == [], "a route outside the table may tell anything"
    assert sorted(known - served() - {"admin"}) == [], "gone from the resolver: take it out"
    assert not set(asked(world)) & set(SILENT)


def test_the_market_is_worth_spying_on(world: World, before: Readings) -> None:
    """The outsiders do see hidden listings, proposals with them and letters about them."""
    assert len(world.hidden) == 50
    for hidden in world.hidden:
        assert corner_of(*hidden.site.location.coords) == hidden.corner
        assert hidden.listing.public_location == hidden.site.cell_location
    assert quantity_band(int(BAND[0]) * 1000).high == int(BAND[1]) * 1000
    statuses = {key: reading[0] for key, reading in before.items() if key[1] == "GET"}
    name = world.offers[0].listing.public_id
    for who in world.callers:
        assert statuses[who, "GET", f"/api/v1/offers/{name}"] == 200
    assert statuses["rival", "GET", f"/api/v1/proposals/{world.proposal.public_id}"] == 200
    assert statuses["rival", "GET", f"/api/v1/exchanges/{world.exchange.public_id}"] == 200
    assert before["rival", "FEED", ""]
    answered = sum(status == 200 for status in statuses.values())
    assert answered > len(statuses) // 2


def test_moving_inside_cell_and_band_changes_not_one_byte(world: World, before: Readings) -> None:
    """Fifty listings, five moves each, the market matched anew after two of them."""
    for step in range(MOVES):
        places = [hidden.site.location.coords for hidden in world.hidden]
        world.move_all()
        assert all(
            hidden.site.location.coords != place
            for hidden, place in zip(world.hidden, places, strict=True)
        )
        if step in (1, MOVES - 1):
            world.rematch()
        assert differences(before, read(world)) == []


def test_what_is_for_members_only_is_hidden_from_who_is_none(
    world: World, before: Readings
) -> None:
    anyone = {key: told for key, told in before.items() if key[0] == "anyone"}
    member = {key: told for key, told in before.items() if key[0] == "rival"}
    move(world.members_only, world.chance)
    assert differences(anyone, read(world, only="anyone")) == []
    assert differences(member, read(world, only="rival")) != [], "members are told"


def test_what_an_outsider_holds_is_still_good_after_a_move(world: World) -> None:
    """The cache headers follow the cell as well: a copy made before a move is not stale."""
    for caller in world.callers.values():
        need = world.needs[0].listing.public_id
        for path in ("/api/v1/offers?limit=500", f"/api/v1/needs/{need}"):
            tag = caller.get(path)["ETag"]
            for hidden in world.hidden[:3]:
                move(hidden, world.chance)
            move(world.needs[0], world.chance)
            assert caller.get(path, headers={"if-none-match": tag}).status_code == 304
            assert caller.get(path, headers={"if-none-match": '"0-0"'}).status_code == 200


SHARED = {
    "/api/v1/problems",
    "/api/v1/problems/throttled",
}
"""Answers that are the same for everybody and may be kept by any cache."""


@pytest.mark.xfail(reason="public pages that vary by language alone do not say so everywhere yet")
def test_no_cache_between_us_and_a_reader_may_keep_an_answer(before: Readings) -> None:
    """Whatever is answered is for its reader alone, and says on what it depends."""
    for (who, method, path), told in before.items():
        if method == "FEED" or path in SHARED:
            continue
        status, headers, _content = told
        control = {part.strip() for part in headers.get("Cache-Control", "").split(",")}
        assert control & {"private", "no-store"}, (who, method, path, headers)
        assert not control & {"public"}, (who, method, path)
        if status == 200:
            vary = headers.get("Vary", "")
            assert "Cookie" in vary, (who, method, path, vary)
            if path.startswith(("/api/", "/ogc")):
                assert "Authorization" in vary, (who, method, path, vary)


def _by_true_site(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ListingQuerySet, "location_field", "site__location")


def _exact_amount(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disclosure, "withheld", lambda listing, viewer: frozenset({"price", "place"}))


def _version_told(patch: pytest.MonkeyPatch) -> None:
    tell = disclosure.disclose
    patch.setattr(
        "api.v1.listings.disclose",
        lambda row, viewer: _with(tell(row, viewer), version=row.version),
    )


def _with(told: Any, **changes: Any) -> Any:
    for name, value in changes.items():
        object.__setattr__(told, name, value)
    return told


def _stored_at_its_site(patch: pytest.MonkeyPatch) -> None:
    def leaking(self: Listing, site: Site) -> None:
        self.site, self.organisation_id = site, site.organisation_id
        self.public_location, self.public_region = site.location, site.region

    patch.setattr(Listing, "place_at", leaking)


@pytest.mark.parametrize(
    ("leak", "route"),
    [
        (_by_true_site, "/api/v1/offers?near="),
        (_exact_amount, "/api/v1/exports/offers.csv"),
        (_version_told, "/api/v1/offers/"),
        (_stored_at_its_site, "/map/tiles/places/14/"),
    ],
)
def test_a_leak_would_be_seen(
    world: World, leak: Callable[[pytest.MonkeyPatch], None], route: str
) -> None:
    """Negative control: with a leak let in, the same readings differ."""
    with pytest.MonkeyPatch.context() as patch:
        leak(patch)
        before = read(world, only="anyone")
        world.move_all()
        found = differences(before, read(world, only="anyone"))
    for model in (Offer, Need):
        for listing in model.objects.filter(visibility="anonymous"):
            listing.place_at(listing.site)
            listing.save()
    assert any(line.startswith(f"anyone GET {route}") for line in found), found[:5]
