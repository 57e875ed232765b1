"""Every weight and limit of the engine, with its unit, default, reason and source.

A tenant overrides any of them with `Params(...)` or `params.but(...)`; `describe()` lists them for
a settings page. Cents are euro cents. Values marked "planning value" are stated conventions, meant
to be replaced by the tenant's own contracts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any

from symbiosis.core.errors import ParamsError


@dataclass(frozen=True)
class Parameter:
    """What one field of Params means; `low` and `high` bound what it may be set to."""

    name: str
    unit: str
    default: float | int | bool
    low: float
    high: float
    reason: str
    source: str


def _parameter(
    default: float | int | bool, unit: str, low: float, high: float, reason: str, source: str
) -> Any:
    return field(
        default=default,
        metadata={"unit": unit, "low": low, "high": high, "reason": reason, "source": source},
    )


@dataclass(frozen=True)
class Params:
    """The engine's settings; raises ParamsError for a value outside its stated range.

    >>> Params().but(detour_factor=1.25).road_cents_per_tonne_km
    15.0
    """

    haulage_cents_per_tonne_km: float = _parameter(
        12.0, "cents / (t km)", 0.0, 1_000.0,
        "Road haulage in bulk with part of the way back empty: about 1.9 EUR per vehicle-km "
        "there and back over 16 t of average load.",
        "Planning value of this project; replace by the tenant's haulage contract.",
    )  # fmt: skip
    detour_factor: float = _parameter(
        1.3, "road km / straight km", 1.0, 3.0,
        "Roads are longer than the straight line; measured factors for European networks lie "
        "between 1.2 and 1.4.",
        "Ballou, Rahardja, Sakai, Transportation Research A 36 (2002) 843-848.",
    )  # fmt: skip
    carbon_cents_per_tonne_co2e: int = _parameter(
        0, "cents / t CO2e", 0, 100_000,
        "Off by default: the screening estimate is shown beside the money, not mixed into it. "
        "A tenant may set, say, the price of an EU allowance.",
        "Choice of this project.",
    )  # fmt: skip
    freight_grams_co2e_per_tonne_km: int = _parameter(
        102, "g CO2e / (t km)", 0, 5_000,
        "All heavy goods vehicles, average load: 0.10163 kg per tonne-km.",
        "UK Government GHG Conversion Factors 2025, freighting goods.",
    )  # fmt: skip
    require_net_saving: bool = _parameter(
        False, "yes / no", 0, 1,
        "When set, a pair whose haulage emits more than the exchange avoids is left out.",
        "Choice of this project.",
    )  # fmt: skip
    reach_km: float = _parameter(
        500.0, "km, straight", 1.0, 2_000.0,
        "No pair is looked at beyond; a material's own reach and the money are usually tighter.",
        "The length of Bulgaria.",
    )  # fmt: skip
    candidates_per_listing: int = _parameter(
        20, "pairs", 1, 1_000,
        "The first list holds this many best pairs of every offer and of every need; left-out "
        "pairs are then priced until none can improve the plan.",
        "docs/benchmarks.md: fewer cost more pricing rounds, more cost longer lists.",
    )  # fmt: skip
    price_all_pairs: bool = _parameter(
        True, "yes / no", 0, 1,
        "Price the left-out pairs with the duals until the plan is optimal over all of them.",
        "Desrosiers and Luebbecke, A Primer in Column Generation (2005).",
    )  # fmt: skip
    all_pairs_gap: float = _parameter(
        0.00002, "share", 0.0, 1.0,
        "Pricing stops when the plan is proven within this share of the best over all pairs; "
        "0.002 % is below the rounding of any price list. Zero asks for the very optimum.",
        "Choice of this project.",
    )  # fmt: skip
    pricing_rounds: int = _parameter(
        12, "rounds", 0, 10_000,
        "How often left-out pairs are priced at most; the gap reached is stored with the plan.",
        "docs/benchmarks.md",
    )  # fmt: skip
    threads: int = _parameter(
        2, "threads", 1, 64,
        "Listings are searched independently; the kernels release the GIL.",
        "Choice of this project.",
    )  # fmt: skip
    exact_seconds: float = _parameter(
        60.0, "s", 0.1, 86_400.0,
        "How long lots, fixed costs and intakes may be searched before the best plan so far is "
        "returned with its gap.",
        "Choice of this project.",
    )  # fmt: skip
    exact_gap: float = _parameter(
        0.0001, "share", 0.0, 1.0,
        "The search over lots stops when the plan is proven within this share of the bound.",
        "Choice of this project: 0.01 %.",
    )  # fmt: skip
    offer_share_permille: int = _parameter(
        500, "permille of the gain", 0, 1_000,
        "Where in the stable price band the suggestion lies; half is the mid-band.",
        "Thompson, The tau-value and the core of assignment games (1981): the fair division point.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ParamsError(part.name, f"must be a finite number, is {value!r}")
            low, high = part.metadata["low"], part.metadata["high"]
            if not low <= value <= high:
                raise ParamsError(part.name, f"must be within {low}..{high}, is {value}")
            if isinstance(part.default, int) and value != int(value):
                raise ParamsError(part.name, f"must be a whole number, is {value}")

    def but(self, **changes: float | int | bool) -> Params:
        """The same settings with some replaced; an unknown name raises ParamsError."""
        known = {part.name for part in fields(self)}
        for name in changes:
            if name not in known:
                raise ParamsError(name, "is not a parameter of the engine")
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def road_cents_per_tonne_km(self) -> float:
        """Haulage per straight-line kilometre: the rate times the detour."""
        return self.haulage_cents_per_tonne_km * self.detour_factor

    @property
    def road_grams_co2e_per_tonne_km(self) -> float:
        """Freight emissions per straight-line kilometre."""
        return self.freight_grams_co2e_per_tonne_km * self.detour_factor


def describe() -> tuple[Parameter, ...]:
    """All parameters in the order of the settings page."""
    return tuple(
        Parameter(name=part.name, default=part.default, **part.metadata)  # type: ignore[arg-type]
        for part in fields(Params)
    )
