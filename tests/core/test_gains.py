"""Processors and stores: against a programme over whole routes, by hand, and corrupted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from symbiosis.core.errors import PlanError, ProblemError
from symbiosis.core.gains import FULL, GainProblem, verify_gains
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.core.national import match_market
from symbiosis.core.params import Params
from symbiosis.core.relayed import match_with_relays
from symbiosis.core.relays import Legs, Relays, ways_through
from symbiosis.core.routes import route_parts, verify_routes
from symbiosis.core.solvers.gains import solve_gains


def random_gains(rng: np.random.Generator) -> GainProblem:
    """Offers, first relays, second relays and needs; every way in two steps at most."""
    offers, firsts, seconds, needs = (int(n) for n in rng.integers(1, 5, 4))
    relays = firsts + seconds
    after = offers + relays
    arcs: list[tuple[int, int, int, int]] = []
    for i in range(offers):
        arcs += [(i, after + j, int(rng.integers(-500, 4_000)), FULL) for j in range(needs)]
        arcs += [
            (i, offers + r, int(rng.integers(-2_000, 500)), int(rng.integers(300, 1_300)))
            for r in range(firsts)
        ]
    for r in range(relays):
        arcs += [
            (offers + r, after + j, int(rng.integers(-100, 9_000)), FULL) for j in range(needs)
        ]
        if r < firsts:
            arcs += [
                (offers + r, offers + q, int(rng.integers(-900, 10)), int(rng.integers(300, 1_000)))
                for q in range(firsts, relays)
            ]
    tail, head, value, gain = np.array(arcs).T
    into = np.flatnonzero(head < after)
    return GainProblem(
        supply=rng.integers(0, 90_000, offers), demand=rng.integers(0, 90_000, needs),
        relays=relays, tail=tail, head=head, value=value, gain_permille=gain,
        metered=into, meter=head[into] - offers, capacity=rng.integers(0, 90_000, relays),
    )  # fmt: skip


def over_whole_routes(problem: GainProblem) -> float:
    """The linear optimum by another model: one column a route from an offer to a need."""
    offers, givers = len(problem.supply), problem.givers
    out: dict[int, list[int]] = {}
    for arc, tail in enumerate(problem.tail.tolist()):
        out.setdefault(tail, []).append(arc)
    rows = offers + len(problem.demand) + len(problem.capacity)
    columns, worth = [], []

    def follow(node: int, share: float, value: float, column: np.ndarray) -> None:
        for arc in out.get(node, []):
            here, head = column.copy(), int(problem.head[arc])
            here[offers + len(problem.demand) + problem.meter[problem.metered == arc]] += share
            gained = value + share * float(problem.value[arc])
            carried = share * float(problem.gain_permille[arc]) / FULL
            if head >= givers:
                here[offers + head - givers] += carried
                columns.append(here)
                worth.append(gained)
            else:
                follow(head, carried, gained, here)

    for i in range(offers):
        start = np.zeros(rows)
        start[i] = 1.0
        follow(i, 1.0, 0.0, start)
    limit = np.concatenate([problem.supply, problem.demand, problem.capacity])
    told = linprog(-np.array(worth), A_ub=np.array(columns).T, b_ub=limit, method="highs")
    assert told.status == 0
    return -float(told.fun)


def test_a_hundred_markets_agree_with_a_programme_over_whole_routes() -> None:
    rng = np.random.default_rng(12)
    for _ in range(100):
        problem = random_gains(rng)
        plan = solve_gains(problem)
        verify_gains(problem, plan)
        best = over_whole_routes(problem)
        a_few_kilograms = 20_000.0 * problem.arcs
        assert plan.objective <= best + 1 <= plan.bound + 1 + a_few_kilograms
        assert plan.bound == pytest.approx(best, rel=1e-6, abs=a_few_kilograms)
        assert plan.objective == pytest.approx(best, abs=a_few_kilograms)


def test_a_corrupted_plan_through_relays_is_refused() -> None:
    problem = random_gains(np.random.default_rng(5))
    plan = solve_gains(problem)
    verify_gains(problem, plan)
    used = np.flatnonzero(plan.flow)
    into_relay = int(used[problem.head[used] < problem.givers][0])
    into_need = int(used[problem.head[used] >= problem.givers][0])
    seller = int(problem.tail[into_need])
    for corrupted in (
        replace(plan, flow=_changed(plan.flow, into_relay, -5)),
        replace(plan, flow=_changed(plan.flow, into_need, 10**8)),
        replace(plan, flow=-plan.flow),
        replace(plan, flow=plan.flow[1:]),
        replace(plan, objective=plan.objective + 1, bound=plan.bound + 1),
        replace(plan, bound=plan.objective - 1),
        replace(plan, need_price=plan.need_price - 10**6 * 10**4),
        replace(plan, giver_price=_changed(plan.giver_price, seller, -(10**10))),
    ):
        with pytest.raises(PlanError):
            verify_gains(problem, corrupted)


def _changed(array: np.ndarray, at: int, by: int) -> np.ndarray:
    changed = array.copy()
    changed[at] += by
    return changed


def test_a_relay_that_keeps_what_it_takes_is_refused() -> None:
    problem = GainProblem([10], [10], 1, [0, 1], [1, 2], [50, -20], [800, 1000], [0], [0], [10])
    plan = solve_gains(problem)
    assert plan.flow.tolist() == [10, 8]
    with pytest.raises(PlanError, match="keeps"):
        verify_gains(problem, replace(plan, flow=np.array([10, 0]), objective=500, bound=500))


def test_a_yield_on_the_way_into_a_need_is_refused() -> None:
    with pytest.raises(ProblemError) as raised:
        GainProblem([1], [1], 0, [0], [1], [5], [900], [], [], [])
    assert raised.value.field == "gain_permille"


def legs(*rows: tuple[int, int, int]) -> Legs:
    """Legs of (tail, head, worth in cents per tonne) at the standard rate."""
    table = np.array(rows, np.int64).reshape(-1, 3)
    none = np.zeros(len(table), np.int64)
    return Legs(
        table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2], none,
        np.full(len(table), 1_000), np.full(len(table), np.inf), none,
    )  # fmt: skip


def places(count: int, **more: object) -> Listings:
    given = {
        "latitude": np.full(count, 42.0), "longitude": np.full(count, 24.0),
        "material": np.zeros(count, np.int32), "firm": np.arange(count),
        "worth_cents": np.zeros(count, np.int64),
    } | more  # fmt: skip
    return Listings(**given)  # type: ignore[arg-type]


def relays(count: int, **more: object) -> Relays:
    """Relays at one place, each with a meter of its own."""
    every = np.arange(count)
    given = {
        "latitude": np.full(count, 42.0), "longitude": np.full(count, 24.0), "firm": 900 + every,
        "yield_permille": np.full(count, 1_000), "cost_cents": np.zeros(count, np.int64),
        "takes_months": np.full(count, 0xFFF), "gives_months": np.full(count, 0xFFF),
        "metered": every, "meter": every, "capacity": np.full(count, 10**9),
    } | more  # fmt: skip
    return Relays(**given)  # type: ignore[arg-type]


def test_a_dryer_and_a_mill_worked_by_hand() -> None:
    """9 t at 30 EUR/t disposal; a dryer gives 600 kg a tonne at 10 EUR/t, a mill after it 900 kg at
    20 EUR/t. One need takes the dried for 80 EUR/t (2 t), another the milled for 200 EUR/t."""
    market = Market(
        places(1, kg=[9_000], worth_cents=[3_000]),
        places(2, kg=[2_000, 3_000], firm=[50, 51], worth_cents=[8_000, 20_000]),
        MaterialPairs([], [], []),
    )
    between = relays(
        3, yield_permille=np.array([600, 900, 900]), cost_cents=np.array([1_000, 2_000, 2_000]),
        capacity=np.array([8_000, 10**9]), metered=np.arange(3), meter=np.array([0, 1, 1]),
    )  # fmt: skip
    ways = ways_through(
        market, Params(), between,
        legs((0, 0, 3_000)), legs((0, 2, 0)), legs((0, 0, 8_000), (2, 1, 20_000)),
    )  # fmt: skip
    found = match_with_relays(market, Params(), between, ways, match_market(market, Params()))
    # 8 t through the dryer are 4 800 kg: 3 333 kg of them milled fill the second need, the rest
    # goes to the first.
    routes, parts = found.routes, route_parts(ways, found.routes)
    verify_routes(market, ways, found.gains.flow, routes, parts)
    taken = int(routes.kg_in.sum())
    by_need = [int(routes.kg_out[routes.need == need].sum()) for need in (0, 1)]
    assert taken == pytest.approx(8_000, abs=2)
    assert by_need == pytest.approx([4_800 - 3_333, 3_000], abs=3)
    assert set(routes.second[routes.need == 1].tolist()) == {2}
    milled = int(routes.kg_between.sum())
    assert (
        found.objective
        == parts.value.sum()
        == (taken * (3_000 - 1_000) + by_need[0] * 8_000 + by_need[1] * 20_000 - milled * 2_000)
    )
    assert found.bound - found.objective < 100_000


def test_a_store_bridges_two_seasons() -> None:
    """Offered in October only, asked in March only: nothing direct, all through the store that is
    long enough and large enough."""
    october, march = 1 << 9, 1 << 2
    market = Market(
        places(1, kg=[5_000], months=[october]),
        places(1, kg=[9_000], firm=[50], months=[march], worth_cents=[6_000]),
        MaterialPairs([0], [0], [1_000]),
    )
    alone = match_market(market, Params())
    assert alone.plan.objective == 0
    store = relays(
        1, takes_months=np.array([october]), gives_months=np.array([march]),
        cost_cents=np.array([5 * 200]), metered=np.zeros(5, np.int32), meter=np.arange(5),
        capacity=np.array([9_000, 9_000, 3_000, 9_000, 9_000]),
    )  # fmt: skip
    ways = ways_through(market, Params(), store, legs((0, 0, 0)), legs(), legs((0, 0, 6_000)))
    found = match_with_relays(market, Params(), store, ways, alone)
    assert found.routes.kg_out.tolist() == [3_000]
    assert found.objective == 3_000 * 5_000
    closed = replace(store, gives_months=np.array([1 << 5]))
    none = ways_through(market, Params(), closed, legs((0, 0, 0)), legs(), legs((0, 0, 6_000)))
    assert len(none.outward) == 0


def test_direct_pairs_give_way_where_a_relay_earns_more() -> None:
    """The joint optimum takes from a direct exchange what is worth more after processing, and a
    pair that no list held is priced in."""
    rng = np.random.default_rng(3)
    market = Market(
        places(6, kg=rng.integers(1_000, 9_000, 6), worth_cents=np.full(6, 500)),
        places(6, kg=rng.integers(1_000, 9_000, 6), firm=np.arange(50, 56),
               worth_cents=rng.integers(1_000, 9_000, 6)),
        MaterialPairs([0], [0], [400]),
    )  # fmt: skip
    recycler = relays(1, yield_permille=np.array([850]), cost_cents=np.array([300]))
    into = legs(*((i, 0, 500) for i in range(6)))
    out = legs(*((0, j, int(market.needs.worth_cents[j])) for j in range(6)))
    ways = ways_through(market, Params(), recycler, into, legs(), out)
    thin = Params(candidates_per_listing=1)
    alone = match_market(market, thin)
    found = match_with_relays(market, thin, recycler, ways, alone)
    verify_gains(found.problem, found.gains)
    assert found.objective > alone.plan.objective
    assert found.bound - found.objective < found.objective * 1e-4
    sent = np.bincount(found.direct.offer, found.direct.plan.flow, 6)
    led = np.bincount(found.routes.offer, found.routes.kg_in, 6)
    assert (sent + led <= market.offers.kg).all()
