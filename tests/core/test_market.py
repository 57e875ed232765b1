"""A whole market from arrays: candidates against every pair tried, and the proof over all pairs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from geopy.distance import geodesic

from bench.country import country
from symbiosis.core import national
from symbiosis.core.candidates import Index
from symbiosis.core.errors import PlanError, ProblemError
from symbiosis.core.explain import account, counter_reasons, ranked_for_need, ranked_for_offer
from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.core.match import match
from symbiosis.core.national import market_problem, match_market, verify_over_all_pairs
from symbiosis.core.network import (
    closed_loops,
    closure,
    communities,
    exchange_network,
    keystone_firms,
    planned_network,
    single_supplier_risks,
)
from symbiosis.core.params import Params
from symbiosis.core.scoring import rates, value_parts

PARAMS = Params(all_pairs_gap=0.0, pricing_rounds=200)


def varied(rows: int, seed: int) -> Market:
    """A market whose listings differ in windows, months and papers as well."""
    market = country(rows, seed=seed, materials=6, siblings=3)
    rng = np.random.default_rng(seed)

    def side(listings: Listings, papers: np.ndarray) -> Listings:
        first = rng.integers(1, 300, rows).astype(np.int32)
        return replace(
            listings,
            first_day=first,
            last_day=(first + rng.integers(30, 300, rows)).astype(np.int32),
            months=rng.integers(1, 4096, rows).astype(np.int32),
            papers=papers,
        )

    return Market(
        side(market.offers, rng.integers(0, 2, rows)),
        side(market.needs, rng.integers(0, 4, rows)),
        market.pairs,
    )


def all_pairs(market: Market, params: Params) -> tuple[np.ndarray, np.ndarray]:
    """Every pair that may be, found by trying all."""
    o, n = (
        ends.ravel()
        for ends in np.meshgrid(
            np.arange(len(market.offers)), np.arange(len(market.needs)), indexing="ij"
        )
    )
    offers, needs = market.offers, market.needs
    pair = market.pairs.rows_of(offers.material[o], needs.material[n])
    fits = (pair >= 0) & (offers.firm[o] != needs.firm[n])
    fits &= (offers.first_day[o] <= needs.last_day[n]) & (needs.first_day[n] <= offers.last_day[o])
    fits &= (offers.months[o] & needs.months[n]) != 0
    fits &= (offers.papers[o] & ~needs.papers[n]) == 0
    o, n, pair = o[fits].astype(np.int32), n[fits].astype(np.int32), pair[fits]
    parts = value_parts(market, params, o, n)
    keep = (parts.value > 0) & (parts.km <= rates(market, params).reach_km[pair])
    return o[keep], n[keep]


@pytest.mark.parametrize("from_offers", [True, False])
@pytest.mark.parametrize("priced", [True, False])
def test_the_best_pairs_are_the_best_of_all_pairs(from_offers: bool, priced: bool) -> None:
    market, k = varied(150, 3), 7
    params = Params(carbon_cents_per_tonne_co2e=7_000)
    theirs = market.needs if from_offers else market.offers
    price = np.random.default_rng(1).integers(0, 3_000, len(theirs)) * priced
    found = Index(market, params, from_offers=from_offers).search(k, price=price)
    o, n = all_pairs(market, params)
    row, other = (o, n) if from_offers else (n, o)
    gain = value_parts(market, params, o, n).value - price[other]
    for one in range(150):
        expected = np.sort(gain[(row == one) & (gain > 0)])[::-1][:k]
        assert np.sort(found.gain[found.row == one])[::-1].tolist() == expected.tolist()


def test_the_optimum_over_all_pairs_is_reached_from_short_lists() -> None:
    market = varied(250, 5)
    params = PARAMS.but(candidates_per_listing=4)
    answer = match_market(market, params)
    verify_over_all_pairs(market, params, answer)
    whole = match(market_problem(market, params, *all_pairs(market, params)))
    assert answer.plan.objective == whole.objective == answer.plan.bound
    assert answer.plan.complete_over_all_pairs
    unpriced = match_market(market, params.but(price_all_pairs=False))
    assert unpriced.plan.objective < whole.objective
    assert not unpriced.plan.complete_over_all_pairs
    pretended = replace(unpriced, plan=replace(unpriced.plan, complete_over_all_pairs=True))
    with pytest.raises(PlanError):
        verify_over_all_pairs(market, params, pretended)


@pytest.mark.parametrize("seed", [1, 2])
def test_pairs_drawn_in_and_pairs_priced_in_rounds_reach_the_same_optimum(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = country(700, seed=seed, materials=4, siblings=2, reach_km=500.0)
    drawn = match_market(market, PARAMS)
    monkeypatch.setattr(national, "DRAWN_IN_UP_TO", 0)
    priced = match_market(market, PARAMS)
    verify_over_all_pairs(market, PARAMS, drawn)
    assert drawn.rounds == ()
    assert priced.rounds
    assert drawn.plan.objective == drawn.plan.bound == priced.plan.objective == priced.plan.bound


def test_no_pair_is_on_the_wrong_side_of_its_reach() -> None:
    rng = np.random.default_rng(11)
    rows = 120
    north = 42.5 + rng.uniform(-0.0004, 0.0004, rows) + 50.0 / 111.08
    offers = Listings([42.5], [25.0], [0], [1_000], [0], [5_000])
    needs = Listings(
        north, np.full(rows, 25.0), np.zeros(rows, int), np.full(rows, 9), np.arange(1, rows + 1),
        np.full(rows, 5_000),
    )  # fmt: skip
    pairs = MaterialPairs([0], [0], [1_000], reach_km=[50.0])
    found = Index(Market(offers, needs, pairs), Params(), from_offers=True).search(rows)
    within = [j for j in range(rows) if geodesic((42.5, 25.0), (north[j], 25.0)).km <= 50.0]
    assert 0 < len(within) < rows
    assert sorted(found.other.tolist()) == within


def test_every_account_adds_up_and_counter_reasons_say_what_misses() -> None:
    market = varied(120, 7)
    answer = match_market(market, PARAMS)
    arc = int(np.argmax(answer.plan.flow))
    offer, need = int(answer.offer[arc]), int(answer.need[arc])
    for told in (
        *ranked_for_offer(market, PARAMS, answer.plan, offer),
        *ranked_for_need(market, PARAMS, answer.plan, need),
    ):
        parts = told.avoided_disposal + told.avoided_purchase - told.processing
        assert parts - told.haulage + told.carbon == told.value
        assert told.offer_price + told.need_price - told.given_up_cents == told.value
        assert told.given_up_cents >= 0
    assert account(market, PARAMS, answer.plan, offer, need).given_up_cents == 0
    assert counter_reasons(market, PARAMS, answer.plan, offer, need) == []
    allowed = set(zip(*(ends.tolist() for ends in all_pairs(market, PARAMS)), strict=True))
    for i, j in itertools.product(range(40), range(40)):
        reasons = {told.reason for told in counter_reasons(market, PARAMS, answer.plan, i, j)}
        assert ((i, j) in allowed) == (not reasons - {"better_elsewhere"})


def test_the_network_of_a_plan_and_the_closure_of_a_firm() -> None:
    market = country(200, seed=2, materials=5, siblings=2)
    answer = match_market(market, PARAMS)
    graph = planned_network(market, answer)
    assert sum(kg for *_, kg in graph.edges(data="kg")) == answer.plan.flow.sum()
    assert sum(v for *_, v in graph.edges(data="value")) == answer.plan.objective
    assert set().union(*communities(graph, seed=1)) == set(graph)
    busiest = max(graph, key=lambda firm: graph.out_degree(firm, weight="kg"))
    lost = closure(market, PARAMS, answer, busiest)
    assert lost.lost > 0
    assert lost.kg_after <= lost.kg_before


def test_loops_keystones_and_single_suppliers_of_a_park() -> None:
    ends = np.array([[1, 2, 40], [2, 3, 30], [3, 1, 20], [3, 4, 50], [4, 5, 10], [5, 6, 5]])
    graph = exchange_network(ends[:, 0], ends[:, 1], ends[:, 2], np.ones(len(ends), int))
    assert [set(loop) for loop in closed_loops(graph)] == [{1, 2, 3}]
    assert keystone_firms(graph) == [(3, 2), (4, 2), (5, 1)]
    risks = {risk.firm: risk.supplier for risk in single_supplier_risks(graph)}
    assert risks == {1: 3, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5}
    assert isinstance(graph, nx.DiGraph)


def test_a_market_that_does_not_fit_together_names_the_array() -> None:
    with pytest.raises(ProblemError, match="latitude"):
        Listings([95.0], [0.0], [0], [1], [1], [1])
    with pytest.raises(ProblemError, match="kg"):
        Listings([5.0], [0.0], [0], [1, 2], [1], [1])
    with pytest.raises(ProblemError, match="twice"):
        MaterialPairs([0, 0], [1, 1], [900, 800])
