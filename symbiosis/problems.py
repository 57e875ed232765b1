"""Rows become arrays, once: the only module that sees both the database and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.catalogue.models import Conversion, Material
from marketplace.listings.models import Need, Offer
from marketplace.registers.duplicates import held_back_sites
from symbiosis.copying import read_columns
from symbiosis.core.compatibility import (
    CompatiblePair,
    ConceptNode,
    ConversionEdge,
    compatible_pairs,
)
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.logistics import haulage_permille, reach_km
from symbiosis.models import NeedPrice, OfferPrice

Ints = NDArray[np.int64]

_TRADE = "replace(left(inferred_from ->> 'activity', 4), '.', '')"


def _if_told(aspect: str, told: str, general: str) -> str:
    """SQL of a figure that a listing may keep back.

    A plan is one result for all its readers: every quantity, rank and price in it follows from all
    listings. So the engine is told no more of a listing than the least informed reader.
    """
    kept = f"visibility = 'anonymous' OR '{aspect}' = ANY (members_only || confidential)"
    return f"(CASE WHEN {kept} THEN {general} ELSE {told} END)"


_COLUMNS = {
    "id": ("id", "bigint"),
    "firm": ("organisation_id", "bigint"),
    "material": ("material_id", "bigint"),
    "kg": ("public_remaining", "bigint"),
    "min_lot_kg": (_if_told("quantity", "coalesce(base_min_lot, 0)", "0::bigint"), "bigint"),
    "price_cents": (_if_told("price", "coalesce(price_cents, 0)::bigint", "0::bigint"), "bigint"),
    "product": ("(waste_status = 'product')::int::bigint", "bigint"),
    "status_unknown": ("(waste_status = 'unknown')::int::bigint", "bigint"),
    "inferred": ("(origin = 'inferred')::int::bigint", "bigint"),
    "first_day": (
        _if_told(
            "window", "coalesce(available_from - date '0001-01-01' + 1, 1)::bigint", "1::bigint"
        ),
        "bigint",
    ),
    "last_day": (
        _if_told(
            "window",
            "coalesce(available_until - date '0001-01-01' + 1, 3652059)::bigint",
            "3652059::bigint",
        ),
        "bigint",
    ),
    "months": (
        "coalesce((SELECT bit_or(1 << (m - 1)) FROM unnest(months) AS m), 4095)::bigint",
        "bigint",
    ),
    # NACE group of an inference (23.13 -> 231), 0 for a firm's own word. Two plants of one trade
    # infer the same surplus and the same hunger: one heating plant does not heat another.
    "trade": (f"CASE WHEN {_TRADE} ~ '^[0-9]+$' THEN {_TRADE}::bigint ELSE 0 END", "bigint"),
    "region": ("coalesce(public_region_id, 0)", "bigint"),
    "latitude": ("ST_Y(public_location::geometry)", "double precision"),
    "longitude": ("ST_X(public_location::geometry)", "double precision"),
}
"""What the engine needs of a listing, as SQL over its table, with the type it answers."""

_OPEN = (
    "status = 'open' AND public_remaining > 0"
    " AND (available_until IS NULL OR available_until >= %s)"
    " AND NOT (origin = 'inferred' AND site_id = ANY(%s))"
)
"""Open, not used up, not over on the day, and not an inference at a site that is held back."""

_SELECTED = ", ".join(text for text, _kind in _COLUMNS.values())
_KINDS = {name: kind for name, (_text, kind) in _COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the market as arrays, and the database ids behind its rows."""

    ids: Ints
    region_ids: Ints
    inferred: NDArray[np.bool_]
    status_unknown: NDArray[np.bool_]
    listings: Listings


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The concepts as the engine numbers them (by ascending id), and the pairs that fit.

    ``disposal_cents`` and ``worth_cents`` are per tonne, by row.
    """

    material_ids: Ints
    materials: dict[int, Material]
    pairs: tuple[CompatiblePair, ...]
    arrays: MaterialPairs
    processes: dict[int, tuple[str, str]]
    disposal_cents: Ints
    worth_cents: Ints

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
        materials=materials,
        pairs=pairs,
        arrays=_pair_arrays(pairs, materials, rows),
        processes={edge.pk: (edge.process_en, edge.process_bg) for edge in conversions},
        disposal_cents=np.array(
            [max(m.disposal_cents_per_t, 0) for m in materials.values()], np.int64
        ),
        worth_cents=np.array(list(worth.values()), np.int64),
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


def load_market(*, as_of: date, catalogue: Catalogue) -> LoadedMarket:
    """Open listings that are not over on the day, posted and inferred."""
    terms = [as_of, list(held_back_sites())]
    offers = _side(Offer, f"{_OPEN} ORDER BY id", terms, catalogue)
    needs = _side(Need, f"{_OPEN} ORDER BY id", terms, catalogue)
    return market_between(offers, needs, catalogue)


def market_between(offers: Side, needs: Side, catalogue: Catalogue) -> LoadedMarket:
    """Two sides as one market."""
    market = Market(offers.listings, needs.listings, catalogue.arrays)
    return LoadedMarket(market, offers, needs, catalogue)


def listings_by_id(
    model: type[Offer] | type[Need], ids: Sequence[int], *, as_of: date, catalogue: Catalogue
) -> Side:
    """Those of the given listings that are open and not over on the day, by id."""
    where = f"id = ANY(%s) AND {_OPEN} ORDER BY id"
    return _side(model, where, [list(ids), as_of, list(held_back_sites())], catalogue)


def nearest_counterparts(
    listing: Offer | Need, *, each: int, as_of: date, catalogue: Catalogue
) -> tuple[Side, Ints]:
    """The nearest open listings of the other side, so many of every material that fits, and the
    market's price of each, zero where no plan knows it yet.

    One statement: for each material the spatial index hands its rows out nearest first.
    """
    offering = isinstance(listing, Offer)
    model, price = (Need, NeedPrice) if offering else (Offer, OfferPrice)
    materials = catalogue.partners_of(listing.material_id, offered=offering)
    table = model._meta.db_table
    query = (
        f"SELECT {_SELECTED}, coalesce((SELECT cents_per_t FROM {price._meta.db_table} AS p"  # noqa: S608 - own names only
        f"  WHERE p.{model._meta.model_name}_id = near.id), 0)"
        " FROM unnest(%s::bigint[]) AS wanted,"
        f" LATERAL (SELECT * FROM {table}"
        f"  WHERE material_id = wanted AND organisation_id <> %s AND {_OPEN}"
        "  ORDER BY public_location <-> %s::geography LIMIT %s) AS near"
    )
    terms = [
        materials,
        listing.organisation_id,
        as_of,
        list(held_back_sites()),
        listing.public_location.ewkt,
        each,
    ]
    columns = read_columns(query, {**_KINDS, "market_cents": "bigint"}, terms)
    return _arrays(columns, catalogue, offering=not offering), columns["market_cents"]


def side_of(listing: Offer | Need, catalogue: Catalogue) -> Side:
    """One listing as a side of a market, as the database has it in this transaction."""
    return _side(type(listing), "id = %s", [listing.pk], catalogue)


def _side(
    model: type[Offer] | type[Need], where: str, params: Sequence[Any], catalogue: Catalogue
) -> Side:
    query = f"SELECT {_SELECTED} FROM {model._meta.db_table} WHERE {where}"  # noqa: S608 - own names only
    return _arrays(read_columns(query, _KINDS, params), catalogue, offering=model is Offer)


def _arrays(column: dict[str, NDArray[Any]], catalogue: Catalogue, *, offering: bool) -> Side:
    material = np.searchsorted(catalogue.material_ids, column["material"]).astype(np.int32)
    worth = _disposal_worth if offering else _purchase_worth
    listings = Listings(
        latitude=column["latitude"],
        longitude=column["longitude"],
        material=material,
        kg=column["kg"],
        firm=column["firm"],
        worth_cents=worth(catalogue, material, column["price_cents"], column["product"] != 0),
        first_day=column["first_day"],
        last_day=column["last_day"],
        months=column["months"],
        min_lot_kg=column["min_lot_kg"],
        trade=column["trade"],
    )
    return Side(
        ids=column["id"],
        region_ids=column["region"],
        inferred=column["inferred"] != 0,
        status_unknown=column["status_unknown"] != 0,
        listings=listings,
    )


def _disposal_worth(
    catalogue: Catalogue, material: NDArray[np.int32], price: Ints, product: NDArray[np.bool_]
) -> Ints:
    """What being rid of a tonne saves: nothing where it is a product, not a waste.

    A negative asking price is the holder's own figure of what disposal costs him.
    """
    usual = np.where(product, 0, catalogue.disposal_cents[material])
    return np.where(price < 0, -price, usual)


def _purchase_worth(
    catalogue: Catalogue, material: NDArray[np.int32], price: Ints, product: NDArray[np.bool_]
) -> Ints:
    """What a tonne of the need is worth: the receiver's own figure where he gave one."""
    return np.where(price > 0, price, catalogue.worth_cents[material])
