"""Exchanges led through services: the joint plan with processors and stores, and its proposals."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from marketplace.listings.models import Service
from symbiosis.copying import random_uids, upsert_columns
from symbiosis.core.national import MarketPlan
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints
from symbiosis.core.relayed import RelayedPlan, match_with_relays
from symbiosis.core.relays import Ways, ways_through
from symbiosis.core.routes import NO_RELAY, RouteParts, Routes, route_parts, verify_routes
from symbiosis.core.verify import row_totals
from symbiosis.models import MatchRun, Proposal
from symbiosis.problems import LoadedMarket
from symbiosis.relaying import Placed, RelayMarket, relay_market
from symbiosis.stored_reasons import led_fit

PART_COLUMNS = {
    "disposal_cents": "avoided_disposal",
    "purchase_cents": "avoided_purchase",
    "processing_cents": "processing",
    "haulage_cents": "haulage",
    "carbon_cents": "carbon",
}


@dataclass(frozen=True, slots=True)
class Led:
    """Routes of a verified joint plan that may be proposed, and what they stand on."""

    routes: Routes
    parts: RouteParts
    ways: Ways
    services: RelayMarket
    plan: RelayedPlan

    def kg_by(self, side: str, count: int) -> Ints:
        """What the routes take from each offer or bring to each need, kg by row."""
        if side == "offer":
            return row_totals(self.routes.offer, self.routes.kg_in, count)
        return row_totals(self.routes.need, self.routes.kg_out, count)

    @property
    def objective(self) -> int:
        """What the routes are worth, in the unit of the plan."""
        return int(self.parts.value.sum())

    @property
    def prices(self) -> tuple[Ints, Ints]:
        """Dual prices of offers and needs in the joint market, cents per tonne."""
        joint = self.plan.direct.plan
        return joint.offer_price, joint.need_price

    def leaves(self, loaded: LoadedMarket) -> LoadedMarket:
        """The market less what the routes carry: the direct exchanges of the joint optimum are an
        optimum of it, and solved anew it takes up what rounding or a refused route left."""
        sides = []
        for name, side in (("offer", loaded.offers), ("need", loaded.needs)):
            kg = side.listings.kg - self.kg_by(name, len(side.ids))
            sides.append(replace(side, listings=replace(side.listings, kg=kg)))
        return loaded.with_sides(*sides)

    def only(self, kept: NDArray[np.bool_]) -> Led:
        """Some of the routes."""
        routes = Routes(*(getattr(self.routes, n)[kept] for n in Routes.__dataclass_fields__))
        return Led(routes, route_parts(self.ways, routes), self.ways, self.services, self.plan)


def lead_through_services(
    loaded: LoadedMarket, answer: MarketPlan, params: Params, *, as_of: date
) -> Led | None:
    """The joint plan of what firms posted, verified; None where no service could take part."""
    services = relay_market(loaded, as_of=as_of)
    if services is None:
        return None
    market, relays = loaded.market, services.relays
    ways = ways_through(market, params, relays, services.inward, services.between, services.outward)
    if not len(ways.inward) or not len(ways.outward):
        return None
    plan = match_with_relays(market, params, relays, ways, answer)
    through = len(ways.inward) + len(ways.between) + len(ways.outward)
    flow = plan.gains.flow[len(plan.gains.flow) - through :]
    parts = route_parts(ways, plan.routes)
    verify_routes(market, ways, flow, plan.routes, parts)
    led = Led(plan.routes, parts, ways, services, plan)
    return led.only(_may_be_proposed(loaded, led))


def _may_be_proposed(loaded: LoadedMarket, led: Led) -> NDArray[np.bool_]:
    """Routes of two different firms, something at both ends, no less than the least lots."""
    offers, needs, routes = loaded.offers.listings, loaded.needs.listings, led.routes
    kept: NDArray[np.bool_] = (
        (routes.kg_in > 0)
        & (routes.kg_out > 0)
        & (offers.firm[routes.offer] != needs.firm[routes.need])
        & (routes.kg_in >= offers.min_lot_kg[routes.offer])
        & (routes.kg_out >= needs.min_lot_kg[routes.need])
        & (led.parts.value > 0)
    )
    return kept


def save_led(loaded: LoadedMarket, led: Led, *, params: Params, run: MatchRun) -> int:
    """Insert or refresh the proposals of the routes; one for each pair and way through services."""
    columns: dict[str, list[Any]] = {}
    for row in _proposals(loaded, led, params):
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    if not columns:
        return 0
    count = len(columns["offer_id"])
    moment = [timezone.now().isoformat()] * count
    columns |= {
        "updated_at": moment,
        "run_id": [run.pk] * count,
        "stage": [str(Proposal.Stage.PLANNED)] * count,
    }
    return upsert_columns(
        Proposal._meta.db_table,
        columns,
        keys=["offer_id", "need_id", "route"],
        fresh={"uid": random_uids(count), "created_at": moment},
    )


def _proposals(loaded: LoadedMarket, led: Led, params: Params) -> list[dict[str, Any]]:
    """Routes of one pair through the same services are one proposal."""
    routes = led.routes
    together: dict[tuple[int, int, str], list[int]] = {}
    for at in range(len(routes)):
        key = (
            int(loaded.offers.ids[routes.offer[at]]),
            int(loaded.needs.ids[routes.need[at]]),
            ",".join(str(placed.service.pk) for placed in _services_of(led, at)),
        )
        together.setdefault(key, []).append(at)
    return [
        _proposal(loaded, led, params, key, np.array(rows))
        for key, rows in sorted(together.items())
    ]


def _services_of(led: Led, at: int) -> list[Placed]:
    rows = (int(led.routes.first[at]), int(led.routes.second[at]))
    return [led.services.placed[row] for row in rows if row != NO_RELAY]


def _proposal(
    loaded: LoadedMarket, led: Led, params: Params, key: tuple[int, int, str], rows: Ints
) -> dict[str, Any]:
    offer_id, need_id, route = key
    routes, parts, first = led.routes, led.parts, int(rows[0])
    offers, needs = loaded.offers, loaded.needs
    kg, out = int(routes.kg_in[rows].sum()), int(routes.kg_out[rows].sum())
    cents = {
        name: (int(getattr(parts, part)[rows].sum()) + 500) // 1_000
        for name, part in PART_COLUMNS.items()
    }
    value = sum(cents.values()) - 2 * (cents["processing_cents"] + cents["haulage_cents"])
    metres = round(float(parts.km[first]) * 1_000)
    offer, need = int(routes.offer[first]), int(routes.need[first])
    here, there = int(offers.region_ids[offer]), int(needs.region_ids[need])
    co2e = int(parts.grams_co2e[rows].sum()) // 1_000_000
    per_t = value * 1_000 // kg
    row = {
        "offer_id": offer_id,
        "need_id": need_id,
        "route": route,
        "base_quantity": kg,
        "delivered_quantity": out,
        "straight_m": metres,
        "road_m": round(metres * params.detour_factor),
        **cents,
        "value_cents": value,
        "value_cents_per_t": per_t,
        "rank_cents_per_t": per_t,
        "co2e_kg": co2e,
        "cross_region": bool(here and there and here != there),
        "inferred": False,
    }
    steps = _steps(led, rows)
    row["legs"] = json.dumps(steps, ensure_ascii=False)
    row["reasons"] = json.dumps(
        _reasons(loaded, row, steps, params, offer, need), ensure_ascii=False
    )
    return row


def _steps(led: Led, rows: Ints) -> list[dict[str, Any]]:
    """What each service on the way takes, gives and costs; the costs with the treatment that the
    need itself asks for add up to the proposal's processing."""
    routes, ways = led.routes, led.ways
    first = int(rows[0])
    two = int(routes.second[first]) != NO_RELAY
    between, out = int(routes.kg_between[rows].sum()), int(routes.kg_out[rows].sum())
    steps = []
    for at, placed in enumerate(_services_of(led, first)):
        taken = (routes.kg_in, routes.kg_between)[at][rows]
        leg = (ways.inward_parts, ways.between_parts)[at]
        way = (routes.way_in, routes.way_between)[at][rows]
        spent = int((leg.processing[way] * taken).sum())
        months = sorted(
            {
                (int(p.month_in) + 1, int(p.month_out) + 1)
                for row in rows.tolist()
                for p in [_services_of(led, row)[at]]
                if p.month_in is not None and p.month_out is not None
            }
        )
        steps.append(_step(placed, spent, months)
                     | {"in": int(taken.sum()), "out": between if two and not at else out}
                     | {"straight_m": round(float(leg.km[way[0]]) * 1_000)})  # fmt: skip
    return steps


