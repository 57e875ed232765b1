"""Writes what the engine found: proposals with their values in whole cents, and shadow prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.compatibility import Way
from symbiosis.core.params import Params
from symbiosis.core.scoring import Parts
from symbiosis.models import MatchRun, NeedPrice, OfferPrice, Proposal
from symbiosis.problems import LoadedMarket

Ints = NDArray[np.int64]

BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Exchanges:
    """Pairs to be saved: rows of the loaded market, kg, the parts of their value and their gain."""

    offer: NDArray[np.int32]
    need: NDArray[np.int32]
    kg: Ints
    parts: Parts
    gain_cents_per_t: Ints
    stage: str


def proposals_from(
    loaded: LoadedMarket, found: Exchanges, *, params: Params, run: MatchRun | None
) -> Iterator[Proposal]:
    """Unsaved proposals whose parts add up to the cent."""
    totals = {
        name: _total(getattr(found.parts, name), found.kg)
        for name in ("avoided_disposal", "avoided_purchase", "processing", "haulage", "carbon")
    }
    values = found.parts.value
    for row in range(len(found.offer)):
        offer_row, need_row = int(found.offer[row]), int(found.need[row])
        parts = {name: int(total[row]) for name, total in totals.items()}
        straight_km = float(found.parts.km[row])
        proposal = Proposal(
            offer_id=int(loaded.offers.ids[offer_row]),
            need_id=int(loaded.needs.ids[need_row]),
            run=run,
            stage=found.stage,
            base_quantity=int(found.kg[row]),
            straight_m=round(straight_km * 1000),
            road_m=round(straight_km * params.detour_factor * 1000),
            disposal_cents=parts["avoided_disposal"],
            purchase_cents=parts["avoided_purchase"],
            processing_cents=parts["processing"],
            haulage_cents=parts["haulage"],
            carbon_cents=parts["carbon"],
            value_cents=parts["avoided_disposal"]
            + parts["avoided_purchase"]
            + parts["carbon"]
            - parts["processing"]
            - parts["haulage"],
            value_cents_per_t=int(values[row]),
            rank_cents_per_t=int(found.gain_cents_per_t[row]),
            co2e_kg=int(found.parts.net_grams_co2e[row]) * int(found.kg[row]) // 1_000_000,
            cross_region=_cross_region(loaded, offer_row, need_row),
            inferred=bool(loaded.offers.inferred[offer_row] or loaded.needs.inferred[need_row]),
        )
        proposal.reasons = _reasons(
            loaded, proposal, offer_row, need_row, int(found.parts.pair[row]), params
        )  # fmt: skip
        yield proposal


def _total(cents_per_t: Ints, kg: Ints) -> Ints:
    """Cents for the whole quantity, rounded half up; exact in int64 up to 9e15 cents x kg."""
    return (cents_per_t * kg + 500) // 1_000


def _cross_region(loaded: LoadedMarket, offer_row: int, need_row: int) -> bool:
    here = int(loaded.offers.region_ids[offer_row])
    there = int(loaded.needs.region_ids[need_row])
    return bool(here and there and here != there)


def _reasons(
    loaded: LoadedMarket,
    proposal: Proposal,
    offer_row: int,
    need_row: int,
    pair_row: int,
    params: Params,
) -> list[dict[str, Any]]:
    """Codes and values in the order a reader wants them; worded by reasons.py."""
    reasons = [_fit(loaded, pair_row)]
    if proposal.disposal_cents:
        reasons.append({"code": "disposal_avoided", "cents": proposal.disposal_cents})
    if proposal.purchase_cents:
        reasons.append({"code": "purchase_avoided", "cents": proposal.purchase_cents})
    if proposal.processing_cents:
        reasons.append({"code": "processing", "cents": proposal.processing_cents})
    reasons.append(
        {
            "code": "distance",
            "road_m": proposal.road_m,
            "haulage_cents": proposal.haulage_cents,
            "detour": f"{params.detour_factor:g}",
        }
    )
    offered = int(loaded.offers.listings.kg[offer_row])
    asked = int(loaded.needs.listings.kg[need_row])
    reasons.append(
        {
            "code": "share",
            "offer_percent": proposal.base_quantity * 100 // max(offered, 1),
            "need_percent": proposal.base_quantity * 100 // max(asked, 1),
        }
    )
    common = int(loaded.offers.listings.months[offer_row]) & int(
        loaded.needs.listings.months[need_row]
    )
    if common.bit_count() < 12:
        reasons.append({"code": "common_months", "months": common.bit_count()})
    if proposal.co2e_kg > 0:
        reasons.append({"code": "climate", "co2e_kg": proposal.co2e_kg})
    if loaded.offers.inferred[offer_row]:
        reasons.append({"code": "inferred_side", "side": "offer"})
    if loaded.needs.inferred[need_row]:
        reasons.append({"code": "inferred_side", "side": "need"})
    if loaded.offers.status_unknown[offer_row] and not loaded.offers.inferred[offer_row]:
        reasons.append({"code": "status_unknown"})
    return reasons


def _fit(loaded: LoadedMarket, pair_row: int) -> dict[str, Any]:
    """How the two concepts fit together, with both names in both languages."""
    catalogue = loaded.catalogue
    pair = catalogue.pairs[pair_row]
    offered, needed = catalogue.materials[pair.offered], catalogue.materials[pair.needed]
    if pair.way is Way.SAME:
        return {
            "code": pair.way.value,
            "material_en": offered.name_en,
            "material_bg": offered.name_bg,
        }
    fit: dict[str, Any] = {
        "code": pair.way.value,
        "offered_en": offered.name_en,
        "offered_bg": offered.name_bg,
        "needed_en": needed.name_en,
        "needed_bg": needed.name_bg,
    }
    if pair.conversion is not None:
        process = catalogue.processes[pair.conversion]
        fit |= {"process_en": process[0], "process_bg": process[1]}
    return fit


_KEPT = {"id", "uid", "offer", "need", "created_at"}


def save_plan(proposals: list[Proposal]) -> int:
    """Insert or refresh proposals by their pair, so that a known pair keeps its address."""
    updated = [f.name for f in Proposal._meta.concrete_fields if f.name not in _KEPT]
    Proposal.objects.bulk_create(
        proposals,
        update_conflicts=True,
        unique_fields=["offer", "need"],
        update_fields=updated,
        batch_size=BATCH_ROWS,
    )
    return len(proposals)


def save_prices(loaded: LoadedMarket, run: MatchRun, offer_price: Ints, need_price: Ints) -> None:
    """Keep the dual prices of this run's listings for pricing a new listing in between."""
    OfferPrice.objects.bulk_create(
        (
            OfferPrice(offer_id=pk, cents_per_t=price, run=run)
            for pk, price in zip(loaded.offers.ids.tolist(), offer_price.tolist(), strict=True)
        ),
        update_conflicts=True,
        unique_fields=["offer"],
        update_fields=["cents_per_t", "run"],
        batch_size=BATCH_ROWS,
    )
    NeedPrice.objects.bulk_create(
        (
            NeedPrice(need_id=pk, cents_per_t=price, run=run)
            for pk, price in zip(loaded.needs.ids.tolist(), need_price.tolist(), strict=True)
        ),
        update_conflicts=True,
        unique_fields=["need"],
        update_fields=["cents_per_t", "run"],
        batch_size=BATCH_ROWS,
    )
