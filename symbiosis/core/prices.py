"""What a fair price would be: the band in which neither side can do better elsewhere.

A divisible market with one price per listing is an assignment game of kilograms. Its dual optima
are exactly the stable splits of the gain: an offer that keeps p and a need that keeps w with
p + w >= value on every arc leave no pair outside the plan that could make both better off. The
set is a lattice: there is one split best for all offers at once and one best for all needs. What
holds: every split inside one dual optimum is stable, also the midpoint of the two extremes. What
does not: mixing one listing's best with another's best need not be; and with lots, fixed costs or
intakes a stable split may not exist, the band then belongs to the divisible market.

References: Shapley and Shubik, The assignment game I, Int. J. Game Theory 1 (1971) 111-130;
Thompson, Auctions and market games (1981).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from symbiosis.core.errors import PlanError
from symbiosis.core.problem import Ints, Plan, Problem
from symbiosis.core.scoring import Parts
from symbiosis.core.verify import row_totals


@dataclass(frozen=True)
class Bands:
    """Least and greatest stable gain of every listing, cents per tonne, and a suggestion.

    The suggestion is itself one stable split: the weighted mean of the two extremes.
    """

    offer_least: Ints
    offer_most: Ints
    need_least: Ints
    need_most: Ints
    offer_share_permille: int = 500

    def offer_gain(self) -> NDArray[np.float64]:
        """What each offer gains per tonne by the suggestion."""
        share = self.offer_share_permille / 1_000
        return self.offer_least + share * (self.offer_most - self.offer_least)

    def need_gain(self) -> NDArray[np.float64]:
        """What each need gains per tonne by the suggestion."""
        share = self.offer_share_permille / 1_000
        return self.need_most - share * (self.need_most - self.need_least)


@dataclass(frozen=True)
class Settlement:
    """The price of one exchange, cents per tonne paid by the taker to the holder (below zero: the
    holder pays), and the band outside which one side would rather deal elsewhere."""

    least_cents: int
    suggested_cents: int
    most_cents: int
    offer_gain_cents: int
    need_gain_cents: int
    asking_within_band: bool | None


def price_bands(problem: Problem, plan: Plan, *, offer_share_permille: int = 500) -> Bands:
    """The extremes of the stable splits, by shortest ways over the tight graph of the plan.

    An offer's price may fall by as much as it takes until an arc becomes worth more than its ends
    (it then drags the need's price up, and so on along arcs that carry) or a limit at zero is hit.
    Both extremes are one Dijkstra each from a common root: O(arcs log listings).
    Raises PlanError where the plan is not a divisible optimum.
    """
    if problem.whole:
        raise PlanError("a plan with lots, fixed costs or intakes has no price band of its own")
    low_offer, high_need = _extreme(problem, plan, offers_fall=True)
    high_offer, low_need = _extreme(problem, plan, offers_fall=False)
    return Bands(low_offer, high_offer, low_need, high_need, offer_share_permille)


def exchange_limits(problem: Problem, plan: Plan, disposal_cents: Ints) -> tuple[Ints, Ints]:
    """By arc, the least and the greatest price the taker could pay the holder, cents per tonne.

    disposal_cents   by arc, what the holder saves by not disposing of a tonne

    In a divisible plan outside these limits one side would do better with another of the listed
    pairs. With lots, fixed costs or intakes a stable price may not exist: the limits are then those
    at which both still gain, whatever others would pay.
    """
    if problem.whole:
        return -disposal_cents, problem.value - disposal_cents
    bands = price_bands(problem, plan)
    return (
        bands.offer_least[problem.offer] - disposal_cents,
        bands.offer_most[problem.offer] - disposal_cents,
    )


def _extreme(problem: Problem, plan: Plan, *, offers_fall: bool) -> tuple[Ints, Ints]:
    """The stable split worst (offers_fall) or best for all offers at once.

    Let every offer price fall by x and every need price rise by y. Stability asks, with
    slack = p + w - value >= 0: x_i - y_j <= slack on every arc, y_j <= x_i where the arc carries,
    x_i <= p_i, and zero for a listing with something free. The largest such x and y are shortest
    distances in the graph of these constraints. The other extreme exchanges the sides.
    """
    offers, needs = len(problem.supply), len(problem.demand)
    price = (plan.offer_price, plan.need_price)
    sent = row_totals(problem.offer, plan.flow, offers)
    taken = row_totals(problem.need, plan.flow, needs)
    free = (sent < problem.supply, taken < problem.demand)
    slack = plan.offer_price[problem.offer] + plan.need_price[problem.need] - problem.value
    carrying = np.flatnonzero(plan.flow > 0)
    falling, rising = (0, 1) if offers_fall else (1, 0)
    ends = (problem.offer.astype(np.int64), problem.need.astype(np.int64))
    size = (offers, needs)
    fall_base, rise_base, root = 0, size[falling], offers + needs
    ceiling = [
        np.where(free[falling], 0, price[falling]),
        np.where(free[rising], 0, _FAR),
    ]
    usable = problem.value > 0
    tails = [
        np.full(size[falling], root), np.full(size[rising], root),
        rise_base + ends[rising][usable], fall_base + ends[falling][carrying],
    ]  # fmt: skip
    heads = [
        fall_base + np.arange(size[falling]), rise_base + np.arange(size[rising]),
        fall_base + ends[falling][usable], rise_base + ends[rising][carrying],
    ]  # fmt: skip
    weights = [*ceiling, slack[usable], np.zeros(len(carrying), np.int64)]
    distance = _distances(
        np.concatenate(tails), np.concatenate(heads), np.concatenate(weights), root
    )
    change = [distance[: size[falling]], distance[rise_base:root]]
    # A listing of no quantity is held back by nothing; it moves as far as its arcs ask, no farther.
    asked = np.zeros(size[rising], np.int64)
    fall = change[0][ends[falling][usable]]
    np.maximum.at(asked, ends[rising][usable], fall - slack[usable])
    change[1] = np.where(change[1] >= _FAR, asked, change[1])
    moved = [price[falling] - change[0], price[rising] + change[1]]
    return (moved[0], moved[1]) if offers_fall else (moved[1], moved[0])


_FAR = 2**52


def _distances(tails: Ints, heads: Ints, weights: Ints, root: int) -> Ints:
    """Shortest distances from the root; parallel ways by their shortest, zeros kept apart.

    Distances are sums of whole cents below 2^53 and therefore exact in floating point; each weight
    is raised by one so that a way of length zero is not read as no way, on a doubled scale that
    counts the steps out again.
    """
    steps = root + 2
    order = np.lexsort((weights, heads, tails))
    tails, heads, weights = tails[order], heads[order], weights[order]
    first = np.ones(len(tails), bool)
    first[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
    lengths = weights[first].astype(float) + 1.0 / (2 * steps)
    graph = csr_array((lengths, (tails[first], heads[first])), shape=(root + 1, root + 1))
    found = dijkstra(graph, indices=root)
    return np.where(np.isfinite(found), np.floor(np.minimum(found, _FAR)), _FAR).astype(np.int64)


def settlement(
    bands: Bands,
    parts: Parts,
    *,
    arc: int,
    offer: int,
    need: int,
    asking_cents: int | None = None,
) -> Settlement:
    """The price of the exchange on `arc` of a market's plan, between these two rows.

    The holder saves the avoided disposal and receives the price; his gain is their sum. The taker
    saves the bought material and pays price, processing and haulage. The gains add up to the value.
    """
    disposal = int(parts.avoided_disposal[arc])
    gain = round(float(bands.offer_gain()[offer]))
    least = int(bands.offer_least[offer]) - disposal
    most = int(bands.offer_most[offer]) - disposal
    return Settlement(
        least_cents=least,
        suggested_cents=gain - disposal,
        most_cents=most,
        offer_gain_cents=gain,
        need_gain_cents=int(parts.value[arc]) - gain,
        asking_within_band=None if asking_cents is None else least <= asking_cents <= most,
    )