def _step(placed: Placed, spent: int, months: list[tuple[int, int]]) -> dict[str, Any]:
    service: Service = placed.service
    region = service.site.region
    return {
        "service": str(service.uid),
        "kind": service.kind,
        "title": service.title,
        "place_bg": region.name_bg if region else "",
        "place_en": region.name_en if region else "",
        "cost_cents": (spent + 500) // 1_000,
        "months": months,
        "codes": sorted(code.code for code in service.permitted_codes.all()),
    }


def _reasons(
    loaded: LoadedMarket,
    row: dict[str, Any],
    steps: list[dict[str, Any]],
    params: Params,
    offer: int,
    need: int,
) -> list[dict[str, Any]]:
    """Codes with values in the order of those of a direct exchange (stored_reasons)."""
    catalogue = loaded.catalogue
    ids = catalogue.material_ids
    offered, needed = int(loaded.offers.concepts[offer]), int(loaded.needs.concepts[need])
    found: list[dict[str, Any]] = [led_fit(catalogue, int(ids[offered]), int(ids[needed]))]
    for step in steps:
        code = "through_store" if step["kind"] == Service.Kind.STORAGE else "through_processor"
        names = ("title", "place_bg", "place_en", "in", "out", "cost_cents", "months")
        found.append({"code": code} | {name: step[name] for name in names})
        if step["codes"] and not loaded.offers.waste_code_ids[offer]:
            found.append({"code": "permit_names_codes", "title": step["title"],
                          "codes": step["codes"][:8]})  # fmt: skip
    own = row["processing_cents"] - sum(step["cost_cents"] for step in steps)
    for code, cents in (
        ("disposal_avoided", row["disposal_cents"]),
        ("purchase_avoided", row["purchase_cents"]),
        ("processing", own),
    ):
        if cents > 0:
            found.append({"code": code, "cents": cents})
    found.append({"code": "distance", "road_m": row["road_m"],
                  "haulage_cents": row["haulage_cents"],
                  "detour": f"{params.detour_factor:g}"})  # fmt: skip
    found.append({
        "code": "share",
        "offer_percent": row["base_quantity"] * 100
        // max(1, int(loaded.offers.listings.kg[offer])),
        "need_percent": row["delivered_quantity"] * 100
        // max(1, int(loaded.needs.listings.kg[need])),
    })  # fmt: skip
    if row["co2e_kg"] > 0:
        found.append({"code": "climate", "co2e_kg": row["co2e_kg"]})
    if loaded.offers.status_unknown[offer]:
        found.append({"code": "status_unknown"})
    return found
