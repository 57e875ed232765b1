"""Rows become arrays, once: the only module that sees both the database and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.catalogue.models import Conversion, Material
from marketplace.listings.models import ListingStatus, Need, Offer, Origin, WasteStatus
from marketplace.listings.querysets import ListingQuerySet
from marketplace.registers.duplicates import held_back_sites
from symbiosis.core.compatibility import (
    CompatiblePair,
    ConceptNode,
    ConversionEdge,
    compatible_pairs,
)
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.logistics import haulage_permille, reach_km

Ints = NDArray[np.int64]

_COLUMNS = (
    "id",
    "organisation_id",
    "material_id",
    "base_quantity",
    "base_min_lot",
    "price_cents",
    "waste_status",
    "available_from",
    "available_until",
    "months",
    "public_region_id",
    "origin",
    "public_location",
    "inferred_from",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the market as arrays, and the database ids behind its rows."""

    ids: Ints
    region_ids: Ints
    inferred: NDArray[np.bool_]
    status_unknown: NDArray[np.bool_]
    listings: Listings


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The concepts as the engine numbers them, and the pairs that fit."""

    material_ids: Ints
    rows: dict[int, int]
    materials: dict[int, Material]
    pairs: tuple[CompatiblePair, ...]
    arrays: MaterialPairs
    processes: dict[int, tuple[str, str]]
    disposal_cents: dict[int, int]
    worth_cents: dict[int, int]

    def partners_of(self, material_id: int, *, offered: bool) -> list[int]:
        """Materials that an offered one may feed, or that may feed a needed one."""
        if offered:
            return [pair.needed for pair in self.pairs if pair.offered == material_id]
        return [pair.offered for pair in self.pairs if pair.needed == material_id]


@dataclass(frozen=True, slots=True)
class LoadedMarket:
    """A market ready for the engine, with the way back to rows."""

    market: Market
    offers: Side
    needs: Side
    catalogue: Catalogue


def load_catalogue_pairs() -> Catalogue:
    """Every concept and every pair of concepts that fit, from the database."""
    materials = {material.pk: material for material in Material.objects.order_by("id")}
    worth = {pk: purchase_worth_cents(material) for pk, material in materials.items()}
    concepts = [
        ConceptNode(
            id=material.pk,
            broader=material.broader_id,
            is_use=material.is_use,
            replaces_permille=_permille(material.substitution),
            worth_cents=worth[material.pk],
            saved_grams_co2e=int((material.avoided_kgco2e_per_t or 0) * 1000),
        )
        for material in materials.values()
    ]
    conversions = list(Conversion.objects.order_by("id"))
    edges = [
        ConversionEdge(
            id=edge.pk,
            source=edge.source_id,
            target=edge.target_id,
            yield_permille=_permille(edge.yield_ratio),
            processing_cents=max(0, (edge.cost_low_cents_per_t + edge.cost_high_cents_per_t) // 2),
            weight_permille=_permille(edge.weight),
        )
        for edge in conversions
    ]
    pairs = tuple(
        pair
        for pair in compatible_pairs(concepts, edges)
        if materials[pair.offered].kind == materials[pair.needed].kind
    )
    rows = {pk: row for row, pk in enumerate(materials)}
    return Catalogue(
        material_ids=np.fromiter(materials, np.int64, len(materials)),
        rows=rows,
        materials=materials,
        pairs=pairs,
        arrays=_pair_arrays(pairs, materials, rows),
        processes={edge.pk: (edge.process_en, edge.process_bg) for edge in conversions},
        disposal_cents={pk: max(m.disposal_cents_per_t, 0) for pk, m in materials.items()},
        worth_cents=worth,
    )


def _pair_arrays(
    pairs: Sequence[CompatiblePair], materials: dict[int, Material], rows: dict[int, int]
) -> MaterialPairs:
    return MaterialPairs(
        offered=np.array([rows[p.offered] for p in pairs], np.int32),
        needed=np.array([rows[p.needed] for p in pairs], np.int32),
        substitution_permille=np.array([p.substitution_permille for p in pairs], np.int64),
        processing_cents=np.array([p.processing_cents for p in pairs], np.int64),
        reach_km=np.array([reach_km(materials[p.offered]) for p in pairs], np.float64),
        haulage_permille=np.array(
            [haulage_permille(materials[p.offered]) for p in pairs], np.int64
        ),
        saved_grams_co2e=np.array([p.saved_grams_co2e for p in pairs], np.int64),
    )


def purchase_worth_cents(material: Material) -> int:
    """What a receiver pays today for what a tonne of this concept would replace, in cents.

    A use: the bought input's price. A stream: the input's price times how much of it a tonne
    replaces, or the upper end of what the stream itself fetches, whichever is known and higher.
    """
    bought = material.purchase_cents_per_t or 0
    fetched = max(material.value_high_cents_per_t or 0, 0)
    if material.is_use:
        return max(bought, 0) or fetched
    replaced = bought * _permille(material.substitution) // 1000
    return max(replaced, fetched, 0)


def _permille(ratio: Any) -> int:
    return 1000 if ratio is None else int(ratio * 1000)


def load_market(*, as_of: date, catalogue: Catalogue, scope: str | None = None) -> LoadedMarket:
    """Open listings that are not over on the day; ``scope`` ``posted`` leaves inferred ones out."""
    offers = _side(_open(Offer.objects.all(), as_of, scope), catalogue, offering=True)
    needs = _side(_open(Need.objects.all(), as_of, scope), catalogue, offering=False)
    market = Market(offers.listings, needs.listings, catalogue.arrays)
    return LoadedMarket(market, offers, needs, catalogue)


def market_of(offers: Sequence[Offer], needs: Sequence[Need], catalogue: Catalogue) -> LoadedMarket:
    """A small market of given rows: one listing against those near it."""
    offer_side = _arrays([_values(row) for row in offers], catalogue, offering=True)
    need_side = _arrays([_values(row) for row in needs], catalogue, offering=False)
    market = Market(offer_side.listings, need_side.listings, catalogue.arrays)
    return LoadedMarket(market, offer_side, need_side, catalogue)


def _open(rows: ListingQuerySet, as_of: date, scope: str | None) -> ListingQuerySet:
    rows = rows.filter(status=ListingStatus.OPEN).running_on(as_of)
    rows = rows.not_inferred_at(held_back_sites())
    return rows.posted() if scope == Origin.POSTED else rows


def _side(rows: ListingQuerySet, catalogue: Catalogue, *, offering: bool) -> Side:
    values = rows.order_by("id").values_list(*_COLUMNS).iterator(chunk_size=10_000)
    return _arrays(list(values), catalogue, offering=offering)


def _values(listing: Offer | Need) -> tuple[Any, ...]:
    return tuple(getattr(listing, name) for name in _COLUMNS)


def _arrays(rows: list[tuple[Any, ...]], catalogue: Catalogue, *, offering: bool) -> Side:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    column = dict(zip(_COLUMNS, columns, strict=True))
    worth = _disposal_worth if offering else _purchase_worth
    listings = Listings(
        latitude=np.array([point.y for point in column["public_location"]], np.float64),
        longitude=np.array([point.x for point in column["public_location"]], np.float64),
        material=np.array([catalogue.rows[pk] for pk in column["material_id"]], np.int32),
        kg=np.array(column["base_quantity"], np.int64),
        firm=np.array(column["organisation_id"], np.int64),
        worth_cents=np.array(
            [
                worth(catalogue, material, price, status)
                for material, price, status in zip(
                    column["material_id"],
                    column["price_cents"],
                    column["waste_status"],
                    strict=True,
                )
            ],
            np.int64,
        ),
        first_day=np.array([_first(day) for day in column["available_from"]], np.int32),
        last_day=np.array([_last(day) for day in column["available_until"]], np.int32),
        months=np.array([_months(months) for months in column["months"]], np.int32),
        min_lot_kg=np.array([lot or 0 for lot in column["base_min_lot"]], np.int64),
        trade=np.array([_trade(ground) for ground in column["inferred_from"]], np.int64),
    )
    return Side(
        ids=np.array(column["id"], np.int64),
        region_ids=np.array([pk or 0 for pk in column["public_region_id"]], np.int64),
        inferred=np.array([origin == Origin.INFERRED for origin in column["origin"]], np.bool_),
        status_unknown=np.array(
            [status == WasteStatus.UNKNOWN for status in column["waste_status"]], np.bool_
        ),
        listings=listings,
    )


def _disposal_worth(catalogue: Catalogue, material: int, price: int | None, status: str) -> int:
    """What being rid of a tonne saves: nothing where it is a product, not a waste.

    A negative asking price is the holder's own figure of what disposal costs him.
    """
    if price is not None and price < 0:
        return -price
    return 0 if status == WasteStatus.PRODUCT else catalogue.disposal_cents[material]


def _purchase_worth(catalogue: Catalogue, material: int, price: int | None, status: str) -> int:
    """What a tonne of the need is worth: the receiver's own figure where he gave one."""
    return price if price is not None and price > 0 else catalogue.worth_cents[material]


def _trade(ground: dict[str, Any]) -> int:
    """NACE group that a listing was inferred from (23.13 -> 231), 0 for a firm's own word.

    Two plants of one trade infer the same surplus and the same hunger: that a glassworks melts its
    own cullet, or one heating plant heats another, is no exchange worth telling anybody of.
    """
    code = str(ground.get("activity", ""))[:4].replace(".", "")
    return int(code) if code.isdigit() else 0


def _first(day: date | None) -> int:
    return date.min.toordinal() if day is None else day.toordinal()


def _last(day: date | None) -> int:
    return date.max.toordinal() if day is None else day.toordinal()


def _months(months: list[int]) -> int:
    """Bit m - 1 for month m; no months named means the whole year."""
    return sum(1 << (month - 1) for month in months) or 0xFFF
