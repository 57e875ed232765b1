"""A small seeded market for browser tests and screenshots: towns, firms, listings, proposals.

Everything in it is fictional and marked so. Figures follow the shapes of real ones (log-normal
quantities, haulage by tonne-kilometre) so that pages look as they will.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.contrib.gis.geos import Point

from geo.geodesy import great_circle_m
from geo.models import Place, Region
from geo.regions import load_shipped_regions
from geo.selectors import region_of_point
from geo.spelling import stored_keys
from marketplace.catalogue.loading import load_catalogue
from marketplace.firms.services import SiteDraft, add_site
from marketplace.firms.users import User
from marketplace.firms.viewers import viewer_for
from marketplace.models import Conversion, Material, Membership, Need, Offer, Organisation, Site
from symbiosis.models import MatchRun, Proposal
from tests.factories import (
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    UserFactory,
)

PASSWORD = "correct horse battery"
TOWNS = {
    "София": ("Sofia", 23.3219, 42.6977, 1_280_000),
    "Пловдив": ("Plovdiv", 24.7453, 42.1354, 343_000),
    "Варна": ("Varna", 27.9147, 43.2141, 335_000),
    "Бургас": ("Burgas", 27.4626, 42.5048, 200_000),
    "Русе": ("Ruse", 25.9657, 43.8356, 144_000),
    "Стара Загора": ("Stara Zagora", 25.6419, 42.4258, 136_000),
    "Плевен": ("Pleven", 24.6067, 43.4170, 96_000),
    "Сливен": ("Sliven", 26.3229, 42.6858, 86_000),
    "Добрич": ("Dobrich", 27.8333, 43.5667, 83_000),
    "Шумен": ("Shumen", 26.9229, 43.2706, 75_000),
    "Перник": ("Pernik", 23.0378, 42.6052, 70_000),
    "Хасково": ("Haskovo", 25.5557, 41.9344, 69_000),
    "Ямбол": ("Yambol", 26.5106, 42.4842, 67_000),
    "Пазарджик": ("Pazardzhik", 24.3333, 42.1928, 64_000),
    "Благоевград": ("Blagoevgrad", 23.0900, 42.0116, 66_000),
    "Велико Търново": ("Veliko Tarnovo", 25.6172, 43.0757, 66_000),
    "Враца": ("Vratsa", 23.5525, 43.2100, 50_000),
    "Габрово": ("Gabrovo", 25.3188, 42.8747, 48_000),
    "Видин": ("Vidin", 22.8725, 43.9900, 39_000),
    "Кърджали": ("Kardzhali", 25.3667, 41.6333, 43_000),
}
SHARED_NAME = ("Баня", "Banya")
FORMS = ("ЕООД", "ООД", "АД")
WORDS = ("Зора", "Родопи", "Тракия", "Дунав", "Пирин", "Нева", "Балкан", "Марица", "Мизия", "Вита")
TRADES = ("Агро", "Текстил", "Пласт", "Млечна", "Пивоварна", "Хартия", "Дървообработка", "Опаковки")


@dataclass(frozen=True, slots=True)
class Market:
    """Who to sign in as, and one proposal of each kind."""

    owner: User
    officer: User
    owner_site: Site
    posted: Proposal
    inferred: Proposal


def build_market(*, pairs: int = 40, seed: int = 7) -> Market:
    """Fill an empty database; the same seed gives the same market."""
    rng = random.Random(seed)
    load_shipped_regions()
    load_catalogue()
    _load_places()
    owner, owner_site = _owner()
    officer = UserFactory(email="chamber@example.org", full_name="Елена Петрова")
    chamber = OrganisationFactory(
        name="Регионална палата Пловдив",
        name_en="Regional chamber Plovdiv",
        type=Organisation.Type.CHAMBER,
        region=Region.objects.get(code="BG421"),
        is_demo=True,
    )
    MembershipFactory(user=officer, organisation=chamber, role=Membership.Role.OFFICER)
    sites = [_site(rng, index) for index in range(max(12, pairs // 2))]
    run = MatchRun.objects.create(
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        as_of=datetime(2026, 11, 1, tzinfo=UTC).date(),
        status=MatchRun.Status.SAVED,
    )
    usable = list(
        Conversion.objects.filter(
            weight__gte=Decimal("0.5"), source__kind="material", source__is_use=False
        )
        .exclude(source__pillar="")
        .select_related("source", "target")
    )
    made = [_proposal(rng, run, index, sites, usable) for index in range(pairs)]
    made.append(_own_proposal(rng, run, owner_site, sites))
    _quiet_listings(rng, sites, usable, pairs)
    return Market(
        owner=owner,
        officer=officer,
        owner_site=owner_site,
        posted=next(p for p in made if not p.inferred),
        inferred=next(p for p in made if p.inferred),
    )


def _load_places() -> None:
    for index, (name, (latin, lon, lat, people)) in enumerate(TOWNS.items()):
        _place(f"t{index}", name, latin, lon, lat, people)
    _place("b1", *SHARED_NAME, 24.8300, 42.5500, 4_000, municipality="Карлово")
    _place("b2", *SHARED_NAME, 23.5300, 41.8800, 3_000, municipality="Разлог")


def _place(
    source_id: str,
    name: str,
    latin: str,
    lon: float,
    lat: float,
    people: int,
    municipality: str = "",
) -> None:
    point = Point(lon, lat, srid=4326)
    Place.objects.create(
        source="geonames",
        source_id=source_id,
        country="BG",
        name=name,
        name_en=latin,
        municipality_name=municipality,
        population=people,
        location=point,
        region=region_of_point(point),
        search_keys=stored_keys(name, latin),
    )


def _owner() -> tuple[User, Site]:
    owner = UserFactory(email="owner@example.org", full_name="Иван Димитров")
    firm = OrganisationFactory(name="Пивоварна Марица АД", name_en="Maritsa Brewery", is_demo=True)
    MembershipFactory(user=owner, organisation=firm, role=Membership.Role.OWNER)
    _name, lon, lat, _people = TOWNS["Пловдив"]
    draft = SiteDraft(name="Пивоварна Север", lon=lon + 0.02, lat=lat + 0.03, city="Пловдив")
    return owner, add_site(viewer=viewer_for(owner), organisation=firm, draft=draft)


def _site(rng: random.Random, index: int) -> Site:
    town = rng.choice(list(TOWNS))
    latin, lon, lat, _people = TOWNS[town]
    word, trade = rng.choice(WORDS), rng.choice(TRADES)
    firm = OrganisationFactory(
        name=f"{trade} {word} {index + 1} {rng.choice(FORMS)}",
        name_en=f"{latin} Works {index + 1} Ltd",
        is_demo=True,
    )
    hand = MembershipFactory(organisation=firm).user
    draft = SiteDraft(
        name=f"{town}, площадка {index + 1}",
        lon=lon + rng.gauss(0, 0.12),
        lat=lat + rng.gauss(0, 0.07),
        city=town,
    )
    return add_site(viewer=viewer_for(hand), organisation=firm, draft=draft)


def _proposal(
    rng: random.Random, run: MatchRun, index: int, sites: list[Site], usable: list[Conversion]
) -> Proposal:
    edge = rng.choice(usable)
    here, there = rng.sample(sites, 2)
    inferred = index % 3 == 2
    tonnes = max(5, int(rng.lognormvariate(5.5, 1.4)))
    origin = "inferred" if inferred else "posted"
    offer = _listing(OfferFactory, here, edge.source, tonnes, origin, index)
    need = _listing(NeedFactory, there, edge.target, tonnes * 2, origin, index)
    return _paired(run, offer, need, tonnes, edge, "planned")


def _own_proposal(rng: random.Random, run: MatchRun, own: Site, sites: list[Site]) -> Proposal:
    edge = Conversion.objects.filter(source__code="brewers-spent-grain").order_by("-weight")[0]
    offer = OfferFactory(
        site=own,
        organisation=own.organisation,
        material=edge.source,
        title="Прясна пивоварна каша",
        quantity_value=Decimal(1200),
    )
    need = _listing(NeedFactory, rng.choice(sites), edge.target, 1500, "posted", 999)
    return _paired(run, offer, need, 1200, edge, "planned")


def _listing(
    maker: type[OfferFactory] | type[NeedFactory],
    site: Site,
    material: Material,
    tonnes: int,
    origin: str,
    index: int,
) -> Offer | Need:
    """A listing; an inferred one only once for a site and material, as the constraint demands."""
    title = material.name_bg or material.name_en
    if origin == "inferred":
        known = maker._meta.model.objects.filter(site=site, material=material, origin=origin)
        if known.exists():
            return known.get()
    return maker(
        site=site,
        organisation=site.organisation,
        material=material,
        title=title if origin == "inferred" else f"{title}, партида {index}",
        quantity_value=Decimal(tonnes),
        origin=origin,
    )


def _paired(
    run: MatchRun, offer: Offer, need: Need, tonnes: int, edge: Conversion, stage: str
) -> Proposal:
    here, there = offer.site.location, need.site.location
    straight = round(float(great_circle_m(here.x, here.y, there.x, there.y)))
    road = straight * 13 // 10
    disposal = tonnes * (offer.material.disposal_cents_per_t or 3_000)
    purchase = tonnes * (offer.material.purchase_cents_per_t or 9_000) // 2
    processing = tonnes * (edge.cost_low_cents_per_t + edge.cost_high_cents_per_t) // 4
    haulage = tonnes * (400 + road * 9 // 1000)
    value = disposal + purchase - processing - haulage
    if value <= 0:
        purchase, value = purchase - value + tonnes * 500, tonnes * 500
    inferred = "inferred" in (offer.origin, need.origin)
    found, _created = Proposal.objects.update_or_create(
        offer=offer,
        need=need,
        defaults={
            "run": run,
            "stage": stage,
            "base_quantity": tonnes * 1000,
            "straight_m": straight,
            "road_m": road,
            "value_cents": value,
            "disposal_cents": disposal,
            "purchase_cents": purchase,
            "processing_cents": processing,
            "haulage_cents": haulage,
            "value_cents_per_t": value // tonnes,
            "rank_cents_per_t": value // tonnes,
            "price_low_cents_per_t": -disposal // tonnes // 2,
            "price_high_cents_per_t": purchase // tonnes // 2,
            "co2e_kg": tonnes * 85 - road * tonnes * 9 // 100_000,
            "cross_region": offer.public_region_id != need.public_region_id,
            "inferred": inferred,
            "reasons": _reasons(offer, need, edge, disposal, haulage, road, tonnes, inferred),
        },
    )
    return found


def _reasons(
    offer: Offer,
    need: Need,
    edge: Conversion,
    disposal: int,
    haulage: int,
    road: int,
    tonnes: int,
    inferred: bool,
) -> list[dict[str, object]]:
    labels = {
        "offered_en": offer.material.name_en,
        "offered_bg": offer.material.name_bg,
        "needed_en": need.material.name_en,
        "needed_bg": need.material.name_bg,
        "process_en": edge.process_en,
        "process_bg": edge.process_bg,
    }
    covered = min(100, tonnes * 100_000 // need.base_quantity)
    reasons: list[dict[str, object]] = [
        {"code": "conversion", **labels},
        {"code": "disposal_avoided", "cents": disposal},
        {"code": "distance", "road_m": road, "detour": "1.3", "haulage_cents": haulage},
        {"code": "share", "offer_percent": 100, "need_percent": covered},
        {"code": "climate", "co2e_kg": tonnes * 80},
    ]
    if inferred:
        reasons.append({"code": "inferred_side", "side": "offer"})
    return reasons


def _quiet_listings(
    rng: random.Random, sites: list[Site], usable: list[Conversion], count: int
) -> None:
    """Listings that nothing is proposed for, one in five of them anonymous."""
    for index in range(count // 2):
        site, edge = rng.choice(sites), rng.choice(usable)
        OfferFactory(
            site=site,
            organisation=site.organisation,
            material=edge.source,
            title=edge.source.name_bg or edge.source.name_en,
            visibility="anonymous" if index % 5 == 0 else "public",
            quantity_value=Decimal(rng.randint(2, 400)),
        )
