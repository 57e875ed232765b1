"""Builds the fictional market from one seed: two machines get the same firms and listings.

Quantities follow the log-normal law seen in public waste-transfer registers (median 334 t a year,
mean 6,894 t, largest 1.18 Mt; E-PRTR v16, EEA), whose spread is sigma = sqrt(2 ln(mean / median)).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.gis.geos import Point
from django.db import transaction

from geo.models import Place, Region
from geo.privacy import grid_cell
from marketplace.catalogue.models import Activity, Material, StreamProfile
from marketplace.demo import vocabulary as words
from marketplace.firms.models import Affiliation, Organisation, Site
from marketplace.listings.models import (
    Need,
    Offer,
    Service,
    SupplyPattern,
    Visibility,
    WasteStatus,
)
from marketplace.listings.services import ListingDraft, prepared
from marketplace.registers.inference import ActivityProfiles, infer_listings

SEED = 20261121
FIRM_COUNT = 364
LISTING_COUNT = 2_000
SILENT_COUNT = 40
"""Firms that joined and posted nothing: what the market infers of them shows beside the rest."""

MEDIAN_T = 334.0
SIGMA = math.sqrt(2 * math.log(6_894 / MEDIAN_T))
LARGEST_T = 1_180_000

SOURCE = "demo"


class DemoMarketError(Exception):
    """Reference data that the market is built on are missing."""


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """What was built."""

    organisations: int
    offers: int
    needs: int
    services: int


def demo_market_exists() -> bool:
    """Whether this database holds the fictional market already."""
    return Organisation.objects.filter(source=SOURCE).exists()


@transaction.atomic
def build_demo_market(
    *, seed: int = SEED, on_progress: Callable[[str, int], None] = lambda step, count: None
) -> DemoMarket:
    """Create the fictional organisations, sites, listings and processors in one transaction.

    Raises DemoMarketError where regions, places, materials or profiles are not loaded.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible market, not a secret
    oblasts = _oblasts()
    chambers = _chambers(oblasts)
    clusters = _clusters()
    _others(oblasts)
    sites = _firms(chance, oblasts, chambers, clusters)
    on_progress("organisations", Organisation.objects.filter(source=SOURCE).count())
    offers, needs = _listings(chance, sites[:-SILENT_COUNT])
    on_progress("listings", offers + needs)
    infer_listings(sites[-SILENT_COUNT:])
    services = _processors(chance, sites)
    return DemoMarket(Organisation.objects.filter(source=SOURCE).count(), offers, needs, services)


@dataclass(frozen=True, slots=True)
class _Oblast:
    region: Region
    places: list[Place]
    weights: list[int]


def _oblasts() -> list[_Oblast]:
    regions = list(Region.objects.without_shapes().filter(country="BG", level=Region.Level.NUTS3))
    if len(regions) != 28:
        raise DemoMarketError("The 28 oblasts are not loaded: run manage.py load_regions.")
    found = []
    for region in regions:
        places = list(Place.objects.filter(region=region).order_by("-population", "source_id")[:12])
        if not places:
            raise DemoMarketError(
                f"No settlement of {region.code} is known: run manage.py load_places."
            )
        found.append(_Oblast(region, places, [max(p.population, 500) for p in places]))
    return found


def _chambers(oblasts: list[_Oblast]) -> dict[int, Organisation]:
    rows = [
        Organisation(
            type=Organisation.Type.CHAMBER,
            name=f"Регионална палата {oblast.region.name_bg} {words.MARK_BG}",
            name_en=f"Regional Chamber {oblast.region.name_en} {words.MARK_EN}",
            region=oblast.region,
            is_demo=True,
            source=SOURCE,
            external_id=f"demo-chamber-{oblast.region.code.lower()}",
        )
        for oblast in oblasts
    ]
    Organisation.objects.bulk_create(rows)
    return {chamber.region_id: chamber for chamber in rows if chamber.region_id}


def _clusters() -> list[Organisation]:
    return Organisation.objects.bulk_create(
        Organisation(
            type=Organisation.Type.CLUSTER,
            name=name_bg,
            name_en=name_en,
            pillars=[pillar],
            country=country,
            is_demo=True,
            source=SOURCE,
            external_id=key,
        )
        for key, name_bg, name_en, pillar, country in words.CLUSTERS
    )


def _others(oblasts: list[_Oblast]) -> None:
    rows = [
        Organisation(
            type=kind,
            name=name_bg,
            name_en=name_en,
            region=oblasts[number * 4 % len(oblasts)].region,
            is_demo=True,
            source=SOURCE,
            external_id=f"demo-{kind}-{number}",
        )
        for number, (kind, name_bg, name_en) in enumerate(words.OTHERS)
    ]
    rows.append(
        Organisation(
            type=Organisation.Type.SECRETARIAT,
            name=f"Секретариат на съвета {words.MARK_BG}",
            name_en=f"Council Secretariat {words.MARK_EN}",
            is_demo=True,
            source=SOURCE,
            external_id="demo-secretariat",
        )
    )
    Organisation.objects.bulk_create(rows)


