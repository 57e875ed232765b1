"""Missing links by hand, and against the value that the engine finds when the link is added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symbiosis.core.market import Listings, Market, MaterialPairs
from symbiosis.core.missing import Left, Processes, missing_links
from symbiosis.core.national import match_market
from symbiosis.core.params import Params
from symbiosis.core.relayed import match_with_relays
from symbiosis.core.relays import Legs, Relays, ways_through

NO_PROCESS = Processes(*(np.zeros(0, np.int64) for _ in range(4)))
PLACES = (np.array([42.7, 43.2, 41.6]), np.array([23.3, 27.9, 25.4]))


def scattered(rng: np.random.Generator, count: int, **more: object) -> Listings:
    given = {
        "latitude": rng.uniform(41.5, 43.5, count), "longitude": rng.uniform(23, 28, count),
        "material": np.zeros(count, np.int32), "kg": rng.integers(1_000, 90_000, count),
        "firm": np.arange(count), "worth_cents": rng.integers(0, 5_000, count),
    } | more  # fmt: skip
    return Listings(**given)  # type: ignore[arg-type]


def nobody() -> Listings:
    none = np.zeros(0, np.int64)
    return Listings(none, none, none, none, none, none)  # type: ignore[arg-type]


def test_a_missing_need_is_worth_what_the_engine_would_place_there() -> None:
    rng = np.random.default_rng(2)
    offers = scattered(rng, 40)
    pairs = MaterialPairs([0], [1], [800], [300], np.array([200.0]))
    worth = np.array([0, 4_000])
    left = Left(offers, nobody(), rng.random(40) < 0.5)
    (link,) = missing_links(left, pairs, NO_PROCESS, worth, PLACES, Params())
    by_place = []
    for latitude, longitude in zip(*PLACES, strict=True):
        added = Listings([latitude], [longitude], [1], [10**9], [999], [4_000])
        answer = match_market(Market(offers, added, pairs), Params(all_pairs_gap=0.0))
        by_place.append((answer.plan.objective / 1_000, int(answer.plan.flow.sum())))
    best = max(by_place)
    assert link.place == by_place.index(best)
    assert link.value_cents == pytest.approx(best[0], rel=1e-3)
    assert link.kg == best[1]
    assert 0 < link.own_kg < link.kg
    assert (link.kind, link.takes, link.gives) == ("need", 0, 1)


def test_a_missing_processor_is_worth_what_the_joint_plan_gains_by_it() -> None:
    rng = np.random.default_rng(6)
    offers, needs = scattered(rng, 25), scattered(
        rng, 15, material=np.full(15, 2), firm=np.arange(100, 115),
        worth_cents=rng.integers(2_000, 12_000, 15),
    )  # fmt: skip
    # 0 is offered, 1 is what the plant makes of it, 2 is what the need asks for.
    pairs = MaterialPairs([0, 1, 1], [0, 1, 2], [1_000, 1_000, 900])
    process = Processes(np.array([0]), np.array([1]), np.array([700]), np.array([1_500]))
    left = Left(offers, needs, np.zeros(25, np.bool_))
    found = missing_links(left, pairs, process, np.zeros(3, np.int64), PLACES, Params())
    (link,) = [link for link in found if link.kind == "processor"]
    market = Market(offers, needs, pairs)
    alone = match_market(market, Params())
    assert alone.plan.objective == 0
    gained = []
    for latitude, longitude in zip(*PLACES, strict=True):
        plant = Relays(
            np.array([latitude]), np.array([longitude]), np.array([900]), np.array([700]),
            np.array([1_500]), np.array([0xFFF]), np.array([0xFFF]), np.array([0]), np.array([0]),
            np.array([10**9]),
        )  # fmt: skip
        into, out = np.arange(25), np.arange(15)
        ways = ways_through(
            market, Params(), plant, way(into, into * 0, offers.worth_cents), way(out[:0], out[:0]),
            way(out * 0, out, needs.worth_cents * 900 // 1_000),
        )  # fmt: skip
        joint = match_with_relays(market, Params(), plant, ways, alone)
        gained.append(joint.objective / 1_000)
    assert link.place == int(np.argmax(gained))
    assert link.value_cents == pytest.approx(max(gained), rel=1e-3)
    assert (link.takes, link.gives, link.process) == (0, 1, 0)


def way(tail: np.ndarray, head: np.ndarray, worth: np.ndarray | None = None) -> Legs:
    none = np.zeros(len(tail), np.int64)
    return Legs(
        tail.astype(np.int32), head.astype(np.int32), none if worth is None else worth, none,
        np.full(len(tail), 1_000), np.full(len(tail), np.inf), none,
    )  # fmt: skip


def test_a_process_that_a_known_way_replaces_is_not_missing() -> None:
    rng = np.random.default_rng(6)
    offers = scattered(rng, 5)
    needs = scattered(rng, 5, material=np.full(5, 2), firm=np.arange(100, 105))
    pairs = MaterialPairs([0, 1, 0], [0, 2, 2], [1_000, 900, 500])
    process = Processes(np.array([0]), np.array([1]), np.array([700]), np.array([100]))
    left = Left(offers, replace(needs, worth_cents=np.full(5, 9_000)), np.zeros(5, np.bool_))
    found = missing_links(left, pairs, process, np.zeros(3, np.int64), PLACES, Params())
    assert not [link for link in found if link.kind == "processor"]
