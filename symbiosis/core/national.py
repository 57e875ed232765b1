"""The whole market at once: candidates, allocation, and the proof over all compatible pairs.

The first list holds the best pairs of every listing. Its optimum has dual prices; a pair left out
could improve the plan only if it were worth more than the prices of its two ends. Those pairs are
looked for in the same trees, added, and the plan repaired, until none is left: the plan is then
optimal over every compatible pair of the market although only a small share was ever listed.

A market of up to DRAWN_IN_UP_TO listings is solved in one go instead: kernels/lazy.py draws pairs
into the solve as it needs them.

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
from symbiosis.core.problem import Ends, Ints, Plan, Problem, exact_dot
from symbiosis.core.scoring import Parts, value_parts
from symbiosis.core.solvers.everywhere import solve_over_all_pairs
from symbiosis.core.verify import dual_bound, verify

PER_ROUND = 10
ANYTHING = -(2**60)
KEPT_SHARE = 0.8
LONGER, LONGEST_LIST = 5, 5_000
ROOM_WANTED = 2.0
CHEAPER_THAN_ANY = 2**60
DRAWN_IN_UP_TO = 40_000
"""Listings up to which the whole optimum is found in one solve. At 10,000 offers and as many needs,
all within reach of one another, that takes under half the time of pricing in rounds; at 20,000 and
as many two thirds, where the rounds end 0.3 % short of their bound (docs/scale.md)."""


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
    offer, need = _once(np.concatenate(rows), np.concatenate(others), len(market.needs))
    for from_offers in (True, False):
        offer, need = _longer_for_the_large(market, params, offer, need, from_offers=from_offers)
    return offer, need


def _longer_for_the_large(
    market: Market, params: Params, offer: Ends, need: Ends, *, from_offers: bool
) -> tuple[Ends, Ends]:
    """Longer lists for listings whose listed partners together could not take up what they have.

    Quantities differ by five orders of magnitude: twenty partners exhaust a bakery, not a power
    plant. A few hundred listings are concerned, and without theirs the first optimum may be a
    quarter short.
    """
    mine, theirs = market.offers, market.needs
    if not from_offers:
        mine, theirs = theirs, mine
    index = Index(market, params, from_offers=from_offers)
    anything = np.full(len(mine), ANYTHING, np.int64)
    length = params.candidates_per_listing
    while length < LONGEST_LIST:
        row, other = (offer, need) if from_offers else (need, offer)
        partners = np.bincount(row, minlength=len(mine))
        room = np.bincount(row, theirs.kg[other].astype(np.float64), minlength=len(mine))
        short = np.flatnonzero((room < ROOM_WANTED * mine.kg) & (2 * partners >= length))
        if not len(short):
            break
        length *= LONGER
        for found in (
            index.search(length // 2, rows=short),
            index.search(length // 2, rows=short, floor=anything, price=theirs.worth_cents),
        ):
            offers, needs = (found.row, found.other) if from_offers else (found.other, found.row)
            offer, need = np.concatenate([offer, offers]), np.concatenate([need, needs])
        offer, need = _once(offer, need, len(market.needs))
    return offer, need


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


def match_market(
    market: Market, params: Params | None = None, *, listed: tuple[Ends, Ends] | None = None
) -> MarketPlan:
    """Allocate the whole market.

    `listed`, offer and need rows, replaces the first list where better pairs are known already.

    Guarantee: with `price_all_pairs` the plan's bound holds over every compatible pair of the
    market (`complete_over_all_pairs`), and a divisible plan is within `all_pairs_gap` of it.
    Complexity: O(n log n) for the lists, then the repair of what each round adds.
    """
    params = params or Params()
    began = time.process_time()
    rounds: tuple[int, ...] = ()
    bound = None
    if params.price_all_pairs:
        sifted = _over_all_pairs(market, params, listed)
        offer, need, plan, bound = sifted.offer, sifted.need, sifted.plan, sifted.bound
        rounds = sifted.rounds
    else:
        offer, need = listed or listed_pairs(market, params)
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


def _over_all_pairs(market: Market, params: Params, listed: tuple[Ends, Ends] | None) -> _Sifted:
    """The way that is quicker: pairs drawn in one by one, or lists priced round by round."""
    if listed is None and len(market.offers) + len(market.needs) <= DRAWN_IN_UP_TO:
        return _drawn_in(market, params)
    return _sift(market, params, *(listed or listed_pairs(market, params)))


def _drawn_in(market: Market, params: Params) -> _Sifted:
    """The very optimum in one solve; of the pairs looked at, the plan's and the closest are kept.

    The prices are shown to prove the whole market by one look for a pair worth more than its ends.
    """
    flow = solve_over_all_pairs(market, params)
    slack = flow.offer_price[flow.offer] + flow.need_price[flow.need] - flow.value
    wanted = params.candidates_per_listing * max(len(market.offers), len(market.needs), 1)
    wanted = max(wanted, int((flow.flow > 0).sum()))
    if len(slack) > wanted:
        slack[flow.flow > 0] = -1
        kept = np.sort(np.argpartition(slack, wanted)[:wanted])
    else:
        kept = np.arange(len(slack))
    problem = _divisible(market_problem(market, params, flow.offer[kept], flow.need[kept]))
    plan = Plan(
        flow=flow.flow[kept],
        offer_price=flow.offer_price,
        need_price=flow.need_price,
        objective=exact_dot(flow.value, flow.flow),
        bound=dual_bound(problem, flow.offer_price, flow.need_price),
        solver="flow over all pairs",
        seconds=0.0,
        problem_digest=problem.digest(),
    )
    bound = bound_over_all_pairs(market, params, plan)
    return _Sifted(problem.offer, problem.need, plan, bound, ())


class _Pricing:
    """Finds left-out pairs worth more than the prices of their ends, looking only where needed.

    A pair that was no better than its prices can become so only where an end became cheaper. So
    each round asks the listings that did, on both sides, and those whose last answer was cut short.
    """

    def __init__(self, market: Market, params: Params) -> None:
        self._index = [Index(market, params, from_offers=side) for side in (True, False)]
        self._seen = [np.full(len(side), CHEAPER_THAN_ANY, np.int64)
                      for side in (market.offers, market.needs)]  # fmt: skip
        self._cut_short = [np.zeros(0, np.int64), np.zeros(0, np.int64)]

    def look(self, plan: Plan) -> tuple[Ends, Ends, Ints, Ints]:
        """Pairs found (offers, needs), and prices of both sides raised until no pair beats them."""
        price = (plan.offer_price, plan.need_price)
        raised = (price[0].copy(), price[1].copy())
        ends: tuple[list[Ends], list[Ends]] = ([], [])
        for side, other in ((0, 1), (1, 0)):
            cheaper = np.flatnonzero(price[side] < self._seen[side])
            asking = np.union1d(cheaper, self._cut_short[side])
            self._seen[side] = price[side]
            found = self._index[side].search(
                PER_ROUND, rows=asking, floor=price[side], price=price[other]
            )
            np.maximum.at(raised[side], found.row, found.gain)
            counts = np.bincount(found.row, minlength=1)
            self._cut_short[side] = np.flatnonzero(counts >= PER_ROUND)
            ends[side].append(found.row)
            ends[other].append(found.other)
        return np.concatenate(ends[0]), np.concatenate(ends[1]), *raised


def _sift(market: Market, params: Params, offer: Ends, need: Ends) -> _Sifted:
    """Add left-out pairs worth more than their prices until none could add what is asked for.

    Raising the prices until no pair of the market is worth more than its ends makes them prove a
    bound for the whole, listed or not. Pairs that carry nothing and are far from their prices
    leave the list; pricing brings back whichever is missed.
    """
    pricing = _Pricing(market, params)
    rounds: list[int] = []
    while True:
        problem = _divisible(market_problem(market, params, offer, need))
        plan = match(problem, params)
        offers, needs, offer_raised, need_raised = pricing.look(plan)
        bound = exact_dot(offer_raised, problem.supply) + exact_dot(need_raised, problem.demand)
        close = bound - plan.objective <= params.all_pairs_gap * bound
        if close or len(rounds) >= params.pricing_rounds:
            return _Sifted(offer, need, plan, bound, tuple(rounds))
        rounds.append(len(offers))
        slack = plan.offer_price[offer] + plan.need_price[need] - problem.value
        keep = (plan.flow > 0) | (slack <= np.quantile(slack, KEPT_SHARE))
        offer, need = _once(
            np.concatenate([offer[keep], offers]),
            np.concatenate([need[keep], needs]),
            len(market.needs),
        )