def _firms(
    chance: random.Random,
    oblasts: list[_Oblast],
    chambers: dict[int, Organisation],
    clusters: list[Organisation],
) -> list[Site]:
    activities = dict(Activity.objects.filter(revision="2.0").values_list("code", "id"))
    if not activities:
        raise DemoMarketError("The catalogue is not loaded: run manage.py load_catalogue.")
    trades = _dealt_trades(chance)
    firms, sites = [], []
    for number, trade in enumerate(trades):
        oblast = oblasts[number % len(oblasts)]
        place = chance.choices(oblast.places, oblast.weights)[0]
        firm = _firm(chance, number, trade, oblast.region, activities)
        firms.append(firm)
        sites.append(_site(chance, firm, place, oblast.region))
    Organisation.objects.bulk_create(firms)
    Site.objects.bulk_create(sites)
    by_pillar = {cluster.pillars[0]: cluster for cluster in clusters}
    links = [Affiliation(member=f, host=chambers[f.region_id]) for f in firms if f.region_id]
    links += [
        Affiliation(member=firm, host=by_pillar[firm.pillars[0]])
        for firm in firms
        if firm.pillars and chance.random() < 0.3
    ]
    Affiliation.objects.bulk_create(links)
    return sites


def _dealt_trades(chance: random.Random) -> list[words.Trade]:
    """Every trade once, the rest by weight: each pillar is well above its 20 members."""
    rest = chance.choices(
        words.TRADES, [t.weight for t in words.TRADES], k=FIRM_COUNT - len(words.TRADES)
    )
    dealt = [*words.TRADES, *rest]
    chance.shuffle(dealt)
    return dealt


def _firm(
    chance: random.Random,
    number: int,
    trade: words.Trade,
    region: Region,
    activities: dict[str, int],
) -> Organisation:
    stem = chance.randrange(len(words.STEMS_BG))
    form_bg, form_en = chance.choice(words.FORMS)
    serial = number + 1
    return Organisation(
        name=f"{words.STEMS_BG[stem]} {trade.word_bg} {serial} {form_bg} {words.MARK_BG}",
        name_en=f"{words.STEMS_EN[stem]} {trade.word_en} {serial} {form_en} {words.MARK_EN}",
        region=region,
        activity_id=activities[trade.nace],
        pillars=[trade.pillar] if trade.pillar else [],
        employees=max(3, round(chance.lognormvariate(math.log(45), 1.0))),
        is_demo=True,
        source=SOURCE,
        external_id=f"demo-firm-{serial:03d}",
    )


def _site(chance: random.Random, firm: Organisation, place: Place, region: Region) -> Site:
    lon = round(place.location.x + chance.uniform(-0.02, 0.02), 6)
    lat = round(place.location.y + chance.uniform(-0.015, 0.015), 6)
    cell = grid_cell(lon, lat)
    return Site(
        organisation=firm,
        name=f"{place.name}, {firm.name}"[:300],
        city=place.name,
        location=Point(lon, lat, srid=4326),
        cell_location=Point(cell.centre_lon, cell.centre_lat, srid=4326),
        region=region,
        cell_region=region,
        activity_id=firm.activity_id,
        employees=firm.employees,
        source=SOURCE,
        external_id=firm.external_id.replace("firm", "site"),
    )


def _listings(chance: random.Random, sites: list[Site]) -> tuple[int, int]:
    """Deal each firm its likeliest streams and needs in turn until the market is full."""
    picks = _picks(sites)
    amounts = _amounts(chance, [material for _site, material, _model in picks])
    offers: list[Offer] = []
    needs: list[Need] = []
    for (site, material, model), tonnes in zip(picks, amounts, strict=True):
        if model is Offer:
            offers.append(
                prepared(Offer, _draft(chance, site, material, tonnes, words.OFFER_NOTES))
            )
        else:
            needs.append(prepared(Need, _draft(chance, site, material, tonnes, words.NEED_NOTES)))
    Offer.objects.bulk_create(offers, batch_size=500)
    Need.objects.bulk_create(needs, batch_size=500)
    return len(offers), len(needs)


_Pick = tuple[Site, Material, type[Offer] | type[Need]]


def _picks(sites: list[Site]) -> list[_Pick]:
    """Who lists what: every firm's first stream and need, then everybody's second, and so on."""
    profiles = ActivityProfiles()
    activities = Activity.objects.in_bulk([s.activity_id for s in sites if s.activity_id])
    picks: list[_Pick] = []
    for rank in range(8):
        for site in sites:
            for model, direction in _SIDES:
                streams = profiles.likely(activities[site.activity_id or 0], direction, at_most=8)
                if rank < len(streams):
                    picks.append((site, streams[rank].material, model))
    if len(picks) < LISTING_COUNT:
        raise DemoMarketError("The activity profiles are too few: run manage.py load_catalogue.")
    return picks[:LISTING_COUNT]


