"""Services as the engine's relays: processors and stores that stand between offers and needs.

A processing service takes offers of its input concept or a narrower one, under the waste codes it
is permitted where it names any, unless the law bars the way there. What it gives goes wherever the
catalogue sends that concept, or into one further process. A storage service takes what it is listed
for, any material where none is named, and gives the same in another month. Only what firms posted
is led through services: an inference is no reason to book a plant.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Count, Max
from numpy.typing import NDArray

from marketplace.listings.models import ListingStatus, Service, WasteStatus
from symbiosis.catalogue import Catalogue
from symbiosis.core.legality import Case, Party, barriers
from symbiosis.core.market import ALL_MONTHS, FULL
from symbiosis.core.problem import Ints
from symbiosis.core.relays import Legs, Relays, months_of, store_rows
from symbiosis.gate.units import country_code
from symbiosis.gate.weighing import Weigher
from symbiosis.legality import Papers, blocking_table, papers_of, route_into
from symbiosis.logistics import haulage_permille, reach_km
from symbiosis.problems import LoadedMarket

_COVERED = [WasteStatus.WASTE, WasteStatus.UNKNOWN]
_MONTHS = range(12)


@dataclass(frozen=True, slots=True)
class Placed:
    """What a relay row stands for: a service, in which month it takes and in which it gives (None
    where any), and the concept it takes and gives, as rows of the catalogue."""

    service: Service
    takes: int
    gives: int
    month_in: int | None = None
    month_out: int | None = None


@dataclass(slots=True)
class _Table:
    """Legs being collected, one list a column."""

    rows: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def add(self, tail: Ints, head: Ints, *columns: NDArray[Any]) -> None:
        self.rows.append((tail, head, *columns))

    def legs(self) -> Legs:
        if not self.rows:
            none = np.zeros(0, np.int64)
            return Legs(none.astype(np.int32), none.astype(np.int32), none, none, none,
                        none.astype(float), none)  # fmt: skip
        tail, head, worth, processing, haulage, reach, saved = (
            np.concatenate(column) for column in zip(*self.rows, strict=True)
        )
        return Legs(tail.astype(np.int32), head.astype(np.int32), worth, processing, haulage,
                    reach.astype(float), saved)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RelayMarket:
    """The relays of a loaded market with every leg that may be gone, and what each row is."""

    relays: Relays
    placed: tuple[Placed, ...]
    inward: Legs
    between: Legs
    outward: Legs


def services_as_of() -> tuple[object, ...]:
    """Another value whenever a service was listed, changed or taken off."""
    return tuple(Service.objects.aggregate(n=Count("id"), at=Max("updated_at")).values())


def relay_market(loaded: LoadedMarket, *, as_of: date) -> RelayMarket | None:
    """The relays that could serve the market; None where no service fits what is posted."""
    services = list(
        Service.objects.filter(
            kind__in=[Service.Kind.PROCESSING, Service.Kind.STORAGE],
            status=ListingStatus.OPEN, base_capacity__gt=0, cost_cents__isnull=False,
        )
        .select_related("site__region", "input_material", "output_material")
        .prefetch_related("permitted_codes")
        .order_by("id")
    )  # fmt: skip
    if not services:
        return None
    built = _Builder(loaded, as_of).built(services)
    return built if len(built.inward) and len(built.outward) else None


class _Builder:
    def __init__(self, loaded: LoadedMarket, as_of: date) -> None:
        self._loaded, self._as_of = loaded, as_of
        self._catalogue: Catalogue = loaded.catalogue
        offers, needs = loaded.offers, loaded.needs
        self._posted = (np.flatnonzero(~offers.inferred), np.flatnonzero(~needs.inferred))
        self._offer_concepts = offers.concepts[self._posted[0]]
        self._need_concepts = needs.concepts[self._posted[1]]
        self._months = (months_of(offers.listings), months_of(needs.listings))
        self._keys = _keys(loaded)
        self._weigher = Weigher(self._catalogue, as_of, np.unique(self._keys))
        self._row = {int(pk): row for row, pk in enumerate(self._catalogue.material_ids.tolist())}
        self._placed: list[Placed] = []
        self._meters: list[tuple[int, int]] = []
        self._capacity: list[int] = []
        self._in, self._between, self._out = _Table(), _Table(), _Table()
        self._papers: Papers = {}

    def built(self, services: list[Service]) -> RelayMarket:
        self._papers = papers_of({s.organisation_id for s in services})
        firsts, seconds = [], []
        for service in services:
            if service.kind == Service.Kind.STORAGE:
                self._add_store(service)
                continue
            takers = self._offers_for(service)
            gives = self._row[service.output_material_id or 0]
            out = self._ways_on(gives)
            if len(takers):
                firsts.append((service, takers, gives, out))
            if len(out[0]):
                seconds.append((service, gives, out))
        self._add_processors(firsts, seconds)
        metered = np.array(self._meters, np.int64).reshape(-1, 2)
        sites = [placed.service.site.location for placed in self._placed]
        every = self._placed
        relays = Relays(
            latitude=np.array([point.y for point in sites], float),
            longitude=np.array([point.x for point in sites], float),
            firm=np.array([p.service.organisation_id for p in every], np.int64),
            yield_permille=np.array(
                [int(p.service.yield_ratio * FULL) for p in every], np.int64
            ).clip(1),
            cost_cents=np.array([self._cost(p) for p in every], np.int64),
            takes_months=_month_bits([p.month_in for p in every]),
            gives_months=_month_bits([p.month_out for p in every]),
            metered=metered[:, 0].astype(np.int32),
            meter=metered[:, 1].astype(np.int32),
            capacity=np.array(self._capacity, np.int64),
        )
        return RelayMarket(
            relays, tuple(every), self._in.legs(), self._between.legs(), self._out.legs()
        )

    # -- processors -----------------------------------------------------------------------------

    def _add_processors(self, firsts: list, seconds: list) -> None:  # type: ignore[type-arg]
        """Rows for the first and the second step share the service's meter; a second step is added
        only where some first leads into it."""
        meter: dict[int, int] = {}
        rows: dict[int, list[int]] = {}
        for service, takers, gives, out in firsts:
            rows[service.pk] = self._rows_of(service, gives, takers, out[0], meter)
            for row in rows[service.pk]:
                self._lead_in(row, takers)
                self._lead_out(row, out)
        for service, gives, out in seconds:
            takes = self._row[service.input_material_id]
            feeding = [
                (row, self._placed[row].gives)
                for first, *_rest in firsts
                if first.pk != service.pk and self._takes(service, self._given(first))
                for row in rows[first.pk]
            ]
            if not feeding:
                continue
            seasonal = any(self._placed[row].month_in is not None for row, _gives in feeding)
            for row in self._new_rows(service, takes, gives, meter, seasonal=seasonal):
                self._feed(row, feeding)
                self._lead_out(row, out)

    def _given(self, service: Service) -> int:
        return int(service.output_material_id or 0)

    def _rows_of(
        self, service: Service, gives: int, takers: Ints, needs: Ints, meter: dict[int, int]
    ) -> list[int]:
        months = np.concatenate([self._months[0][takers], self._months[1][needs]])
        takes = self._row[service.input_material_id or 0]
        seasonal = bool((months != ALL_MONTHS).any())
        return self._new_rows(service, takes, gives, meter, seasonal=seasonal)

    def _new_rows(
        self, service: Service, takes: int, gives: int, meter: dict[int, int], *, seasonal: bool
    ) -> list[int]:
        """One row, or one a month where partners have seasons; all on the service's one meter."""
        if service.pk not in meter:
            meter[service.pk] = len(self._capacity)
            self._capacity.append(int(service.base_capacity or 0))
        made = []
        for month in _MONTHS if seasonal else (None,):
            made.append(len(self._placed))
            self._meters.append((len(self._placed), meter[service.pk]))
            self._placed.append(Placed(service, takes, gives, month, month))
        return made

    def _takes(self, service: Service, material_id: int) -> bool:
        """Whether a concept is the service's input or a narrower one."""
        source = service.input_material
        return source is None or source.code in self._catalogue.lineage(material_id)

    def _offers_for(self, service: Service) -> Ints:
        """Rows of posted offers that the service takes, by concept, code and law."""
        ids = self._catalogue.material_ids
        fitting = [c for c in np.unique(self._offer_concepts) if self._takes(service, int(ids[c]))]
        rows = self._posted[0][np.isin(self._offer_concepts, fitting)]
        rows = rows[self._permitted(service, rows)]
        return self._lawful(service, rows)

    def _permitted(self, service: Service, rows: Ints) -> np.ndarray:
        """What a permit's codes cover: waste under one of them, waste whose code is not told yet,
        and whatever is no waste."""
        codes = [code.pk for code in service.permitted_codes.all()]
        side = self._loaded.offers
        if not codes:
            return np.ones(len(rows), np.bool_)
        told = side.waste_code_ids[rows]
        statuses = [list(WasteStatus.values).index(status) for status in _COVERED]
        waste = np.isin(side.legal_statuses[rows], statuses)
        allowed: np.ndarray = ~waste | (told == 0) | np.isin(told, codes)
        return allowed

    def _lawful(self, service: Service, rows: Ints) -> Ints:
        """Those that no rule bars from the service's site; the papers of both count."""
        found, table = {}, blocking_table()
        holders = papers_of(np.unique(self._loaded.offers.listings.firm[rows]).tolist())
        route = route_into(self._catalogue, service)
        receiver = Party(
            service.site.country, service.site_id, self._papers.get(service.organisation_id, ())
        )
        if route is None:
            return rows
        listings = self._loaded.offers.listings
        for row in rows.tolist():
            key, firm = int(self._keys[row]), int(listings.firm[row])
            site = int(self._loaded.offers.site_ids[row])
            unit = (key, firm if firm in holders else 0, site if firm in holders else 0)
            if unit not in found:
                holder = Party(country_code(key & 0xFFFF), site, holders.get(firm, ()))
                stream = self._weigher.stream(key)
                case = Case(stream, route, holder, receiver, self._as_of)
                found[unit] = not barriers(table, case)
        keep = [
            found[int(self._keys[r]), f if f in holders else 0,
                  int(self._loaded.offers.site_ids[r]) if f in holders else 0]
            for r in rows.tolist()
            for f in [int(listings.firm[r])]
        ]  # fmt: skip
        return rows[np.array(keep, np.bool_)] if len(rows) else rows

    def _ways_on(self, concept: int) -> tuple[Ints, Ints]:
        """Rows of posted needs that a concept may feed, and the catalogue's pair of each."""
        pairs = self._catalogue.arrays
        mine = np.flatnonzero(pairs.offered == concept)
        needs, rows = [], []
        for pair in mine.tolist():
            here = self._posted[1][self._need_concepts == pairs.needed[pair]]
            needs.append(here)
            rows.append(np.full(len(here), pair))
        if not needs:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(needs), np.concatenate(rows)

    # -- stores ---------------------------------------------------------------------------------

    def _add_store(self, service: Service) -> None:
        takers = self._offers_for(service)
        by_concept: defaultdict[int, list[int]] = defaultdict(list)
        for row in takers.tolist():
            by_concept[int(self._loaded.offers.concepts[row])].append(row)
        meters: dict[int, int] = {}
        for concept, rows in sorted(by_concept.items()):
            out = self._ways_on(concept)
            offers = np.array(rows)
            for first, last in store_rows(self._months[0][offers], self._months[1][out[0]]):
                row = len(self._placed)
                self._placed.append(Placed(service, concept, concept, first, last))
                for month in months_stored(first, last):
                    if month not in meters:
                        meters[month] = len(self._capacity)
                        self._capacity.append(int(service.base_capacity or 0))
                    self._meters.append((row, meters[month]))
                seasonal = self._months[0][offers] != ALL_MONTHS
                asked = self._months[1][out[0]] != ALL_MONTHS
                self._lead_in(row, offers[seasonal])
                self._lead_out(row, (out[0][asked], out[1][asked]))

    def _cost(self, placed: Placed) -> int:
        """Cents per tonne: of a store, for as many months as it keeps it."""
        cost = int(placed.service.cost_cents or 0)
        if placed.service.kind != Service.Kind.STORAGE:
            return cost
        return cost * len(months_stored(placed.month_in or 0, placed.month_out or 0))

    # -- legs -----------------------------------------------------------------------------------

    def _lead_in(self, row: int, offers: Ints) -> None:
        listings = self._loaded.offers.listings
        concepts = self._loaded.offers.concepts[offers]
        haulage, reach = self._moved(concepts)
        none = np.zeros(len(offers), np.int64)
        self._in.add(offers, np.full(len(offers), row), listings.worth_cents[offers], none,
                     haulage, reach, none)  # fmt: skip

    def _feed(self, row: int, feeding: list[tuple[int, int]]) -> None:
        tails = np.array([tail for tail, _gives in feeding])
        haulage, reach = self._moved(np.array([gives for _tail, gives in feeding]))
        none = np.zeros(len(tails), np.int64)
        self._between.add(tails, np.full(len(tails), row), none, none, haulage, reach, none)

    def _lead_out(self, row: int, out: tuple[Ints, Ints]) -> None:
        needs, pair = out
        pairs = self._catalogue.arrays
        worth = self._loaded.needs.listings.worth_cents[needs]
        self._out.add(
            np.full(len(needs), row), needs, worth * pairs.substitution_permille[pair] // FULL,
            pairs.processing_cents[pair], pairs.haulage_permille[pair], pairs.reach_km[pair],
            pairs.saved_grams_co2e[pair],
        )  # fmt: skip

    def _moved(self, concepts: Ints) -> tuple[Ints, NDArray[np.float64]]:
        """Haulage and reach of some concepts."""
        ids = self._catalogue.material_ids
        materials = [self._catalogue.materials[int(ids[concept])] for concept in concepts.tolist()]
        return (
            np.array([haulage_permille(m) for m in materials], np.int64),
            np.array([reach_km(m) for m in materials], float),
        )


def _keys(loaded: LoadedMarket) -> Ints:
    """The law's view of each offer, by its concept rather than its class."""
    side = loaded.offers
    standing = side.concepts.astype(np.int64) << 3 | side.legal_statuses
    keys: Ints = standing << 36 | side.waste_code_ids << 16 | side.countries
    return keys


def months_stored(first: int, last: int) -> list[int]:
    """Months, from 0, at whose end a store holds what came in `first` and leaves in `last`."""
    return [(first + step) % 12 for step in range((last - first) % 12)]


def _month_bits(months: list[int | None]) -> Ints:
    return np.array([ALL_MONTHS if month is None else 1 << month for month in months], np.int64)
