"""What the law keeps from happening: found by the matcher, counted for requests to authorities.

The pairs of classes that the gate shuts make a market of their own. Searching it as the matcher
searches the open one gives, for each barred offer, the exchanges within reach that would be worth
most: not every forbidden combination, only what firms actually lose.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from symbiosis.copying import upsert_columns
from symbiosis.core.candidates import Index
from symbiosis.core.market import Listings, Market
from symbiosis.core.params import Params
from symbiosis.core.scoring import value_parts
from symbiosis.models import Barrier
from symbiosis.problems import LoadedMarket

BARRED_EACH = 3
"""Barred receivers kept of each offer, best first."""


def record_barriers(loaded: LoadedMarket, *, params: Params, at: datetime) -> int:
    """Write down what is barred now and lift what no longer is; returns how many pairs stand."""
    Barrier.objects.standing().update(lifted_at=at)  # what is found again stands again
    return _record(loaded, params, at) if len(loaded.gate.barred) else 0


def _record(loaded: LoadedMarket, params: Params, at: datetime) -> int:
    gate, offers, needs = loaded.gate, loaded.offers, loaded.needs
    offer_rows = _present(offers.listings, gate.barred.offered)
    need_rows = _present(needs.listings, gate.barred.needed)
    market = Market(
        _rows(offers.listings, offer_rows), _rows(needs.listings, need_rows), gate.barred
    )
    found = Index(market, params, from_offers=True).search(BARRED_EACH)
    parts = value_parts(market, params, found.row, found.other)
    offer, need = offer_rows[found.row], need_rows[found.other]
    kg = np.minimum(offers.listings.kg[offer], needs.listings.kg[need])
    concepts = gate.barred_compatible[parts.pair]
    pairs = [loaded.catalogue.pairs[row] for row in concepts.tolist()]
    moment = [at.isoformat()] * len(offer)
    return upsert_columns(
        Barrier._meta.db_table,
        {
            "offer_id": offers.ids[offer],
            "need_id": needs.ids[need],
            "rules": ["{" + ",".join(gate.rules[row]) + "}" for row in parts.pair.tolist()],
            "material_id": [pair.offered for pair in pairs],
            "needed_id": [pair.needed for pair in pairs],
            "waste_code_id": [code or None for code in offers.waste_code_ids[offer].tolist()],
            "region_id": [region or None for region in offers.region_ids[offer].tolist()],
            "base_quantity": kg,
            "value_cents": (parts.value * kg + 500) // 1_000,
            "inferred": offers.inferred[offer] | needs.inferred[need],
            "last_seen_at": moment,
            "lifted_at": [None] * len(offer),
        },
        keys=["offer_id", "need_id"],
        fresh={"first_seen_at": moment},
    )


def _present(listings: Listings, classes: NDArray[np.int32]) -> NDArray[np.int64]:
    """Rows of some classes that have something left."""
    found: NDArray[np.int64] = np.flatnonzero(
        np.isin(listings.material, classes) & (listings.kg > 0)
    )
    return found


def _rows(listings: Listings, rows: NDArray[np.int64]) -> Listings:
    return Listings(**{part.name: getattr(listings, part.name)[rows] for part in fields(listings)})


@dataclass(frozen=True, slots=True)
class BarrierCount:
    """One line of the evidence: how much of a stream one rule keeps from use in one oblast.

    ``base_quantity`` and ``value_cents`` count each offer once, with its best barred receiver.
    """

    rule: str
    material_id: int
    waste_code_id: int | None
    region_id: int | None
    offers: int
    pairs: int
    base_quantity: int
    value_cents: int


_ROLL_UP = """
SELECT rule, material_id, waste_code_id, region_id,
       count(*), sum(pairs)::bigint, sum(quantity)::bigint, sum(value)::bigint
FROM (
    SELECT rule, material_id, waste_code_id, region_id, coalesce(offer_id, -barrier.id) AS offer,
           count(*) AS pairs, max(base_quantity) AS quantity, max(value_cents) AS value
    FROM symbiosis_barrier AS barrier, unnest(rules) AS rule
    WHERE lifted_at IS NULL AND (%(inferred)s OR NOT inferred)
      AND (%(regions)s::bigint[] IS NULL OR region_id = ANY(%(regions)s::bigint[]))
    GROUP BY rule, material_id, waste_code_id, region_id, coalesce(offer_id, -barrier.id)
) AS by_offer
GROUP BY rule, material_id, waste_code_id, region_id
ORDER BY 7 DESC, rule, material_id, waste_code_id, region_id
"""


def barrier_counts(
    *, region_ids: list[int] | None = None, with_inferred: bool = False
) -> list[BarrierCount]:
    """Standing barriers by rule, material, waste code and oblast of the offer, greatest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLL_UP, {"regions": region_ids, "inferred": with_inferred})
        return [BarrierCount(*row) for row in cursor.fetchall()]