def _amounts(chance: random.Random, materials: list[Material]) -> list[Decimal]:
    """Tonnes by the law of the registers, the large ones mostly to the cheap materials."""
    drawn = sorted((_tonnes(chance) for _material in materials), reverse=True)
    worth = [
        math.log(100 + max(m.purchase_cents_per_t or 0, m.value_high_cents_per_t or 0))
        + chance.gauss(0, 1)
        for m in materials
    ]
    ranked = sorted(range(len(materials)), key=lambda row: worth[row])
    amounts = [Decimal(0)] * len(materials)
    for row, tonnes in zip(ranked, drawn, strict=True):
        amounts[row] = tonnes
    return amounts


_SIDES: tuple[tuple[type[Offer] | type[Need], StreamProfile.Direction], ...] = (
    (Offer, StreamProfile.Direction.OUTPUT),
    (Need, StreamProfile.Direction.INPUT),
)


def _tonnes(chance: random.Random) -> Decimal:
    drawn = min(chance.lognormvariate(math.log(MEDIAN_T), SIGMA), LARGEST_T)
    return Decimal(f"{max(drawn, 0.5):.2e}").quantize(Decimal("0.1"))


def _draft(
    chance: random.Random,
    site: Site,
    material: Material,
    tonnes: Decimal,
    notes: tuple[tuple[str, str], ...],
) -> ListingDraft:
    language = "bg" if chance.random() < 0.7 else "en"
    note = chance.choice(notes)[0 if language == "bg" else 1]
    name = material.name_bg if language == "bg" else material.name_en
    pattern, months = _season(chance, material)
    visibility = chance.choices(
        [Visibility.PUBLIC, Visibility.MEMBERS, Visibility.ANONYMOUS], [78, 14, 8]
    )[0]
    priced = chance.random() < 0.6
    return ListingDraft(
        site=site,
        material=material,
        quantity_value=tonnes,
        quantity_unit={"material": "t", "water": "m3", "energy": "MWh"}.get(material.kind, "unit"),
        quantity_basis="year",
        title=f"{name}, {site.city}",
        description=note,
        language=language,
        pattern=pattern,
        months=months,
        price_cents=_price(chance, material) if priced else None,
        waste_status=_status(chance, material),
        visibility=visibility,
    )


_HARVESTS = ((6, 7, 8), (7, 8, 9), (8, 9, 10), (9, 10, 11), (10, 11, 12, 1))


def _season(chance: random.Random, material: Material) -> tuple[str, tuple[int, ...]]:
    seasonal = material.sector in {"agriculture", "food"} and chance.random() < 0.35
    if seasonal:
        return SupplyPattern.SEASONAL, chance.choice(_HARVESTS)
    return (SupplyPattern.ONE_OFF if chance.random() < 0.08 else SupplyPattern.CONTINUOUS), ()


def _price(chance: random.Random, material: Material) -> int | None:
    low, high = material.value_low_cents_per_t, material.value_high_cents_per_t
    if low is None or high is None:
        return None
    return round(chance.uniform(low, high) / 100) * 100 if high > low else low


def _status(chance: random.Random, material: Material) -> str:
    if material.kind != "material":
        return WasteStatus.PRODUCT
    return chance.choices(
        [WasteStatus.UNKNOWN, WasteStatus.WASTE, WasteStatus.BY_PRODUCT, WasteStatus.END_OF_WASTE],
        [35, 35, 25, 5],
    )[0]


def _processors(chance: random.Random, sites: list[Site]) -> int:
    """A few recyclers, dryers and composters, each by a conversion of the catalogue."""
    recyclers = [s for s in sites if s.activity and s.activity.code.startswith("38")]
    edges = list(
        Material.objects.filter(conversions__target__is_use=False, kind="material")
        .order_by("code", "conversions__target__code", "conversions__id")
        .values_list("pk", "name_bg", "conversions__target", "conversions__yield_ratio",
                     "conversions__cost_high_cents_per_t")
    )  # fmt: skip
    if not edges or not recyclers:
        return 0
    rows = []
    for site in recyclers:
        source, name, target, yield_ratio, cost = chance.choice(edges)
        rows.append(
            Service(
                organisation=site.organisation,
                site=site,
                kind=Service.Kind.PROCESSING,
                title=f"Преработка: {name}"[:200],
                input_material_id=source,
                output_material_id=target,
                base_capacity=int(_tonnes(chance) * 1000) + 100_000,
                yield_ratio=yield_ratio,
                cost_cents=cost,
                is_demo=True,
            )
        )
    Service.objects.bulk_create(rows)
    return len(rows)
