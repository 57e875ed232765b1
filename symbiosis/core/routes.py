"""A flow through relays taken apart into routes, and what each route is worth, to the kilogram.

What a relay takes is laid along a line in kilograms, what it gives along another, and both lines
are brought to one length: where the cuts of one meet those of the other a parcel ends. Cuts are
rounded to whole kilograms once, so that parcels of one offer, of one need and of one relay add up
to exactly what the plan says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symbiosis.core.errors import PlanError
from symbiosis.core.market import Market
from symbiosis.core.problem import Ends, Ints
from symbiosis.core.relays import LegParts, Relays, Ways
from symbiosis.core.verify import row_totals

NO_RELAY = -1


@dataclass(frozen=True)
class Routes:
    """Routes from an offer through one or two relays to a need, one row a route.

    offer, first, second, need   rows; second NO_RELAY for one step
    kg_in, kg_between, kg_out    kg leaving the offer, leaving the first relay for the second (0 for
                                 one step), arriving at the need
    way_in, way_between, way_out rows of the ways gone, -1 for none
    """

    offer: Ends
    first: Ends
    second: Ends
    need: Ends
    kg_in: Ints
    kg_between: Ints
    kg_out: Ints
    way_in: Ends
    way_between: Ends
    way_out: Ends

    def __len__(self) -> int:
        return len(self.offer)


@dataclass(frozen=True)
class RouteParts:
    """What each route is worth, in cents x kg / tonne as the objective, and its grams x kg / tonne.

    value = avoided_disposal + avoided_purchase - processing - haulage + carbon, exactly.
    """

    km: np.ndarray
    avoided_disposal: Ints
    avoided_purchase: Ints
    processing: Ints
    haulage: Ints
    carbon: Ints
    grams_co2e: Ints

    @property
    def value(self) -> Ints:
        """In the unit of the objective."""
        return (
            self.avoided_disposal
            + self.avoided_purchase
            - self.processing
            - self.haulage
            + self.carbon
        )


@dataclass(frozen=True)
class _Parcel:
    """Some kilograms of an offer on their way: how many left it, how many are left here."""

    way_in: int
    kg_in: int
    way_between: int
    kg_between: int
    kg: int


def routes_of(market: Market, relays: Relays, ways: Ways, flow: Ints) -> Routes:
    """Take apart the flow over the ways in, between and out, in this order."""
    cut = np.cumsum([len(ways.inward), len(ways.between)])
    inward, between, outward = np.split(flow, cut)
    arriving: dict[int, list[_Parcel]] = {}
    for way in np.flatnonzero(inward).tolist():
        kg = int(inward[way])
        parcel = _Parcel(way, kg, -1, 0, kg)
        arriving.setdefault(int(ways.inward.head[way]), []).append(parcel)
    leaving: dict[int, list[tuple[int, int]]] = {}
    for side, amounts, legs in ((0, between, ways.between), (1, outward, ways.outward)):
        for way in np.flatnonzero(amounts).tolist():
            leaving.setdefault(int(legs.tail[way]), []).append((2 * way + side, int(amounts[way])))
    rows: list[tuple[int, ...]] = []
    # Relays that only take from offers come before those that others lead to.
    fed = set(ways.between.head[between > 0].tolist())
    for relay in sorted(leaving, key=lambda row: row in fed):
        for way, parcel in _shared_out(arriving.pop(relay, []), leaving[relay]):
            if way % 2:
                rows.append(_row(ways, way // 2, parcel))
            else:
                onward = _Parcel(parcel.way_in, parcel.kg_in, way // 2, parcel.kg, parcel.kg)
                arriving.setdefault(int(ways.between.head[way // 2]), []).append(onward)
    table = np.array(rows, np.int64).reshape(-1, 10)
    ends = table[:, [0, 1, 2, 3, 7, 8, 9]].astype(np.int32)
    return Routes(
        offer=ends[:, 0], first=ends[:, 1], second=ends[:, 2], need=ends[:, 3],
        kg_in=table[:, 4], kg_between=table[:, 5], kg_out=table[:, 6],
        way_in=ends[:, 4], way_between=ends[:, 5], way_out=ends[:, 6],
    )  # fmt: skip


def _row(ways: Ways, way_out: int, parcel: _Parcel) -> tuple[int, ...]:
    offer = int(ways.inward.tail[parcel.way_in])
    last = int(ways.outward.tail[way_out])
    two = parcel.way_between >= 0
    first = int(ways.between.tail[parcel.way_between]) if two else last
    return (
        offer, first, last if two else NO_RELAY, int(ways.outward.head[way_out]),
        parcel.kg_in, parcel.kg_between, parcel.kg, parcel.way_in, parcel.way_between, way_out,
    )  # fmt: skip


def _shared_out(
    arriving: Sequence[_Parcel], leaving: Sequence[tuple[int, int]]
) -> list[tuple[int, _Parcel]]:
    """What arrives at a relay, in order, over what leaves it: (way, parcel with its kg leaving)."""
    taken, given = sum(p.kg for p in arriving), sum(kg for _way, kg in leaving)
    if not taken or not given:
        return []
    found: list[tuple[int, _Parcel]] = []
    cuts_in = _ends([p.kg * given for p in arriving])
    cuts_out = _ends([kg * taken for _way, kg in leaving])
    at = at_in = at_out = 0
    done_in = [0, 0, 0]
    done_out = 0
    while at < taken * given:
        upto = min(cuts_in[at_in], cuts_out[at_out])
        parcel, (way, kg_out) = arriving[at_in], leaving[at_out]
        into = upto - (cuts_in[at_in - 1] if at_in else 0)
        whole_in = parcel.kg * given
        goal = [
            amount * into // whole_in for amount in (parcel.kg_in, parcel.kg_between, parcel.kg)
        ]
        out_of = upto - (cuts_out[at_out - 1] if at_out else 0)
        out = kg_out * out_of // (kg_out * taken)
        share = [goal[n] - done_in[n] for n in range(3)]
        found.append(
            (way, _Parcel(parcel.way_in, share[0], parcel.way_between, share[1], out - done_out))
        )
        done_in, done_out, at = goal, out, upto
        if upto == cuts_in[at_in]:
            at_in, done_in = at_in + 1, [0, 0, 0]
        if upto == cuts_out[at_out]:
            at_out, done_out = at_out + 1, 0
    return found


def _ends(lengths: Sequence[int]) -> list[int]:
    ends, total = [], 0
    for length in lengths:
        total += length
        ends.append(total)
    return ends


def route_parts(ways: Ways, routes: Routes) -> RouteParts:
    """The parts of each route's value: the sum over its legs of cents per tonne x kg leaving."""
    legs = (
        (ways.inward_parts, routes.way_in, routes.kg_in),
        (ways.between_parts, routes.way_between, routes.kg_between),
        (ways.outward_parts, routes.way_out, routes.kg_out),
    )

    def over(name: str, which: tuple[int, ...] = (0, 1, 2)) -> Ints:
        total = np.zeros(len(routes), np.int64)
        for at in which:
            parts, way, kg = legs[at]
            gone = np.flatnonzero(way >= 0)
            total[gone] += getattr(parts, name)[way[gone]] * kg[gone]
        return total

    km = np.zeros(len(routes))
    for parts, way, _kg in legs:
        gone = np.flatnonzero(way >= 0)
        km[gone] += parts.km[way[gone]]
    return RouteParts(
        km=km,
        avoided_disposal=over("worth", (0,)),
        avoided_purchase=over("worth", (1, 2)),
        processing=over("processing"),
        haulage=over("haulage"),
        carbon=over("carbon"),
        grams_co2e=over("net_grams_co2e"),
    )


def verify_routes(
    market: Market, ways: Ways, flow: Ints, routes: Routes, parts: RouteParts
) -> None:
    """Raise PlanError unless the routes are the flow over the ways, to the kilogram, and their
    parts add up to its value."""
    cut = np.cumsum([len(ways.inward), len(ways.between)])
    amounts = np.split(flow, cut)
    legs: tuple[tuple[str, LegParts, Ends, Ints, Ints], ...] = (
        ("way in", ways.inward_parts, routes.way_in, routes.kg_in, amounts[0]),
        ("way between", ways.between_parts, routes.way_between, routes.kg_between, amounts[1]),
        ("way out", ways.outward_parts, routes.way_out, routes.kg_out, amounts[2]),
    )
    value = 0
    for name, told, way, kg, expected in legs:
        gone = way >= 0
        differs = row_totals(way[gone], kg[gone], len(expected)) != expected
        if differs.any():
            raise PlanError(f"{name} {int(differs.argmax())} carries another amount than planned")
        value += int((told.value * expected).sum())
    if value != int(parts.value.sum()):
        raise PlanError(f"the routes are worth {int(parts.value.sum())}, the plan says {value}")
