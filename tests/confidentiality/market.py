"""A market of fifty hidden listings among others, and the outsiders who look at it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.contrib.gis.geos import Point
from django.test import Client

from api.webhooks import outbox, signing
from api.webhooks.delivery import make_out
from api.webhooks.models import Endpoint
from geo.models import Region
from geo.privacy import CELL_METRES, project, unproject
from marketplace.firms.services import SiteDraft, add_site
from marketplace.firms.viewers import Viewer, viewer_for_organisation
from marketplace.listings.services import ListingDraft
from marketplace.models import (
    Affiliation,
    Conversion,
    Exchange,
    Material,
    Membership,
    Offer,
    Organisation,
    Site,
    User,
)
from symbiosis.models import Proposal
from symbiosis.publishing import move_site, publish_need, publish_offer, republish
from symbiosis.services import run_matching
from symbiosis.taking_up import open_from_proposal
from tests.api.callers import program
from tests.factories import (
    ActivityFactory,
    MaterialFactory,
    MembershipFactory,
    OrganisationFactory,
    RegionFactory,
    UserFactory,
    WasteCodeFactory,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
BORDER_LON = 24.0
"""Where two oblasts meet, in the middle of a cell."""

HIDDEN_OFFERS, HIDDEN_NEEDS = 30, 20
CELLS = 10
BAND = (Decimal(200), Decimal(500))
"""Tonnes a year: the band that every hidden listing stays in."""

KEPT = ("holder", "price", "quantity")


@dataclass
class Hidden:
    """A listing whose site, amount and price nobody outside may learn."""

    viewer: Viewer
    site: Site
    listing: Any
    corner: tuple[float, float]
    anonymous: bool


@dataclass
class World:
    hidden: list[Hidden]
    members_only: Hidden
    rival: Organisation
    exchange: Exchange
    proposal: Proposal
    endpoint: Endpoint
    callers: dict[str, Client]
    people: dict[str, User]
    material: Material
    chance: random.Random = field(default_factory=lambda: random.Random(5))

    @property
    def offers(self) -> list[Hidden]:
        return [h for h in self.hidden if isinstance(h.listing, Offer)]

    @property
    def needs(self) -> list[Hidden]:
        return [h for h in self.hidden if not isinstance(h.listing, Offer)]

    def move_all(self) -> None:
        """Every hidden site elsewhere in its cell, every amount and price elsewhere in its band,
        as its owner would do it, and what is anonymous in other words too."""
        for hidden in self.hidden:
            move(hidden, self.chance)

    def rematch(self) -> None:
        """A national run and the letters to partners that follow."""
        run_matching(as_of=TODAY, now=lambda: NOW)
        make_out(self.endpoint, viewer_for_organisation(self.rival), now=NOW)


def move(hidden: Hidden, chance: random.Random) -> None:
    lon, lat = point_in(hidden.corner, chance)
    move_site(
        viewer=hidden.viewer,
        site=hidden.site,
        changes={"lon": lon, "lat": lat, "address": f"ул. {chance.random()}"},
        expected_version=None,
        as_of=TODAY,
    )
    changes: dict[str, Any] = {
        "quantity_value": quantity(chance),
        "price_cents": chance.randrange(-9_000, 20_000),
        "min_lot_value": Decimal(chance.randrange(1, 100)),
    }
    if hidden.anonymous:
        changes |= {
            "title": f"Тайна {chance.random()}",
            "description": f"Секрет {chance.random()}",
            "quality_notes": f"Сухо вещество {chance.random()}",
            "external_id": f"id-{chance.random()}",
        }
    hidden.listing, _ranked = republish(
        viewer=hidden.viewer,
        listing=hidden.listing,
        changes=changes,
        expected_version=None,
        as_of=TODAY,
    )
    hidden.site.refresh_from_db()


def quantity(chance: random.Random) -> Decimal:
    """Some amount of the band."""
    low, high = BAND
    return low + (high - low) * Decimal(chance.randrange(1000)) / 1000


def corner_of(lon: float, lat: float) -> tuple[float, float]:
    """South-west corner of a place's cell, in metres of the grid."""
    east, north = project(lon, lat)
    return east // CELL_METRES * CELL_METRES, north // CELL_METRES * CELL_METRES


def point_in(corner: tuple[float, float], chance: random.Random) -> tuple[float, float]:
    """A point anywhere in the cell; its longitude and latitude."""
    x, y = (chance.uniform(0.01, 0.99) * CELL_METRES for _ in range(2))
    return unproject(corner[0] + x, corner[1] + y)


