"""What a quantity that changed hands has saved: every figure as a band, split between the sides.

Pure functions over whole base units. A figure is a **screening estimate**: its band takes every
factor at the unfavourable end at once, so it bounds, and is no confidence interval.

Attribution, so that nothing is counted twice: each figure falls apart into the holder's and the
receiver's share, and the total is defined as their sum. Money goes to the side that has it:
disposal avoided and price to the holder, purchase avoided less price to the receiver, haulage to
who bears it. Every other measure is halved. A firm, a region or a cluster is a set of sides; sets
that share no side share no kilogram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from marketplace.impact.factors import Factor, FactorTable
from marketplace.units import ResourceKind

ATTRIBUTION = "sides/1"
"""The rule of this module, kept with every booking."""


class Side(StrEnum):
    HOLDER = "offer"
    RECEIVER = "need"


class Measure(StrEnum):
    """What is counted, with the unit of its whole numbers."""

    DIVERTED = "diverted_kg"
    VIRGIN = "virgin_kg"
    CARBON = "co2e_g"
    MONEY = "value_cents"
    WATER = "water_l"
    ENERGY = "energy_kwh"
    JOBS = "jobs_millionths"


class Formula(StrEnum):
    """Ids of the formulas; FORMULAS says them in full."""

    DIVERTED = "diverted/1"
    VIRGIN = "virgin/1"
    CARBON = "carbon/1"
    MONEY = "money/1"
    WATER = "water/1"
    ENERGY = "energy/1"
    JOBS = "jobs/1"


FORMULAS: Mapping[Formula, str] = {
    Formula.DIVERTED: "kg delivered",
    Formula.VIRGIN: "kg delivered x substitution",
    Formula.CARBON: "t x (avoided - processing) - t x km x freight",
    Formula.MONEY: "t x (disposal + substitution x purchase - treatment) - haulage",
    Formula.WATER: "litres delivered, or t x water saved",
    Formula.ENERGY: "kWh delivered, or t x energy saved",
    Formula.JOBS: "t / 1,600 to t / 290",
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """A whole figure between its ends; ``low <= amount <= high``."""

    low: int
    amount: int
    high: int

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.low + other.low, self.amount + other.amount, self.high + other.high)


NOTHING = Bounds(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of one flow, told side by side, with all it was computed from."""

    measure: Measure
    formula: Formula
    holder: Bounds
    receiver: Bounds
    inputs: Mapping[str, str]
    factors: tuple[Factor, ...] = ()

    @property
    def total(self) -> Bounds:
        return self.holder + self.receiver

    def share(self, side: Side) -> Bounds:
        return self.holder if side is Side.HOLDER else self.receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A quantity on its way from a holder to a receiver, with the factors that hold for it.

    ``base_quantity``: kg, litres, kWh or thousandths, by kind. ``substitution``: units of the
    input replaced per unit delivered. ``avoided`` and ``processing``: kg CO2e per 1,000 base units;
    ``freight``: kg CO2e per t km. ``disposal``, ``purchase``, ``treatment``: cents per 1,000 base
    units; ``price_cents`` what the receiver pays the holder per 1,000 (below zero the holder pays).
    ``haulage_cents`` is the amount of the whole quantity, ``haulage_payer`` who bears it (None:
    each one half).
    A factor that is None is not known: its term is left out, or its measure where it carries it.
    """

    kind: ResourceKind
    base_quantity: int
    road_m: int
    substitution: Decimal = Decimal(0)
    avoided: Factor | None = None
    processing: Factor | None = None
    freight: Factor
    disposal: Factor | None = None
    purchase: Factor | None = None
    treatment: Factor | None = None
    water: Factor | None = None
    energy: Factor | None = None
    price_cents: int = 0
    haulage_rate: Factor
    haulage_cents: int | None = None
    haulage_payer: Side | None = Side.RECEIVER
    is_waste: bool = True

    @property
    def thousands(self) -> Decimal:
        """Tonnes, cubic metres, MWh or units."""
        return Decimal(self.base_quantity) / 1000

    @property
    def tonne_km(self) -> Decimal:
        """Only what weighs is hauled: heat and power flow by line."""
        if self.kind not in (ResourceKind.MATERIAL, ResourceKind.WATER):
            return Decimal(0)
        return self.thousands * self.road_m / 1000


@dataclass(frozen=True, slots=True)
class _Interval:
    low: Decimal
    mid: Decimal
    high: Decimal

    def plus(self, other: _Interval) -> _Interval:
        return _Interval(self.low + other.low, self.mid + other.mid, self.high + other.high)

    def minus(self, other: _Interval) -> _Interval:
        return _Interval(self.low - other.high, self.mid - other.mid, self.high - other.low)

    def scaled(self, share: Decimal) -> _Interval:
        return _Interval(self.low * share, self.mid * share, self.high * share)

    def bounds(self) -> Bounds:
        return Bounds(_whole(self.low), _whole(self.mid), _whole(self.high))


_ZERO = _Interval(Decimal(0), Decimal(0), Decimal(0))
_BORNE: Mapping[Side | None, tuple[Decimal, Decimal]] = {
    Side.HOLDER: (Decimal(1), Decimal(0)),
    Side.RECEIVER: (Decimal(0), Decimal(1)),
    None: (Decimal("0.5"), Decimal("0.5")),
}
"""Shares of the haulage that the holder and the receiver bear."""


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def _exactly(value: Decimal | int) -> _Interval:
    return _Interval(Decimal(value), Decimal(value), Decimal(value))


def _times(factor: Factor | None, amount: Decimal) -> _Interval:
    """A factor over an amount that is not negative; nothing where the factor is not known."""
    if factor is None:
        return _ZERO
    return _Interval(factor.low * amount, factor.value * amount, factor.high * amount)


def _halves(total: Bounds) -> tuple[Bounds, Bounds]:
    """Two whole halves; an odd unit goes to the receiver, at both ends and in the middle alike."""
    holder = Bounds(total.low // 2, total.amount // 2, total.high // 2)
    receiver = Bounds(
        total.low - holder.low, total.amount - holder.amount, total.high - holder.high
    )
    return holder, receiver


def _halved(
    measure: Measure,
    formula: Formula,
    total: Bounds,
    inputs: Mapping[str, str],
    factors: Iterable[Factor | None] = (),
) -> Figure:
    holder, receiver = _halves(total)
    used = tuple(factor for factor in factors if factor is not None)
    return Figure(measure, formula, holder, receiver, inputs, used)


def impact_of(flow: Flow, table: FactorTable) -> tuple[Figure, ...]:
    """Every measure that the flow has factors for, in the order of Measure."""
    figures = (build(flow, table) for build in _BUILDERS)
    return tuple(figure for figure in figures if figure is not None)


def _quantity(flow: Flow) -> dict[str, str]:
    return {"kind": flow.kind.value, "base_quantity": str(flow.base_quantity)}


def _diverted(flow: Flow, _table: FactorTable) -> Figure | None:
    if flow.kind is not ResourceKind.MATERIAL or not flow.is_waste:
        return None
    total = _exactly(flow.base_quantity).bounds()
    return _halved(Measure.DIVERTED, Formula.DIVERTED, total, _quantity(flow))


def _virgin(flow: Flow, _table: FactorTable) -> Figure | None:
    if flow.kind is not ResourceKind.MATERIAL or not flow.substitution:
        return None
    total = _exactly(flow.base_quantity * flow.substitution).bounds()
    inputs = {**_quantity(flow), "substitution": f"{flow.substitution.normalize():f}"}
    return _halved(Measure.VIRGIN, Formula.VIRGIN, total, inputs)


def _carbon(flow: Flow, _table: FactorTable) -> Figure | None:
    if flow.avoided is None:
        return None
    kilograms = (
        _times(flow.avoided, flow.thousands)
        .minus(_times(flow.processing, flow.thousands))
        .minus(_times(flow.freight, flow.tonne_km))
    )
    grams = kilograms.scaled(Decimal(1000))
    inputs = {
        **_quantity(flow),
        "road_m": str(flow.road_m),
        "processing": "known" if flow.processing else "not known, left out",
    }
    factors = (flow.avoided, flow.processing, flow.freight if flow.tonne_km else None)
    return _halved(Measure.CARBON, Formula.CARBON, grams.bounds(), inputs, factors)


def _money(flow: Flow, _table: FactorTable) -> Figure | None:
    if flow.disposal is None and flow.purchase is None:
        return None
    quantity = flow.thousands
    price = _exactly(flow.price_cents * quantity)
    estimated = flow.haulage_cents is None
    haulage = (
        _times(flow.haulage_rate, flow.tonne_km)
        if flow.haulage_cents is None
        else _exactly(flow.haulage_cents)
    )
    holder = _times(flow.disposal, quantity).plus(price)
    receiver = (
        _times(flow.purchase, quantity * flow.substitution)
        .minus(_times(flow.treatment, quantity))
        .minus(price)
    )
    for_holder, for_receiver = _BORNE[flow.haulage_payer]
    holder = holder.minus(haulage.scaled(for_holder))
    receiver = receiver.minus(haulage.scaled(for_receiver))
    inputs = {
        **_quantity(flow),
        "price_cents": str(flow.price_cents),
        "substitution": f"{flow.substitution.normalize():f}",
        "road_m": str(flow.road_m),
        "haulage": "estimated" if estimated else "agreed",
        "haulage_payer": flow.haulage_payer.value if flow.haulage_payer else "both",
    }
    if not estimated:
        inputs["haulage_cents"] = str(flow.haulage_cents)
    factors = (
        flow.disposal,
        flow.purchase,
        flow.treatment,
        flow.haulage_rate if estimated and flow.tonne_km else None,
    )
    used = tuple(factor for factor in factors if factor is not None)
    return Figure(Measure.MONEY, Formula.MONEY, holder.bounds(), receiver.bounds(), inputs, used)


def _water(flow: Flow, _table: FactorTable) -> Figure | None:
    return _resource(flow, ResourceKind.WATER, Measure.WATER, Formula.WATER, flow.water)


def _energy(flow: Flow, _table: FactorTable) -> Figure | None:
    return _resource(flow, ResourceKind.ENERGY, Measure.ENERGY, Formula.ENERGY, flow.energy)


def _resource(
    flow: Flow, kind: ResourceKind, measure: Measure, formula: Formula, factor: Factor | None
) -> Figure | None:
    """Water or energy that flows itself counts as it is; a material saves it by its factor."""
    if flow.kind is kind:
        total = _exactly(flow.base_quantity).bounds()
        return _halved(measure, formula, total, _quantity(flow))
    if factor is None:
        return None
    total = _times(factor, flow.thousands).bounds()
    return _halved(measure, formula, total, _quantity(flow), (factor,))


def _jobs(flow: Flow, table: FactorTable) -> Figure | None:
    """Job-years by the experience of two programmes; the amount is the cautious end."""
    if flow.kind is not ResourceKind.MATERIAL or not flow.is_waste:
        return None
    fewest, most = table["jobs.fewest"], table["jobs.most"]
    low = _whole(flow.thousands * 1_000_000 / fewest.value)
    high = _whole(flow.thousands * 1_000_000 / most.value)
    total = Bounds(low, low, high)
    return _halved(Measure.JOBS, Formula.JOBS, total, _quantity(flow), (fewest, most))


_BUILDERS: tuple[Callable[[Flow, FactorTable], Figure | None], ...] = (
    _diverted,
    _virgin,
    _carbon,
    _money,
    _water,
    _energy,
    _jobs,
)


def added_up(shares: Iterable[tuple[Measure, Bounds]]) -> dict[Measure, Bounds]:
    """Sums by measure; a measure without a figure is absent, which is not zero."""
    totals: dict[Measure, Bounds] = {}
    for measure, bounds in shares:
        totals[measure] = totals.get(measure, NOTHING) + bounds
    return totals
