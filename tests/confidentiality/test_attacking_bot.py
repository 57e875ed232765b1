"""A patient attacker who asks five thousand questions does not learn where a hidden site is.

The bot halves boxes and circles, reads tiles, and moves a site of its own about to measure the
distances that its proposals tell. Against the market it ends at the cell's centre; against the same
market with exact places stored, the control, it stands before the gate.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.test import Client

from geo.geodesy import chord_m
from geo.privacy import CELL_METRES
from geo.tilemath import tile_of
from marketplace.firms.viewers import viewer_for_organisation
from marketplace.listings.models import Listing
from marketplace.models import Need, Offer, Site
from symbiosis.publishing import move_site
from tests.confidentiality.market import TODAY, Hidden, World
from tests.web.mvt import decode_tile

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

QUERIES = 5_000
LEAST_ERROR_M = 0.35 * CELL_METRES
AT_THE_GATE_M = 100
ANCHORS = ((23.5, 42.2), (24.6, 42.3), (24.1, 42.9), (23.4, 42.7))
STANDS = tuple((23.3 + 0.31 * i, 42.1 + 0.17 * (i % 5)) for i in range(9))
"""Where the bot puts its own site to measure from."""

Guess = tuple[float, float]
Record = Callable[[str, object], None]


@dataclass
class Bot:
    """Counts what it asks; knows of its targets the public id alone."""

    world: World
    caller: Client
    asked: int = 0

    def get(self, path: str) -> Any:
        self.asked += 1
        if self.asked % 100 == 0:
            cache.clear()  # patience: the bot keeps below the rate limit
        answer = self.caller.get(path)
        assert answer.status_code == 200, (path, answer.content)
        return answer

    def within(self, target: Hidden, where: str) -> bool:
        """Whether the target is among the listings of a box or circle."""
        side = "offers" if isinstance(target.listing, Offer) else "needs"
        rows = self.get(f"/api/v1/{side}?limit=500&fields=id&{where}").json()["results"]
        return target.listing.public_id in {row["id"] for row in rows}

    def by_boxes(self, target: Hidden) -> Guess:
        """Halve a box in both directions until it is a metre wide."""
        west, east, south, north = 23.0, 25.0, 42.0, 43.0
        for _step in range(17):
            middle = round((west + east) / 2, 6)
            if self.within(target, f"bbox={west},{south},{middle},{north}"):
                east = middle
            else:
                west = middle
        for _step in range(17):
            middle = round((south + north) / 2, 6)
            if self.within(target, f"bbox={west},{south},{east},{middle}"):
                north = middle
            else:
                south = middle
        return (west + east) / 2, (south + north) / 2

    def by_circles(self, target: Hidden) -> Guess:
        """Halve the radius around four places, then intersect the circles."""
        radii = []
        for lon, lat in ANCHORS:
            near, far = 10.0, 200.0
            for _step in range(18):
                middle = round((near + far) / 2, 3)
                if self.within(target, f"near={lon},{lat}&radius_km={middle}"):
                    far = middle
                else:
                    near = middle
            radii.append((near + far) / 2 * 1000)
        return multilaterate(ANCHORS, radii)

    def by_tiles(self, target: Hidden, rough: Guess) -> Guess:
        """The drawn place nearest to a rough guess at the deepest zoom."""
        tile = tile_of(*rough, 14)
        body = self.get(f"/map/tiles/places/14/{tile.x}/{tile.y}/").content
        places = decode_tile(body, tile).get("places", [])
        if not places:
            return rough
        best = min(places, key=lambda p: chord_m(*rough, p.lon, p.lat))
        return best.lon, best.lat

    def by_haulage(self) -> dict[str, Guess]:
        """Move an own site about and read the distances of what is proposed to it."""
        own = Site.objects.get(organisation=self.world.rival)
        viewer = viewer_for_organisation(self.world.rival)
        seen: dict[str, dict[Guess, float]] = {}
        for lon, lat in STANDS:
            where = {"lon": lon, "lat": lat}
            move_site(viewer=viewer, site=own, changes=where, expected_version=None, as_of=TODAY)
            for row in self.get("/api/v1/proposals?mine=true&limit=500").json()["results"]:
                metres = float(row["distance"]["straight_km"]) * 1000 + 50
                seen.setdefault(row["offer"]["id"], {})[lon, lat] = metres
        return {
            name: multilaterate(tuple(found), list(found.values()))
            for name, found in seen.items()
            if len(found) >= 4
        }


def multilaterate(stands: tuple[Guess, ...], metres: list[float]) -> Guess:
    """The place whose distances to the stands fit best: Gauss-Newton on a plane around them."""
    lons, lats = (np.array(axis) for axis in zip(*stands, strict=True))
    at = np.array([lons.mean(), lats.mean()])
    wanted = np.array(metres)
    for _step in range(25):
        here = np.array([chord_m(*at, *stand) for stand in stands])
        step = 1e-5
        slope = np.array(
            [
                [
                    (chord_m(at[0] + step, at[1], *stand) - d) / step,
                    (chord_m(at[0], at[1] + step, *stand) - d) / step,
                ]
                for stand, d in zip(stands, here, strict=True)
            ]
        )
        move, *_rest = np.linalg.lstsq(slope, wanted - here, rcond=None)
        at = at + np.clip(move, -0.5, 0.5)
    return float(at[0]), float(at[1])


def error_m(target: Hidden, guess: Guess) -> float:
    return float(chord_m(*target.site.location.coords, *guess))


@dataclass(frozen=True)
class Attempt:
    """How far off one way ended for one target."""

    way: str
    metres: float


def campaign(bot: Bot, targets: list[Hidden]) -> list[Attempt]:
    """Every way against every target."""
    measured = bot.by_haulage()
    found = []
    for target in targets:
        boxes = bot.by_boxes(target)
        guesses = {
            "boxes": boxes,
            "circles": bot.by_circles(target),
            "tiles": bot.by_tiles(target, boxes),
        }
        if guess := measured.get(target.listing.public_id):
            guesses["haulage"] = guess
        found += [Attempt(way, error_m(target, guess)) for way, guess in guesses.items()]
    return found


def medians(found: list[Attempt]) -> dict[str, float]:
    """Median error in metres by way."""
    ways = sorted({attempt.way for attempt in found})
    return {way: statistics.median(a.metres for a in found if a.way == way) for way in ways}


def test_five_thousand_questions_end_at_the_cell(world: World, record_property: Record) -> None:
    bot = Bot(world, world.callers["rival"])
    found = campaign(bot, world.hidden)
    assert bot.asked >= QUERIES
    errors = medians(found)
    record_property("median errors in metres", f"{errors} after {bot.asked} questions")
    assert set(errors) == {"boxes", "circles", "haulage", "tiles"}
    assert min(errors.values()) >= LEAST_ERROR_M, errors


def test_the_same_bot_finds_exact_places_where_they_are_stored(
    world: World, record_property: Record
) -> None:
    """Negative control: were the exact place stored, boxes, circles and tiles would lead to it.
    Distances of proposals stay those of the last match, so they are no part of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Listing, "place_at", _at_its_site)
        for model in (Offer, Need):
            for listing in model.objects.all():
                listing.place_at(listing.site)
                listing.save()
        targets = [*world.offers[:3], *world.needs[:1]]
        errors = medians(campaign(Bot(world, world.callers["rival"]), targets))
    record_property("median errors in metres", str(errors))
    assert set(errors) == {"boxes", "circles", "tiles"}
    assert max(errors.values()) < AT_THE_GATE_M, errors


def _at_its_site(self: Listing, site: Site) -> None:
    self.site, self.organisation_id = site, site.organisation_id
    self.public_location, self.public_region = site.location, site.region
