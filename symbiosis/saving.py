"""Writes what the engine found: proposals with their values in whole cents, and shadow prices.

One way for the national run, the resident matcher and a single posting: columns are reckoned as
arrays and written by COPY, whatever their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from symbiosis.copying import Column, random_uids, upsert_columns
from symbiosis.core.params import Params
from symbiosis.core.scoring import Parts
from symbiosis.models import MatchRun, NeedPrice, OfferPrice, Proposal
from symbiosis.problems import LoadedMarket
from symbiosis.stored_reasons import reasons_in_bulk

Ints = NDArray[np.int64]

PARTS = {
    "disposal_cents": "avoided_disposal",
    "purchase_cents": "avoided_purchase",
    "processing_cents": "processing",
    "haulage_cents": "haulage",
    "carbon_cents": "carbon",
}


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Pairs to be saved: rows of the loaded market, kg, the parts of their value and their gain."""

    offer: NDArray[np.int32]
    need: NDArray[np.int32]
    kg: Ints
    parts: Parts
    gain_cents_per_t: Ints
    stage: str
    price_limits: tuple[Ints, Ints] | None = None
    """Least and greatest price of each, cents per tonne from taker to holder."""

    def rows(self, chosen: NDArray[Any]) -> Exchanges:
        """Some of the pairs, by position or mask."""
        parts = {name: getattr(self.parts, name)[chosen] for name in Parts.__dataclass_fields__}
        return Exchanges(
            offer=self.offer[chosen],
            need=self.need[chosen],
            kg=self.kg[chosen],
            parts=Parts(**parts),
            gain_cents_per_t=self.gain_cents_per_t[chosen],
            stage=self.stage,
            price_limits=self.price_limits
            and (self.price_limits[0][chosen], self.price_limits[1][chosen]),
        )

    def price_columns(self) -> dict[str, list[Any]]:
        """The limits by column name, None where they are not known."""
        unknown = [None] * len(self.offer)
        low, high = self.price_limits or (None, None)
        return {
            "price_low_cents_per_t": unknown if low is None else low.tolist(),
            "price_high_cents_per_t": unknown if high is None else high.tolist(),
        }


def save_exchanges(
    loaded: LoadedMarket, found: Exchanges, *, params: Params, run: MatchRun | None
) -> int:
    """Insert or refresh proposals by their pair, so that a known pair keeps its address."""
    count = len(found.offer)
    # The clock that stamps every other row, so that a frozen clock freezes these too.
    moment = [timezone.now().isoformat()] * count
    columns = proposal_columns(loaded, found, params)
    written: dict[str, Column] = {**columns, **found.price_columns()}
    written |= {
        "run_id": [run.pk if run else None] * count,
        "route": [""] * count,
        "stage": [str(found.stage)] * count,
        "reasons": reasons_in_bulk(loaded, found, columns, params),
        "updated_at": moment,
    }
    return upsert_columns(
        Proposal._meta.db_table,
        written,
        keys=["offer_id", "need_id", "route"],
        fresh={"uid": random_uids(count), "created_at": moment},
    )


def proposal_columns(
    loaded: LoadedMarket, found: Exchanges, params: Params
) -> dict[str, NDArray[Any]]:
    """The figures of each proposal by column name; the parts add up to the value to the cent."""
    offers, needs = loaded.offers, loaded.needs
    cents = {name: _total(getattr(found.parts, part), found.kg) for name, part in PARTS.items()}
    here, there = offers.region_ids[found.offer], needs.region_ids[found.need]
    metres = found.parts.km * 1000
    return {
        "offer_id": offers.ids[found.offer],
        "need_id": needs.ids[found.need],
        "base_quantity": found.kg,
        "straight_m": np.rint(metres).astype(np.int64),
        "road_m": np.rint(metres * params.detour_factor).astype(np.int64),
        **cents,
        "value_cents": cents["disposal_cents"]
        + cents["purchase_cents"]
        + cents["carbon_cents"]
        - cents["processing_cents"]
        - cents["haulage_cents"],
        "value_cents_per_t": found.parts.value,
        "rank_cents_per_t": found.gain_cents_per_t,
        "co2e_kg": _kg_co2e(found.parts.net_grams_co2e, found.kg),
        "cross_region": (here != 0) & (there != 0) & (here != there),
        "inferred": offers.inferred[found.offer] | needs.inferred[found.need],
    }


def _total(cents_per_t: Ints, kg: Ints) -> Ints:
    """Cents for the whole quantity, rounded half up; exact in int64 up to 9e15 cents x kg."""
    return (cents_per_t * kg + 500) // 1_000


def _kg_co2e(grams_per_t: Ints, kg: Ints) -> Ints:
    """Whole kilograms below the total; split so that no product leaves 64 bits."""
    whole, rest = np.divmod(kg, 1_000)
    return (grams_per_t * whole + grams_per_t * rest // 1_000) // 1_000


def save_prices(
    loaded: LoadedMarket,
    run: MatchRun,
    offer_price: Ints,
    need_price: Ints,
    *,
    offers: Ints | None = None,
    needs: Ints | None = None,
) -> None:
    """Keep dual prices for pricing a new listing in between; of all listings or of some rows."""
    for model, column, ids, price, rows in (
        (OfferPrice, "offer_id", loaded.offers.ids, offer_price, offers),
        (NeedPrice, "need_id", loaded.needs.ids, need_price, needs),
    ):
        kept = slice(None) if rows is None else rows
        of = ids[kept]
        upsert_columns(
            model._meta.db_table,
            {column: of, "cents_per_t": price[kept], "run_id": [run.pk] * len(of)},
            keys=[column],
        )


def forget_pairs(pairs: Sequence[tuple[int, int]]) -> None:
    """Delete the planned proposals of the given (offer id, need id): they left the plan."""
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM symbiosis_proposal AS p"
            " USING unnest(%s::bigint[], %s::bigint[]) AS gone(offer_id, need_id)"
            " WHERE p.offer_id = gone.offer_id AND p.need_id = gone.need_id"
            " AND p.stage = 'planned' AND p.route = ''",
            [list(ids) for ids in zip(*pairs, strict=True)],
        )
