"""The whole market at once: candidates, allocation, and the proof over all compatible pairs.

The first list holds the best pairs of every listing. Its optimum has dual prices; a pair left out
could improve the plan only if it were worth more than the prices of its two ends. Those pairs are
looked for in the same trees, added, and the plan repaired, until none is left: the plan is then
optimal over every compatible pair of the market although only a small share was ever listed.

Reference: sifting, Bixby et al., Operations Research 40 (1992) 885-897.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from symbiosis.core.candidates import Index
from symbiosis.core.errors import PlanError
from symbiosis.core.market import Market
from symbiosis.core.match import match
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Plan, Problem, exact_dot
from symbiosis.core.scoring import Parts, value_parts
from symbiosis.core.verify import verify

PER_ROUND = 10
ANYTHING = -(2**60)
KEPT_SHARE = 0.8


@dataclass(frozen=True)
class MarketPlan:
    """The answer for a market: arcs listed, what each is worth and why, and the plan over them.

    `offer` and `need` are rows of the market's listings, arc by arc, in the order of
    `problem.offer`. `rounds` holds, per pricing round, how many left-out pairs were added.
    """

    offer: Ends
    need: Ends
    parts: Parts
    problem: Problem
    plan: Plan
    rounds: tuple[int, ...]


def listed_pairs(market: Market, params: Params) -> tuple[Ends, Ends]:
    """A first list: of every offer and every need its best pairs and its best-placed pairs.

    Best by value alone, all lists name the same few best payers. Taking the other side's worth for
    its price leaves haulage, processing and substitution to rank by: what a listing can do nobody
    else can do more cheaply. Half of the list each; a pair is listed once.
    """
    half = max(1, params.candidates_per_listing // 2)
    rows, others = [], []
    for from_offers in (True, False):
        index = Index(market, params, from_offers=from_offers)
        mine, theirs = market.offers, market.needs
        if not from_offers:
            mine, theirs = theirs, mine
        anything = np.full(len(mine), ANYTHING, np.int64)
        for found in (
            index.search(half),
            index.search(half, floor=anything, price=theirs.worth_cents),
        ):
            rows.append(found.row if from_offers else found.other)
            others.append(found.other if from_offers else found.row)
    return _once(np.concatenate(rows), np.concatenate(others), len(market.needs))


def market_problem(market: Market, params: Params, offer: Ends, need: Ends) -> Problem:
    """The allocation problem over the given pairs, valued by `scoring`."""
    offers, needs = market.offers, market.needs
    lots = np.maximum(offers.min_lot_kg[offer], needs.min_lot_kg[need])
    return Problem(
        supply=offers.kg,
        demand=needs.kg,
        offer=offer,
        need=need,
        value=value_parts(market, params, offer, need).value,
        min_lot=lots if lots.any() else None,
        min_intake=needs.min_intake_kg if needs.min_intake_kg.any() else None,
    )


def match_market(market: Market, params: Params | None = None) -> MarketPlan:
    """Allocate the whole market.

    Guarantee: with `price_all_pairs` the plan's bound holds over every compatible pair of the
    market (`complete_over_all_pairs`), and a divisible plan is within `all_pairs_gap` of it.
    Complexity: O(n log n) for the lists, then the repair of what each round adds.
    """
    params = params or Params()
    began = time.process_time()
    offer, need = listed_pairs(market, params)
    rounds: tuple[int, ...] = ()
    bound = None
    if params.price_all_pairs:
        sifted = _sift(market, params, offer, need)
        offer, need, plan, bound = sifted.offer, sifted.need, sifted.plan, sifted.bound
        rounds = sifted.rounds
    problem = market_problem(market, params, offer, need)
    if problem.whole or bound is None:
        plan = match(problem, params)
    plan = replace(
        plan,
        bound=plan.bound if bound is None else bound,
        seconds=time.process_time() - began,
        problem_digest=problem.digest(),
        complete_over_all_pairs=bound is not None,
    )
    verify(problem, plan)
    return MarketPlan(
        offer=problem.offer,
        need=problem.need,
        parts=value_parts(market, params, problem.offer, problem.need),
        problem=problem,
        plan=plan,
        rounds=rounds,
    )


def bound_over_all_pairs(market: Market, params: Params, plan: Plan) -> int:
    """What the plan's prices prove for every compatible pair of the market, listed or not."""
    found = Index(market, params, from_offers=True).search(
        1, floor=plan.offer_price, price=plan.need_price
    )
    everywhere = plan.offer_price.copy()
    np.maximum.at(everywhere, found.row, found.gain)
    return exact_dot(everywhere, market.offers.kg) + exact_dot(plan.need_price, market.needs.kg)


def verify_over_all_pairs(market: Market, params: Params, answer: MarketPlan) -> None:
    """Raise PlanError unless the plan's prices prove its bound over the whole market."""
    verify(answer.problem, answer.plan)
    proven = bound_over_all_pairs(market, params, answer.plan)
    if answer.plan.complete_over_all_pairs and proven > answer.plan.bound:
        raise PlanError(f"the prices prove {proven} over all pairs, not {answer.plan.bound}")


def _divisible(problem: Problem) -> Problem:
    return replace(problem, min_lot=None, fixed_cost=None, min_intake=None)


def _once(offer: Ends, need: Ends, needs: int) -> tuple[Ends, Ends]:
    keys = np.unique(offer.astype(np.int64) * max(1, needs) + need)
    return (keys // max(1, needs)).astype(np.int32), (keys % max(1, needs)).astype(np.int32)


@dataclass(frozen=True)
class _Sifted:
    offer: Ends
    need: Ends
    plan: Plan
    bound: int
    rounds: tuple[int, ...]


def _sift(market: Market, params: Params, offer: Ends, need: Ends) -> _Sifted:
    """Add left-out pairs worth more than their prices until none could add what is asked for.

    Raising each offer's price to the best pair it has anywhere makes the prices valid for every
    pair of the market: what they prove then bounds the whole, listed or not. Pairs that carry
    nothing and are far from their prices leave the list; pricing brings back whichever is missed.
    """
    index = Index(market, params, from_offers=True)
    rounds: list[int] = []
    while True:
        problem = _divisible(market_problem(market, params, offer, need))
        plan = match(problem, params)
        found = index.search(PER_ROUND, floor=plan.offer_price, price=plan.need_price)
        everywhere = plan.offer_price.copy()
        np.maximum.at(everywhere, found.row, found.gain)
        bound = exact_dot(everywhere, problem.supply) + exact_dot(plan.need_price, problem.demand)
        close = bound - plan.objective <= params.all_pairs_gap * bound
        if close or len(rounds) >= params.pricing_rounds:
            return _Sifted(offer, need, plan, bound, tuple(rounds))
        rounds.append(len(found.row))
        slack = plan.offer_price[offer] + plan.need_price[need] - problem.value
        keep = (plan.flow > 0) | (slack <= np.quantile(slack, KEPT_SHARE))
        offer, need = _once(
            np.concatenate([offer[keep], found.row]),
            np.concatenate([need[keep], found.other]),
            len(market.needs),
        )
