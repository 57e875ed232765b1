"""The market with processors and stores in between: one joint optimum of direct and led exchanges.

The pairs of the direct plan and every leg of every relay make one generalised flow, solved and
proven by solvers/gains.py. Left-out direct pairs are then priced with its prices and added until
none could improve it, so the bound holds over all pairs as that of the direct plan does. Last the
flow is taken apart into routes: so much of this offer through these relays to that need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from symbiosis.core.candidates import Index
from symbiosis.core.gains import FULL, PRICE_UNIT, GainPlan, GainProblem, verify_gains
from symbiosis.core.market import Market
from symbiosis.core.national import MarketPlan
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints, Plan, Problem, exact_dot
from symbiosis.core.relays import Relays, Ways
from symbiosis.core.routes import Routes, routes_of
from symbiosis.core.scoring import value_parts
from symbiosis.core.solvers.gains import certified, solve_gains
from symbiosis.core.verify import row_totals

PER_ROUND = 10


@dataclass(frozen=True)
class RelayedPlan:
    """The joint plan: exchanges from offer to need, and routes through relays.

    `direct` holds the pairs and what each carries beside the routes; its plan proves nothing by
    itself. `objective` and `bound` are of the whole; `gains` is its certificate for `problem`.
    """

    direct: MarketPlan
    routes: Routes
    problem: GainProblem
    gains: GainPlan
    objective: int
    bound: int


def match_with_relays(
    market: Market, params: Params, relays: Relays, ways: Ways, answer: MarketPlan
) -> RelayedPlan:
    """Allocate the market anew with its relays, starting from the pairs of its direct plan.

    A plan with lots keeps its direct exchanges as they are, and the relays get what it leaves: the
    bound is still that of the joint divisible market, and the gap is told.
    """
    direct = answer
    for _ in range(max(1, params.pricing_rounds)):
        problem = gain_problem(market, relays, ways, direct)
        gains = solve_gains(problem)
        found = _left_out(market, params, gains)
        if not len(found[0]) or not params.price_all_pairs:
            break
        direct = _with_pairs(market, params, direct, *found[:2])
    bound = gains.bound if not params.price_all_pairs else _bound_everywhere(market, gains, found)
    if answer.problem.whole:
        direct = answer
        left = _left_by(market, answer)
        problem = gain_problem(left, relays, ways, None)
        gains = solve_gains(problem)
    verify_gains(problem, gains)
    return _taken_apart(market, relays, ways, direct, problem, gains, max(bound, 0))


def gain_problem(
    market: Market, relays: Relays, ways: Ways, direct: MarketPlan | None
) -> GainProblem:
    """Direct pairs first, then the ways in, between and out, in their order."""
    offers, first_need = len(market.offers), len(market.offers) + len(relays)
    pairs = np.zeros((2, 0), np.int32) if direct is None else np.stack([direct.offer, direct.need])
    values = np.zeros(0, np.int64) if direct is None else direct.problem.value
    inward, between, outward = ways.inward, ways.between, ways.outward
    into = np.concatenate([inward.head, between.head])
    metered, meter = _metered(relays, into)
    return GainProblem(
        supply=market.offers.kg,
        demand=market.needs.kg,
        relays=len(relays),
        tail=np.concatenate(
            [pairs[0], inward.tail, between.tail + offers, outward.tail + offers]
        ).astype(np.int32),
        head=np.concatenate(
            [pairs[1] + first_need, into + offers, outward.head + first_need]
        ).astype(np.int32),
        value=np.concatenate(
            [values, ways.inward_parts.value, ways.between_parts.value, ways.outward_parts.value]
        ),
        gain_permille=np.concatenate(
            [
                np.full(pairs.shape[1], FULL),
                relays.yield_permille[into],
                np.full(len(outward), FULL),
            ]
        ).astype(np.int64),
        metered=(metered + pairs.shape[1]).astype(np.int32),
        meter=meter,
        capacity=relays.capacity,
    )


def _metered(relays: Relays, into: Ends) -> tuple[Ints, Ends]:
    """Pairs of a way into a relay, by position, and the meters that count it."""
    order = np.argsort(relays.metered, kind="stable")
    count = np.bincount(relays.metered, minlength=len(relays))
    start = np.concatenate([[0], np.cumsum(count)])
    times = count[into]
    arc = np.repeat(np.arange(len(into)), times)
    within = np.arange(len(arc)) - np.repeat(np.cumsum(times) - times, times)
    return arc, relays.meter[order][start[into[arc]] + within]


def _cents(price: Ints) -> Ints:
    """Whole cents, never too low."""
    rounded: Ints = -(-price // PRICE_UNIT)
    return rounded


def _left_out(market: Market, params: Params, gains: GainPlan) -> tuple[Ends, Ends, Ints]:
    """Direct pairs worth more than the prices of their ends: offers, needs, what offers gain."""
    found = Index(market, params, from_offers=True).search(
        PER_ROUND,
        floor=_cents(gains.giver_price[: len(market.offers)]),
        price=_cents(gains.need_price),
    )
    return found.row, found.other, found.gain


def _bound_everywhere(market: Market, gains: GainPlan, found: tuple[Ends, Ends, Ints]) -> int:
    """The bound with offer prices raised until no pair of the market, listed or not, beats them."""
    price = gains.giver_price[: len(market.offers)].copy()
    raised = price.copy()
    # Found gains are over need prices in whole cents, which are no lower than the exact ones.
    np.maximum.at(raised, found[0], (found[2] + 1) * PRICE_UNIT)
    return gains.bound + exact_dot(raised - price, market.offers.kg) // PRICE_UNIT + 1


def _with_pairs(
    market: Market, params: Params, direct: MarketPlan, offer: Ends, need: Ends
) -> MarketPlan:
    """The direct plan over more pairs, carrying nothing on the new ones."""
    keys = np.concatenate([direct.offer, offer]).astype(np.int64) << 32 | np.concatenate(
        [direct.need, need]
    )
    _, first = np.unique(keys, return_index=True)
    first.sort()
    offers = np.concatenate([direct.offer, offer])[first].astype(np.int32)
    needs = np.concatenate([direct.need, need])[first].astype(np.int32)
    flow = np.concatenate([direct.plan.flow, np.zeros(len(offer), np.int64)])[first]
    parts = value_parts(market, params, offers, needs)
    problem = Problem(market.offers.kg, market.needs.kg, offers, needs, parts.value)
    plan = replace(direct.plan, flow=flow, problem_digest=problem.digest())
    return replace(direct, offer=offers, need=needs, parts=parts, problem=problem, plan=plan)


def _left_by(market: Market, answer: MarketPlan) -> Market:
    """The market less what a plan allocates."""
    sent = row_totals(answer.offer, answer.plan.flow, len(market.offers))
    taken = row_totals(answer.need, answer.plan.flow, len(market.needs))
    return replace(
        market,
        offers=replace(market.offers, kg=market.offers.kg - sent),
        needs=replace(market.needs, kg=market.needs.kg - taken),
    )


def _taken_apart(
    market: Market,
    relays: Relays,
    ways: Ways,
    direct: MarketPlan,
    problem: GainProblem,
    gains: GainPlan,
    bound: int,
) -> RelayedPlan:
    kept = problem.arcs - len(ways.inward) - len(ways.between) - len(ways.outward)
    flow = direct.plan.flow if not kept and direct.problem.arcs else gains.flow[:kept]
    routes = routes_of(market, relays, ways, gains.flow[kept:])
    objective = exact_dot(direct.problem.value, flow) + exact_dot(
        problem.value[kept:], gains.flow[kept:]
    )
    plan: Plan = replace(
        direct.plan,
        flow=flow,
        offer_price=_cents(gains.giver_price[: len(market.offers)]),
        need_price=_cents(gains.need_price),
        objective=exact_dot(direct.problem.value, flow),
        bound=max(bound, objective),
        solver="relays",
        problem_digest=direct.problem.digest(),
    )
    return RelayedPlan(
        direct=replace(direct, plan=plan),
        routes=routes,
        problem=problem,
        gains=certified(problem, gains),
        objective=objective,
        bound=max(bound, objective),
    )
