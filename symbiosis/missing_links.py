"""The chambers' investment list: what is missing on the market, where, and what it would unlock.

Reckoned from what the current plan leaves (core/missing.py), in the form the engine knows of each
listing, so nothing that a listing keeps back is told; a link behind which fewer than three offers
stand is not told at all. Each figure is a link's alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from django.db.models import Count, Max, Sum
from django.db.models.functions import Coalesce

from geo.disclosure import MIN_CONTRIBUTORS
from geo.models import Region
from marketplace.catalogue.models import Conversion, Material
from symbiosis.catalogue import Catalogue, current_catalogue
from symbiosis.core.missing import Left, Link, Places, Processes, missing_links
from symbiosis.core.problem import Ints
from symbiosis.models import Proposal
from symbiosis.parameters import current_params
from symbiosis.problems import Side, load_market

LINKS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MissingLink:
    """A need or a processor that is missing: where, and what it alone would place in a year.

    ``kind``       "need" or "processor"
    ``takes``      what it would take in: for a need, the stream it would take most of
    ``gives``      what the need asks for, or what the processor gives
    ``process``    the processor's conversion, None for a need
    ``region``     the oblast it would best stand in, at the middle of its listings (``latitude``,
                   ``longitude``)
    ``own_kg``     how much of ``kg`` firms posted themselves; the rest is inferred
    """

    kind: str
    takes: Material
    gives: Material
    process: Conversion | None
    region: Region
    latitude: float
    longitude: float
    kg: int
    own_kg: int
    value_cents: int
    co2e_kg: int
    offers: int


def missing_links_of_market(*, as_of: date) -> list[MissingLink]:
    """The links that would unlock most value, best first; at most LINKS_SHOWN.

    Reckoned once a plan: the same answer until a proposal, a listing or the catalogue changes.
    """
    return list(_links(as_of, _state()))


def _state() -> tuple[object, ...]:
    plan = Proposal.objects.planned().aggregate(n=Count("id"), last=Max("updated_at"))
    return tuple(plan.values())


@lru_cache(maxsize=2)
def _links(as_of: date, state: tuple[object, ...]) -> tuple[MissingLink, ...]:
    catalogue = current_catalogue()
    loaded = load_market(as_of=as_of, catalogue=catalogue)
    offers = _left(loaded.offers, "offer")
    needs = _left(loaded.needs, "need")
    regions, places = _places(offers, needs)
    if not regions:
        return ()
    conversions = list(Conversion.objects.order_by("id"))
    found = missing_links(
        Left(offers.listings, needs.listings, offers.inferred),
        catalogue.arrays,
        _processes(catalogue, conversions),
        catalogue.worth_cents,
        places,
        current_params(),
        count=LINKS_SHOWN,
    )
    rows = Region.objects.in_bulk(regions)
    return tuple(
        _told(link, catalogue, conversions, rows[regions[link.place]], places)
        for link in found
        if link.offers >= MIN_CONTRIBUTORS
    )


def _left(side: Side, name: str) -> Side:
    """The side under its concepts, with what no planned exchange takes."""
    amount = "base_quantity" if name == "offer" else Coalesce("delivered_quantity", "base_quantity")
    taken = dict(
        Proposal.objects.planned()
        .values_list(f"{name}_id")
        .annotate(kg=Sum(amount))
        .order_by()
        .values_list(f"{name}_id", "kg")
    )
    used = np.array([int(taken.get(pk, 0)) for pk in side.ids.tolist()], np.int64)
    kg = np.maximum(0, side.listings.kg - used)
    material = side.concepts.astype(np.int32)
    return replace(side, listings=replace(side.listings, kg=kg, material=material))


def _places(offers: Side, needs: Side) -> tuple[list[int], Places]:
    """Regions that list anything, each at the middle of its listings."""
    ids = np.concatenate([offers.region_ids, needs.region_ids])
    latitude = np.concatenate([offers.listings.latitude, needs.listings.latitude])
    longitude = np.concatenate([offers.listings.longitude, needs.listings.longitude])
    known = ids > 0
    regions, at = np.unique(ids[known], return_inverse=True)
    count = np.maximum(1, np.bincount(at, minlength=len(regions)))
    middle = [
        np.bincount(at, degrees[known], minlength=len(regions)) / count
        for degrees in (latitude, longitude)
    ]
    return regions.tolist(), (middle[0], middle[1])


def _processes(catalogue: Catalogue, conversions: list[Conversion]) -> Processes:
    row = {int(pk): at for at, pk in enumerate(catalogue.material_ids.tolist())}

    def column(values: list[int]) -> Ints:
        return np.array(values, np.int64)

    return Processes(
        source=column([row[edge.source_id] for edge in conversions]),
        target=column([row[edge.target_id] for edge in conversions]),
        yield_permille=column([max(1, int(edge.yield_ratio * 1000)) for edge in conversions]),
        cost_cents=column(
            [
                max(0, (edge.cost_low_cents_per_t + edge.cost_high_cents_per_t) // 2)
                for edge in conversions
            ]
        ),
    )


def _told(
    link: Link,
    catalogue: Catalogue,
    conversions: list[Conversion],
    region: Region,
    places: Places,
) -> MissingLink:
    ids = catalogue.material_ids
    return MissingLink(
        kind=link.kind,
        takes=catalogue.materials[int(ids[link.takes])],
        gives=catalogue.materials[int(ids[link.gives])],
        process=conversions[link.process] if link.process >= 0 else None,
        region=region,
        latitude=round(float(places[0][link.place]), 4),
        longitude=round(float(places[1][link.place]), 4),
        kg=link.kg,
        own_kg=link.own_kg,
        value_cents=link.value_cents,
        co2e_kg=link.grams_co2e // 1_000,
        offers=link.offers,
    )
