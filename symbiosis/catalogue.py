"""The catalogue as the engine sees it: concepts, the pairs that fit, and how; kept in memory until
the catalogue changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from marketplace.catalogue.models import Conversion, Material
from symbiosis.core.compatibility import (
    CompatiblePair,
    ConceptNode,
    ConversionEdge,
    compatible_pairs,
)
from symbiosis.core.market import MaterialPairs
from symbiosis.logistics import haulage_permille, reach_km

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The concepts as the engine numbers them (by ascending id), and the pairs that fit.

    ``disposal_cents`` and ``worth_cents`` are per tonne, by row; ``processes`` and ``routes`` by
    conversion; ``rows`` by (offered, needed) concept.
    """

    material_ids: Ints
    materials: dict[int, Material]
    pairs: tuple[CompatiblePair, ...]
    arrays: MaterialPairs
    processes: dict[int, tuple[str, str]]
    routes: dict[int, str]
    disposal_cents: Ints
    worth_cents: Ints
    rows: dict[tuple[int, int], int]

    def partners_of(self, material_id: int, *, offered: bool) -> list[int]:
        """Materials that an offered one may feed, or that may feed a needed one."""
        if offered:
            return [pair.needed for pair in self.pairs if pair.offered == material_id]
        return [pair.offered for pair in self.pairs if pair.needed == material_id]

    def row_of_pair(self, offered: int, needed: int) -> int | None:
        """The row of a pair of concepts, None where they do not fit."""
        return self.rows.get((offered, needed))

    def lineage(self, material_id: int) -> frozenset[str]:
        """Codes of a concept and of all broader ones."""
        found: set[str] = set()
        at: int | None = material_id
        while at is not None and self.materials[at].code not in found:
            found.add(self.materials[at].code)
            at = self.materials[at].broader_id
        return frozenset(found)


def current_catalogue() -> Catalogue:
    """Pairs of concepts that fit, as the database has them now; one small query when unchanged."""
    return _catalogue(_fingerprint())


_STATE = """
SELECT (SELECT id FROM marketplace_cataloguerelease ORDER BY id DESC LIMIT 1),
       materials.*, conversions.*
FROM (SELECT count(*), max(id), max(updated_at) FROM marketplace_material) AS materials,
     (SELECT count(*), max(id), max(updated_at) FROM marketplace_conversion) AS conversions
"""


def _fingerprint() -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        state: tuple[object, ...] = cursor.fetchone() or ()
    return state


@lru_cache(maxsize=1)
def _catalogue(fingerprint: tuple[object, ...]) -> Catalogue:
    return load_catalogue_pairs()


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
        routes={edge.pk: edge.route for edge in conversions},
        rows={(pair.offered, pair.needed): row for row, pair in enumerate(pairs)},
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
