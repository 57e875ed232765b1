"""Allocation through processors and stores: a generalised flow, its answer and its check.

Nodes are offers, relays (a processor, or a store between two months) and needs, numbered in that
order. An arc takes kilograms from its tail and delivers `gain_permille` thousandths of them at its
head: the yield of the processor it leads into, 1000 elsewhere. What a relay takes it passes on,
save less than what one more kilogram would bring. A meter is a limit that several arcs
share, a yearly capacity or the room of a store in one month; it counts kilograms leaving the tail.

Such flows have no whole-number optimum in general. The plan is the linear optimum rounded down to
whole kilograms; `bound` is proven by integer prices, and what rounding costs is the gap told.

Reference: Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 15.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from symbiosis.core.errors import PlanError, ProblemError
from symbiosis.core.problem import Ends, Ints, exact_dot, whole_numbers
from symbiosis.core.verify import row_totals

FULL = 1_000
PRICE_UNIT = 1_000_000
"""Prices of the certificate are whole millionths of a cent per tonne."""
VALUE_LIMIT = 2**33
QUANTITY_LIMIT = 2**50
GAIN_LIMIT = 100_000
NO_WAY_ON = -(2**53)
"""Price of a relay that nothing leaves: below whatever a way there could earn."""


@dataclass(frozen=True)
class GainProblem:
    """Who could send what through whom; raises ProblemError on what does not fit together.

    supply, demand          kg by offer and by need
    relays                  how many there are
    tail, head, value       by arc: nodes, and cents per tonne leaving the tail
    gain_permille           by arc: kg arriving for a thousand kg that leave
    metered, meter          pairs of an arc and a meter that counts it
    capacity                kg by meter
    """

    supply: Ints
    demand: Ints
    relays: int
    tail: Ends
    head: Ends
    value: Ints
    gain_permille: Ints
    metered: Ends
    meter: Ends
    capacity: Ints

    def __post_init__(self) -> None:
        for part in fields(self):
            if part.name == "relays":
                continue
            kind = np.int32 if part.name in ("tail", "head", "metered", "meter") else np.int64
            frozen = whole_numbers(part.name, getattr(self, part.name), kind)
            object.__setattr__(self, part.name, frozen)
        first, last = len(self.supply), len(self.supply) + self.relays
        nodes = last + len(self.demand)
        for name, low, high, length in (
            ("tail", 0, last, len(self.tail)),
            ("head", first, nodes, len(self.tail)),
            ("metered", 0, len(self.tail), len(self.metered)),
            ("meter", 0, len(self.capacity), len(self.metered)),
        ):
            array = getattr(self, name)
            if len(array) != length:
                raise ProblemError(name, f"has {len(array)} entries for {length}")
            if array.size and (int(array.min()) < low or int(array.max()) >= high):
                raise ProblemError(name, f"names a row outside {low}..{high - 1}")
        for name, low, high in (
            ("value", -VALUE_LIMIT, VALUE_LIMIT),
            ("gain_permille", 1, GAIN_LIMIT),
            ("supply", 0, QUANTITY_LIMIT),
            ("demand", 0, QUANTITY_LIMIT),
            ("capacity", 0, QUANTITY_LIMIT),
        ):
            array = getattr(self, name)
            if array.size and (int(array.min()) < low or int(array.max()) > high):
                raise ProblemError(name, f"holds a number outside {low}..{high}")
        into_needs = self.head >= last
        if (self.gain_permille[into_needs] != FULL).any():
            raise ProblemError("gain_permille", "must be 1000 on arcs that end at a need")

    @property
    def arcs(self) -> int:
        """How many arcs there are."""
        return len(self.tail)

    @property
    def givers(self) -> int:
        """How many nodes something can leave: offers and relays."""
        return len(self.supply) + self.relays

    @property
    def into_need(self) -> np.ndarray:
        """Which arcs end at a need."""
        ends: np.ndarray = self.head >= self.givers
        return ends


@dataclass(frozen=True)
class GainPlan:
    """An allocation with its certificate.

    flow          kg leaving the tail, by arc
    giver_price   of offers and relays; a relay's may be below zero: what it gives must find a taker
    need_price, meter_price   these too by PRICE_UNIT of a cent per tonne
    """

    flow: Ints
    giver_price: Ints
    need_price: Ints
    meter_price: Ints
    objective: int
    bound: int

    @property
    def gap(self) -> float:
        """Relative distance to the proven bound."""
        return 0.0 if self.bound <= self.objective else (self.bound - self.objective) / self.bound


def least_giver_prices(problem: GainProblem, plan_needs: Ints, meters: Ints, prices: Ints) -> Ints:
    """By arc, what its tail must be worth at least at the given prices of everything behind it."""
    charge = np.zeros(problem.arcs, np.int64)
    np.add.at(charge, problem.metered, meters[problem.meter])
    ahead = np.concatenate([prices, plan_needs])[problem.head]
    whole, rest = np.divmod(ahead, FULL)
    gain = problem.gain_permille
    arriving = whole * gain + rest * gain // FULL
    # A relay's price is a gain of the arc that leads there, a need's price a cost: both rounded so
    # that the tail's price comes out too high rather than too low.
    worth = np.where(problem.into_need, -arriving, whole * gain + -(-rest * gain // FULL))
    least: Ints = problem.value * PRICE_UNIT + worth - charge
    return least


def gain_bound(problem: GainProblem, plan: GainPlan) -> int:
    """What the prices prove: no allocation is worth more. Raises PlanError where they prove none.

    Weak duality in integers; the bound is in the unit of the objective, rounded down.
    """
    for name in ("giver_price", "need_price", "meter_price"):
        price = getattr(plan, name)
        if name == "giver_price":
            price = price[: len(problem.supply)]
        if price.size and int(price.min()) < 0:
            raise PlanError(f"{name}[{int(price.argmin())}] is negative")
    least = least_giver_prices(problem, plan.need_price, plan.meter_price, plan.giver_price)
    short = least - plan.giver_price[problem.tail]
    if short.size and int(short.max()) > 0:
        arc = int(short.argmax())
        raise PlanError(f"arc {arc} is worth {int(short[arc])} more than the prices of its ends")
    burden = np.maximum(0, -plan.giver_price[len(problem.supply) :])
    total = (
        exact_dot(plan.giver_price[: len(problem.supply)], problem.supply)
        + exact_dot(burden, -(-unpassed(problem) // FULL))
        + exact_dot(plan.need_price, problem.demand)
        + exact_dot(plan.meter_price, problem.capacity)
    )
    return total // PRICE_UNIT


def unpassed(problem: GainProblem) -> Ints:
    """By relay, thousandths of a kg that it need not pass on: what a kilogram more would bring."""
    most = np.zeros(problem.relays, np.int64)
    inner = ~problem.into_need
    np.maximum.at(most, problem.head[inner] - len(problem.supply), problem.gain_permille[inner])
    return most


def verify_gains(problem: GainProblem, plan: GainPlan) -> None:
    """Raise PlanError unless the plan keeps every limit, adds up and stays under its proven bound.

    Linear time, in integers.
    """
    for name, length in (
        ("flow", problem.arcs),
        ("giver_price", problem.givers),
        ("need_price", len(problem.demand)),
        ("meter_price", len(problem.capacity)),
    ):
        if len(getattr(plan, name)) != length:
            raise PlanError(f"{name} has {len(getattr(plan, name))} entries, the problem {length}")
    if plan.flow.size and int(plan.flow.min()) < 0:
        raise PlanError(f"arc {int(plan.flow.argmin())} carries less than nothing")
    for name, over in excesses(problem, plan.flow).items():
        if over.size and int(over.max()) > 0:
            row = int(over.argmax())
            raise PlanError(f"{name} {row} is used {int(over[row])} beyond its quantity")
        if name == "relay" and (-over > unpassed(problem)).any():
            row = int((-over - unpassed(problem)).argmax())
            raise PlanError(f"relay {row} keeps {int(-over[row])} thousandths of a kg")
    objective = exact_dot(problem.value, plan.flow)
    if objective != plan.objective:
        raise PlanError(f"objective is {objective}, the plan says {plan.objective}")
    proven = gain_bound(problem, plan)
    if plan.bound < plan.objective:
        raise PlanError(f"bound {plan.bound} is below the objective {plan.objective}")
    if plan.bound < proven:
        raise PlanError(f"bound {plan.bound} is below {proven}, which is what the prices prove")


def excesses(problem: GainProblem, flow: Ints) -> dict[str, Ints]:
    """By offer, relay (thousandths of a kg), need and meter: what is used beyond what there is."""
    offers, givers = len(problem.supply), problem.givers
    left = row_totals(problem.tail, flow, givers)
    inner = ~problem.into_need
    arrived = row_totals(
        problem.head[inner] - offers, flow[inner] * problem.gain_permille[inner], problem.relays
    )
    asked = row_totals(
        problem.head[~inner] - givers, flow[~inner], len(problem.demand)
    )  # fmt: skip
    counted = np.zeros(len(problem.capacity), np.int64)
    np.add.at(counted, problem.meter, flow[problem.metered])
    return {
        "offer": left[:offers] - problem.supply,
        "relay": left[offers:] * FULL - arrived,
        "need": asked - problem.demand,
        "meter": counted - problem.capacity,
    }
