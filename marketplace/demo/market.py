"""Builds the fictional market from one seed: two machines get the same firms and listings."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import Point
from django.db import transaction

from geo.models import Place, Region
from geo.privacy import grid_cell
from marketplace.catalogue.models import Activity, Material
from marketplace.demo import vocabulary as words
from marketplace.demo.abroad import LISTED_ABROAD, NEEDED, OFFERED, list_abroad
from marketplace.demo.listings import (
    LISTING_COUNT,
    DemoMarketError,
    deal_listings,
    drawn_tonnes,
)
from marketplace.demo.papers import deal_papers
from marketplace.firms.models import Affiliation, Organisation, Site
from marketplace.listings.models import Service
from marketplace.registers.inference import infer_listings

SEED = 20261121
FIRM_COUNT = 364
SILENT_COUNT = 40
"""Firms that joined and posted nothing: what the market infers of them shows beside the rest."""

FOUNDED = date(2026, 11, 21)

SOURCE = "demo"


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """What was built."""

    organisations: int
    offers: int
    needs: int
    services: int
    papers: int


def demo_market_exists() -> bool:
    """Whether this database holds the fictional market already."""
    return Organisation.objects.filter(source=SOURCE).exists()


@transaction.atomic
def build_demo_market(
    *,
    seed: int = SEED,
    as_of: date = FOUNDED,
    on_progress: Callable[[str, int], None] = lambda step, count: None,
) -> DemoMarket:
    """Create the fictional organisations, sites, listings, processors and papers in one go.

    ``as_of``: the day by which papers have lapsed or are about to.

    Raises DemoMarketError where regions, places, materials or profiles are not loaded.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible market, not a secret
    oblasts = _oblasts()
    chambers = _chambers(oblasts)
    clusters = _clusters()
    _others(oblasts)
    sites = _firms(chance, oblasts, chambers, clusters)
    on_progress("organisations", Organisation.objects.filter(source=SOURCE).count())
    offers, needs = deal_listings(
        chance, sites[:-SILENT_COUNT], count=LISTING_COUNT - LISTED_ABROAD
    )
    abroad = list_abroad(random.Random(seed), clusters[-1], source=SOURCE)  # noqa: S311 - as above
    on_progress("listings", offers + needs + LISTED_ABROAD)
    infer_listings(sites[-SILENT_COUNT:])
    services = _processors(chance, sites)
    papers = deal_papers(seed=seed, sites=[*sites, abroad], as_of=as_of)
    on_progress("papers", papers)
    return DemoMarket(
        organisations=Organisation.objects.filter(source=SOURCE).count(),
        offers=offers + len(OFFERED),
        needs=needs + len(NEEDED),
        services=services,
        papers=papers,
    )


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
                base_capacity=int(drawn_tonnes(chance) * 1000) + 100_000,
                yield_ratio=yield_ratio,
                cost_cents=cost,
                is_demo=True,
            )
        )
    Service.objects.bulk_create(rows)
    return len(rows)