def build() -> World:
    """The market, matched, with an exchange taken up between a rival and a hidden offer."""
    chance = random.Random(3)
    _regions()
    grain, feed = _materials()
    hidden = [
        _hidden(index, chance, grain if index < HIDDEN_OFFERS else feed)
        for index in range(HIDDEN_OFFERS + HIDDEN_NEEDS)
    ]
    members_only = _hidden(99, chance, grain, members_only=("place", "quantity", "price"))
    for number in range(6):
        _open(number, grain if number % 2 else feed)
    rival = _outsider("Rival", 23.9, 42.45, feed, Decimal(20_000))
    partner = OrganisationFactory(type=Organisation.Type.CLUSTER, name_en="Partner cluster")
    member = _outsider("Member", 24.2, 42.55, feed, Decimal(9_000))
    Affiliation.objects.create(member=member, host=partner, consent_given_at=NOW)
    chamber = OrganisationFactory(
        type=Organisation.Type.CHAMBER, region=Region.objects.get(code="BG331")
    )
    people = {
        "rival": _person("rival@example.org", rival, Membership.Role.OWNER),
        "officer": _person("officer@example.org", chamber, Membership.Role.OFFICER),
    }
    run_matching(as_of=TODAY, now=lambda: NOW)
    viewer = viewer_for_organisation(rival)
    proposal = Proposal.objects.filter(
        need__organisation=rival, offer__visibility="anonymous"
    ).order_by("id")[0]
    endpoint = Endpoint.objects.create(
        organisation=rival,
        url="https://8.8.8.8/",
        types=list(outbox.TYPES),
        sealed_secret=signing.sealed(signing.new_secret()),
    )
    exchange = open_from_proposal(viewer=viewer, proposal=proposal, now=NOW)
    make_out(endpoint, viewer, now=NOW)
    return World(
        hidden=hidden,
        members_only=members_only,
        rival=rival,
        exchange=exchange,
        proposal=proposal,
        endpoint=endpoint,
        callers={
            "anyone": Client(headers={"accept-language": "en"}),
            "rival": _browser(people["rival"]),
            "officer": _browser(people["officer"]),
            "partner": _program(partner),
        },
        people=people,
        material=grain,
    )


def _regions() -> None:
    bulgaria = RegionFactory(code="BG", level=Region.Level.COUNTRY, name_en="Bulgaria")
    for code, lon in (("BG411", BORDER_LON - 0.5), ("BG421", BORDER_LON + 0.5)):
        planning = RegionFactory(
            code=code[:4], level=Region.Level.NUTS2, name_en=code[:4], parent=bulgaria
        )
        square = RegionFactory.square(code, lon, 42.5, name_en=code, parent=planning)
        square.centre = Point(lon, 42.5, srid=4326)
        square.save()
    RegionFactory.square("BG331", 27.9, 43.2, name_en="Varna")


def _materials() -> tuple[Material, Material]:
    grain = MaterialFactory()
    feed = MaterialFactory(
        code="ruminant-feed",
        name_en="Ruminant feed",
        name_bg="Фураж за преживни",
        is_use=True,
        disposal_cents_per_t=0,
        purchase_cents_per_t=16_000,
        substitution=None,
        avoided_kgco2e_per_t=None,
    )
    Conversion.objects.create(
        source=grain,
        target=feed,
        process_en="feeding fresh",
        process_bg="изхранване прясно",
        yield_ratio=1,
        cost_low_cents_per_t=0,
        cost_high_cents_per_t=1_000,
        route="by-product",
        weight=Decimal("0.9"),
    )
    return grain, feed


def _hidden(
    index: int, chance: random.Random, material: Material, members_only: tuple[str, ...] = ()
) -> Hidden:
    place = index % CELLS
    # The fifth cell lies across the border of the oblasts.
    lon = BORDER_LON + (place - 5) * 0.07
    corner = corner_of(lon, 42.5)
    anonymous = not members_only and index % 5 != 4
    firm = OrganisationFactory(name=f"Таен {index} ООД", name_en=f"Secret {index} Ltd")
    viewer = viewer_for_organisation(firm)
    at = point_in(corner, chance)
    draft = SiteDraft(name=f"Тайна площадка {index}", lon=at[0], lat=at[1], city="Тайно")
    site = add_site(viewer=viewer, organisation=firm, draft=draft)
    said = ListingDraft(
        site=site,
        material=material,
        quantity_value=quantity(chance),
        quantity_unit="t",
        price_cents=chance.randrange(-9_000, 20_000),
        title=f"Сушена пивоварна каша {index}",
        visibility="anonymous" if anonymous else "public",
        confidential=() if anonymous or members_only else KEPT,
        members_only=members_only,
        waste_code=WasteCodeFactory() if anonymous else None,
    )
    publish = publish_need if material.is_use else publish_offer
    listing, _ranked = publish(viewer=viewer, draft=said, as_of=TODAY)
    return Hidden(viewer, site, listing, corner, anonymous)


def _open(number: int, material: Material) -> None:
    """A firm with nothing to hide, whose share of the plan depends on the hidden ones."""
    firm = OrganisationFactory()
    viewer = viewer_for_organisation(firm)
    draft = SiteDraft(name=f"Площадка {number}", lon=23.7 + number * 0.11, lat=42.4 + number * 0.03)
    site = add_site(viewer=viewer, organisation=firm, draft=draft)
    Site.objects.filter(pk=site.pk).update(activity=ActivityFactory())
    said = ListingDraft(
        site=site, material=material, quantity_value=Decimal(700), quantity_unit="t"
    )
    publish = publish_need if material.is_use else publish_offer
    publish(viewer=viewer, draft=said, as_of=TODAY)


def _outsider(
    name: str, lon: float, lat: float, material: Material, tonnes: Decimal
) -> Organisation:
    firm: Organisation = OrganisationFactory(name=f"{name} ООД", name_en=f"{name} Ltd")
    viewer = viewer_for_organisation(firm)
    site = add_site(viewer=viewer, organisation=firm, draft=SiteDraft(name=name, lon=lon, lat=lat))
    said = ListingDraft(site=site, material=material, quantity_value=tonnes, quantity_unit="t")
    publish_need(viewer=viewer, draft=said, as_of=TODAY)
    return firm


def _person(email: str, organisation: Organisation, role: str) -> User:
    user: User = UserFactory(email=email)
    MembershipFactory(user=user, organisation=organisation, role=role)
    return user


def _browser(user: User) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(user)
    return browser


def _program(organisation: Organisation) -> Client:
    token = program(organisation)._credentials["HTTP_AUTHORIZATION"]
    return Client(headers={"accept-language": "en", "authorization": token})
