"""The reasons of many proposals at once, as the JSON text that the database keeps.

Codes with values in the order a reader wants them; reasons.py words them on display. Everything
that depends on the two concepts alone is written out once a pair of concepts.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from marketplace.catalogue.models import Material
from symbiosis.catalogue import Catalogue
from symbiosis.core.compatibility import Way
from symbiosis.core.params import Params
from symbiosis.problems import LoadedMarket

if TYPE_CHECKING:
    from symbiosis.saving import Exchanges

_MONTHS_IN_YEAR = 12
_INFERRED = {side: f', {{"code": "inferred_side", "side": "{side}"}}' for side in ("offer", "need")}
_UNKNOWN = ', {"code": "status_unknown"}'


def reasons_in_bulk(
    loaded: LoadedMarket, found: Exchanges, columns: dict[str, NDArray[Any]], params: Params
) -> list[str]:
    """One JSON list a proposal; ``columns`` are those of saving.proposal_columns."""
    offer, need = found.offer, found.need
    offers, needs = loaded.offers, loaded.needs
    pairs = loaded.pair_rows(found.parts.pair)
    fits = {int(row): fit_text(loaded.catalogue, int(row)) for row in np.unique(pairs)}
    moved = {int(row): _way_of_moving(loaded, int(row)) for row in fits}
    detour = f"{params.detour_factor:g}"
    months = np.bitwise_count(offers.listings.months[offer] & needs.listings.months[need])
    rows = zip(
        pairs.tolist(),
        columns["disposal_cents"].tolist(),
        columns["purchase_cents"].tolist(),
        columns["processing_cents"].tolist(),
        columns["road_m"].tolist(),
        columns["haulage_cents"].tolist(),
        (found.kg * 100 // np.maximum(offers.listings.kg[offer], 1)).tolist(),
        (found.kg * 100 // np.maximum(needs.listings.kg[need], 1)).tolist(),
        months.tolist(),
        columns["co2e_kg"].tolist(),
        _tails(loaded, found),
        strict=True,
    )
    return [
        f"[{fits[pair]}"
        + (f', {{"code": "disposal_avoided", "cents": {disposal}}}' if disposal else "")
        + (f', {{"code": "purchase_avoided", "cents": {purchase}}}' if purchase else "")
        + (f', {{"code": "processing", "cents": {processing}}}' if processing else "")
        + f', {{"code": "{moved[pair]}", "road_m": {road}, "haulage_cents": {haulage},'
        f' "detour": "{detour}"}}'
        f', {{"code": "share", "offer_percent": {offered}, "need_percent": {asked}}}'
        + (f', {{"code": "common_months", "months": {common}}}' if common < _MONTHS_IN_YEAR else "")
        + (f', {{"code": "climate", "co2e_kg": {co2e}}}' if co2e > 0 else "")
        + f"{tail}]"
        for pair, disposal, purchase, processing, road, haulage, offered, asked, common, co2e, tail
        in rows
    ]  # fmt: skip


def _way_of_moving(loaded: LoadedMarket, pair_row: int) -> str:
    """Whether a pair's stream goes by road or through a line of its own."""
    catalogue = loaded.catalogue
    kind = catalogue.materials[catalogue.pairs[pair_row].offered].kind
    return "line" if kind in (Material.Kind.ENERGY, Material.Kind.WATER) else "distance"


def _tails(loaded: LoadedMarket, found: Exchanges) -> list[str]:
    """What is not certain of either side."""
    offer_inferred = loaded.offers.inferred[found.offer]
    doubt = (
        offer_inferred * 1
        + loaded.needs.inferred[found.need] * 2
        + (loaded.offers.status_unknown[found.offer] & ~offer_inferred) * 4
    )
    texts = [
        (_INFERRED["offer"] if code & 1 else "")
        + (_INFERRED["need"] if code & 2 else "")
        + (_UNKNOWN if code & 4 else "")
        for code in range(8)
    ]
    return [texts[code] for code in doubt.tolist()]


def led_fit(catalogue: Catalogue, offered_id: int, needed_id: int) -> dict[str, Any]:
    """What a stream that is led through services starts as and what it serves in the end."""
    offered, needed = catalogue.materials[offered_id], catalogue.materials[needed_id]
    return {
        "code": "led",
        "offered_en": offered.name_en,
        "offered_bg": offered.name_bg,
        "needed_en": needed.name_en,
        "needed_bg": needed.name_bg,
    }


def fit_text(catalogue: Catalogue, pair_row: int) -> str:
    """How two concepts fit together, with both names in both languages, as JSON."""
    pair = catalogue.pairs[pair_row]
    offered, needed = catalogue.materials[pair.offered], catalogue.materials[pair.needed]
    fit: dict[str, Any] = {"code": pair.way.value}
    if pair.way is Way.SAME:
        fit |= {"material_en": offered.name_en, "material_bg": offered.name_bg}
        return json.dumps(fit, ensure_ascii=False)
    fit |= {
        "offered_en": offered.name_en,
        "offered_bg": offered.name_bg,
        "needed_en": needed.name_en,
        "needed_bg": needed.name_bg,
    }
    if pair.conversion is not None:
        process = catalogue.processes[pair.conversion]
        fit |= {"process_en": process[0], "process_bg": process[1]}
    return json.dumps(fit, ensure_ascii=False)
