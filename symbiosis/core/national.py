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

from symbiosis.core.candidates import Found, Index
from symbiosis.core.errors import PlanError
from symbiosis.core.market import Market
from symbiosis.core.match import match
from symbiosis.core.params import Params
from symbiosis.core.problem import Ends, Ints, Plan, Problem
from symbiosis.core.scoring import Parts, value_parts
from symbiosis.core.solvers.resident import Resident
from symbiosis.core.verify import verify

WARM_SHARE = 0.05


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
    """The best pairs of every offer and of every need, each pair once."""
    k = params.candidates_per_listing
    by_offer = Index(market, params, from_offers=True).search(k)
    by_need = Index(market, params, from_offers=False).search(k)
    return _once(
        np.concatenate([by_offer.row, by_need.other]),
        np.concatenate([by_offer.other, by_need.row]),
        len(market.needs),
    )


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
    market (`complete_over_all_pairs`), and without lots and intakes the plan reaches it: gap 0.0.
    Complexity: O(n log n) for the lists, then the repair of what each round adds.
    """
    params = params or Params()
    began = time.process_time()
    offer, need = listed_pairs(market, params)
    rounds: list[int] = []
    divisible = _divisible(market_problem(market, params, offer, need))
    if params.price_all_pairs:
        plan, divisible = _sift(market, params, divisible, rounds)
        offer, need = divisible.offer, divisible.need
    else:
        plan = match(divisible, params)
    problem = market_problem(market, params, offer, need)
    if problem.whole:
        plan = match(problem, params)
    plan = replace(
        plan,
        seconds=time.process_time() - began,
        problem_digest=problem.digest(),
        complete_over_all_pairs=params.price_all_pairs,
    )
    verify(problem, plan)
    return MarketPlan(
        offer=problem.offer,
        need=problem.need,
        parts=value_parts(market, params, problem.offer, problem.need),
        problem=problem,
        plan=plan,
        rounds=tuple(rounds),
    )


def improving_pairs(market: Market, params: Params, plan: Plan) -> Found:
    """The pairs of the whole market, if any, that are worth more than the prices of their ends."""
    return Index(market, params, from_offers=True).search(
        params.candidates_per_listing, floor=plan.offer_price, price=plan.need_price
    )


def verify_over_all_pairs(market: Market, params: Params, answer: MarketPlan) -> None:
    """Raise PlanError unless no compatible pair of the whole market could improve the plan."""
    found = improving_pairs(market, params, answer.plan)
    if len(found.row):
        raise PlanError(
            f"offer {found.row[0]} and need {found.other[0]} are worth "
            f"{found.gain[0] - answer.plan.offer_price[found.row[0]]} more than their prices"
        )


def _divisible(problem: Problem) -> Problem:
    return replace(problem, min_lot=None, fixed_cost=None, min_intake=None)


def _once(offer: Ends, need: Ends, needs: int) -> tuple[Ends, Ends]:
    keys = np.unique(offer.astype(np.int64) * max(1, needs) + need)
    return (keys // max(1, needs)).astype(np.int32), (keys % max(1, needs)).astype(np.int32)


def _sift(
    market: Market, params: Params, problem: Problem, rounds: list[int]
) -> tuple[Plan, Problem]:
    """Add left-out pairs worth more than their prices until there are none.

    Only listings whose price has fallen since they were last priced can have found such a pair:
    after the first round, just those are searched, from their own side.
    """
    index = {side: Index(market, params, from_offers=side == "offer") for side in ("offer", "need")}
    resident = Resident(problem)
    every: Ints = np.arange(len(market.offers))
    fallen = {"offer": every, "need": every[:0]}
    while True:
        price = {"offer": resident.prices("offer"), "need": resident.prices("need")}
        found_offer, found_need = [], []
        for side, other in (("offer", "need"), ("need", "offer")):
            if not len(fallen[side]):
                continue
            found = index[side].search(
                params.candidates_per_listing,
                rows=fallen[side],
                floor=price[side],
                price=price[other],
            )
            mine, theirs = (
                (found_offer, found_need) if side == "offer" else (found_need, found_offer)
            )
            mine.append(found.row)
            theirs.append(found.other)
        offer, need = (
            np.concatenate([np.empty(0, np.int32), *ends]) for ends in (found_offer, found_need)
        )
        if not len(offer):
            break
        offer, need = _once(offer, need, len(market.needs))
        rounds.append(len(offer))
        resident = _with_arcs(market, params, resident, offer, need)
        for side in ("offer", "need"):
            fallen[side] = np.flatnonzero(resident.prices(side) < price[side])
    return resident.plan(), resident.problem()


def _with_arcs(
    market: Market, params: Params, resident: Resident, offer: Ends, need: Ends
) -> Resident:
    """The market with more pairs: repaired when they are few, solved afresh when they are many."""
    value = value_parts(market, params, offer, need).value
    before = resident.problem()
    if len(np.unique(offer)) < WARM_SHARE * len(before.supply):
        resident.add_arcs(offer, need, value)
        return resident
    return Resident(
        replace(
            before,
            offer=np.concatenate([before.offer, offer]),
            need=np.concatenate([before.need, need]),
            value=np.concatenate([before.value, value]),
        )
    )
