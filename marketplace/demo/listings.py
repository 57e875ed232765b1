"""What the fictional firms list: streams and needs of their trades, in realistic amounts.

Quantities follow the log-normal law seen in public waste-transfer registers (median 334 t a year,
mean 6,894 t, largest 1.18 Mt; E-PRTR v16, EEA), whose spread is sigma = sqrt(2 ln(mean / median)).
"""

from __future__ import annotations

import math
import random
from decimal import Decimal
from typing import TypeVar

from marketplace.catalogue.models import Material, StreamProfile
from marketplace.demo import vocabulary as words
from marketplace.firms.models import Site
from marketplace.listings.models import Need, Offer, SupplyPattern, Visibility, WasteStatus
from marketplace.listings.services import ListingDraft, prepared
from marketplace.registers.inference import ActivityProfiles
from marketplace.units import PRICE_UNIT, ResourceKind

LISTING_COUNT = 2_000
MEDIAN_T = 334.0
SIGMA = math.sqrt(2 * math.log(6_894 / MEDIAN_T))
LARGEST_T = 1_180_000


class DemoMarketError(Exception):
    """Reference data that the market is built on are missing."""


def deal_listings(
    chance: random.Random, sites: list[Site], *, count: int = LISTING_COUNT
) -> tuple[int, int]:
    """Deal each firm its likeliest streams and needs in turn until so many are listed."""
    picks = _picks(sites, count)
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


def _picks(sites: list[Site], count: int) -> list[_Pick]:
    """Who lists what: every firm's first stream and need, then everybody's second, and so on."""
    profiles = ActivityProfiles()
    picks: list[_Pick] = []
    for rank in range(8):
        for site in sites:
            for model, direction in _SIDES:
                streams = profiles.likely(site.activity_id, direction, at_most=8)
                if rank < len(streams):
                    picks.append((site, streams[rank].material, model))
    if len(picks) < count:
        raise DemoMarketError("The activity profiles are too few: run manage.py load_catalogue.")
    return picks[:count]


ListingT = TypeVar("ListingT", Offer, Need)


def listing_of(
    model: type[ListingT],
    chance: random.Random,
    site: Site,
    material: Material,
    notes: tuple[tuple[str, str], ...],
) -> ListingT:
    """One listing of a material at a site, in an amount by the law of the registers; not saved."""
    return prepared(model, _draft(chance, site, material, drawn_tonnes(chance), notes))


def _amounts(chance: random.Random, materials: list[Material]) -> list[Decimal]:
    """Tonnes by the law of the registers, the large ones mostly to the cheap materials."""
    drawn = sorted((drawn_tonnes(chance) for _material in materials), reverse=True)
    worth = [
        math.log(100 + max(m.purchase_cents_per_t or 0, m.value_high_cents_per_t or 0))
        + chance.gauss(0, 1)
        for m in materials
    ]
    ranked = sorted(range(len(materials)), key=lambda row: worth[row])
    amounts = [Decimal(0)] * len(materials)
    for row, amount in zip(ranked, drawn, strict=True):
        amounts[row] = amount
    return amounts


_SIDES: tuple[tuple[type[Offer] | type[Need], StreamProfile.Direction], ...] = (
    (Offer, StreamProfile.Direction.OUTPUT),
    (Need, StreamProfile.Direction.INPUT),
)


def drawn_tonnes(chance: random.Random) -> Decimal:
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
        quantity_unit=PRICE_UNIT[ResourceKind(material.kind)],
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
