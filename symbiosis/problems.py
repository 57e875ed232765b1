"""Rows become arrays, once: the only module that sees both the database and the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marketplace.listings.models import Need, Offer, WasteStatus
from marketplace.registers.duplicates import held_back_sites
from symbiosis.catalogue import Catalogue
from symbiosis.copying import read_columns
from symbiosis.core.market import Listings, Market
from symbiosis.gate import Gate, gate_between
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


_SITE = _if_told("holder", _if_told("place", "site_id", "0::bigint"), "0::bigint")

_COUNTRY_OF_CELL = (
    "coalesce((SELECT r.country FROM geo_region AS r WHERE r.id = public_region_id),"
    " (SELECT o.country FROM marketplace_organisation AS o WHERE o.id = organisation_id))"
)
_COUNTRY = (
    f"CASE WHEN {_SITE} = 0 THEN {_COUNTRY_OF_CELL}"  # noqa: S608 - own names only
    " ELSE (SELECT s.country FROM marketplace_site AS s WHERE s.id = site_id) END"
)

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
    "site": (_SITE, "bigint"),
    # Two letters as one number; see gate/units.py.
    "country": (f"(ascii({_COUNTRY}) * 256 + ascii(substr({_COUNTRY}, 2)))::bigint", "bigint"),
    "legal_status": (
        f"array_position(ARRAY{list(WasteStatus.values)}, waste_status::text)::bigint - 1",
        "bigint",
    ),
    "waste_code": (_if_told("code", "coalesce(waste_code_id, 0)", "0::bigint"), "bigint"),
}
"""What the engine needs of a listing, as SQL over its table, with the type it answers."""

_OPEN = (
    "status = 'open' AND public_remaining > 0"
    " AND (available_until IS NULL OR available_until >= %s)"
    " AND NOT (origin = 'inferred' AND site_id = ANY(%s))"
)
"""Open, not used up, not over on the day, and not an inference at a site that is held back."""

_SELECTED = ", ".join(text for text, _kind in _COLUMNS.values())
LISTING_KINDS = {name: kind for name, (_text, kind) in _COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the market as arrays, and the database ids behind its rows.

    ``site_ids`` 0 where holder or place is kept back; ``countries`` as gate/units.py reads them;
    ``legal_statuses`` by position in WasteStatus; ``waste_code_ids`` 0 where none is told;
    ``concepts`` rows of the catalogue, whatever class the gate puts a listing into.
    """

    ids: Ints
    region_ids: Ints
    inferred: NDArray[np.bool_]
    status_unknown: NDArray[np.bool_]
    site_ids: Ints
    countries: Ints
    legal_statuses: Ints
    waste_code_ids: Ints
    concepts: Ints
    listings: Listings


@dataclass(frozen=True, slots=True)
class LoadedMarket:
    """A market ready for the engine, with the way back to rows.

    ``material`` of both sides' listings is a class of the gate: a concept's row or one beyond.
    """

    market: Market
    offers: Side
    needs: Side
    catalogue: Catalogue
    gate: Gate

    def pair_rows(self, found: Ints) -> Ints:
        """Rows of the catalogue's pairs from rows of the market's."""
        return self.gate.compatible[found]

    def with_sides(self, offers: Side, needs: Side) -> LoadedMarket:
        """Other listings behind the same gate."""
        market = Market(offers.listings, needs.listings, self.gate.pairs)
        return replace(self, market=market, offers=offers, needs=needs)


def load_market(*, as_of: date, catalogue: Catalogue, lasting: bool = False) -> LoadedMarket:
    """Open listings that are not over on the day, posted and inferred; see gate_between."""
    terms = [as_of, list(held_back_sites())]
    offers = _side(Offer, f"{_OPEN} ORDER BY id", terms, catalogue)
    needs = _side(Need, f"{_OPEN} ORDER BY id", terms, catalogue)
    return market_between(offers, needs, catalogue, as_of=as_of, lasting=lasting)


def market_between(
    offers: Side, needs: Side, catalogue: Catalogue, *, as_of: date, lasting: bool = False
) -> LoadedMarket:
    """Two sides as one market, in which the law bars no pair."""
    gate, offers, needs = gate_between(offers, needs, catalogue, day=as_of, lasting=lasting)
    market = Market(offers.listings, needs.listings, gate.pairs)
    return LoadedMarket(market, offers, needs, catalogue, gate)


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
    columns = read_columns(query, {**LISTING_KINDS, "market_cents": "bigint"}, terms)
    return side_from_columns(columns, catalogue, offering=not offering), columns["market_cents"]


def side_of(listing: Offer | Need, catalogue: Catalogue) -> Side:
    """One listing as a side of a market, as the database has it in this transaction."""
    return _side(type(listing), "id = %s", [listing.pk], catalogue)


def _side(
    model: type[Offer] | type[Need], where: str, params: Sequence[Any], catalogue: Catalogue
) -> Side:
    query = f"SELECT {_SELECTED} FROM {model._meta.db_table} WHERE {where}"  # noqa: S608 - own names only
    return side_from_columns(
        read_columns(query, LISTING_KINDS, params), catalogue, offering=model is Offer
    )


def side_from_columns(
    column: dict[str, NDArray[Any]], catalogue: Catalogue, *, offering: bool
) -> Side:
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
        site_ids=column["site"],
        countries=column["country"],
        legal_statuses=column["legal_status"],
        waste_code_ids=column["waste_code"],
        concepts=material.astype(np.int64),
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
