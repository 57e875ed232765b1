"""Why this partner and not that one: every pair accounted for in numbers that add up.

value of a pair = what its offer keeps + what its need keeps - what the pair gives up
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from symbiosis.core.candidates import Index
from symbiosis.core.market import Market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints, Plan
from symbiosis.core.scoring import rates, value_parts

Reason: TypeAlias = Literal[
    "same_firm",
    "no_known_use",
    "too_far",
    "windows_apart",
    "no_common_month",
    "papers_missing",
    "worth_nothing",
    "better_elsewhere",
]


@dataclass(frozen=True)
class Account:
    """One pair: its parts in cents per tonne, and what choosing it would give up.

    given_up_cents = offer price + need price - value: how much more the two listings are worth in
    the plan than together; zero for a partner of the plan.
    """

    offer: int
    need: int
    km: float
    avoided_disposal: int
    avoided_purchase: int
    processing: int
    haulage: int
    carbon: int
    value: int
    offer_price: int
    need_price: int
    given_up_cents: int


@dataclass(frozen=True)
class CounterReason:
    """Why a pair is not proposed; `amount` in `unit` says by how much it misses."""

    reason: Reason
    amount: int
    unit: Literal["km", "days", "permits", "cents_per_tonne", ""]


def account(market: Market, params: Params, plan: Plan, offer: int, need: int) -> Account:
    """The account of a pair of materials that may meet, whatever its distance."""
    parts = value_parts(market, params, np.array([offer], np.int32), np.array([need], np.int32))
    value = int(parts.value[0])
    offer_price, need_price = int(plan.offer_price[offer]), int(plan.need_price[need])
    return Account(
        offer=offer,
        need=need,
        km=float(parts.km[0]),
        avoided_disposal=int(parts.avoided_disposal[0]),
        avoided_purchase=int(parts.avoided_purchase[0]),
        processing=int(parts.processing[0]),
        haulage=int(parts.haulage[0]),
        carbon=int(parts.carbon[0]),
        value=value,
        offer_price=offer_price,
        need_price=need_price,
        given_up_cents=offer_price + need_price - value,
    )


def ranked_for_offer(
    market: Market, params: Params, plan: Plan, offer: int, *, count: int = 20
) -> list[Account]:
    """The needs an offer would do best with at the plan's prices, best first.

    Ordered by what the offer would keep after paying each need its price, so that the plan's own
    partners lead and every alternative says what it gives up.
    """
    found = Index(market, params, from_offers=True).search(
        count, rows=np.array([offer]), floor=_any_gain(len(market.offers)), price=plan.need_price
    )
    return [account(market, params, plan, offer, need) for need in found.other.tolist()]


def ranked_for_need(
    market: Market, params: Params, plan: Plan, need: int, *, count: int = 20
) -> list[Account]:
    """The offers a need would do best with at the plan's prices, best first."""
    found = Index(market, params, from_offers=False).search(
        count, rows=np.array([need]), floor=_any_gain(len(market.needs)), price=plan.offer_price
    )
    return [account(market, params, plan, offer, need) for offer in found.other.tolist()]


def _any_gain(rows: int) -> Ints:
    return np.full(rows, -(2**60), np.int64)


def counter_reasons(
    market: Market, params: Params, plan: Plan, offer: int, need: int
) -> list[CounterReason]:
    """Everything that speaks against a pair; empty for one that is as good as the plan's own."""
    offers, needs = market.offers, market.needs
    reasons: list[CounterReason] = []
    if offers.firm[offer] == needs.firm[need]:
        reasons.append(CounterReason("same_firm", 0, ""))
    apart = max(
        int(offers.first_day[offer]) - int(needs.last_day[need]),
        int(needs.first_day[need]) - int(offers.last_day[offer]),
    )
    if apart > 0:
        reasons.append(CounterReason("windows_apart", apart, "days"))
    if not int(offers.months[offer]) & int(needs.months[need]):
        reasons.append(CounterReason("no_common_month", 0, ""))
    missing = int(offers.papers[offer]) & ~int(needs.papers[need])
    if missing:
        reasons.append(CounterReason("papers_missing", missing.bit_count(), "permits"))
    pair = int(market.pairs.rows_of(offers.material[[offer]], needs.material[[need]])[0])
    if pair < 0:
        return [*reasons, CounterReason("no_known_use", 0, "")]
    told = account(market, params, plan, offer, need)
    beyond = told.km - float(rates(market, params).reach_km[pair])
    if beyond > 0:
        reasons.append(CounterReason("too_far", int(np.ceil(beyond)), "km"))
    if told.value <= 0:
        reasons.append(CounterReason("worth_nothing", -told.value, "cents_per_tonne"))
    elif told.given_up_cents > 0:
        reasons.append(CounterReason("better_elsewhere", told.given_up_cents, "cents_per_tonne"))
    return reasons
