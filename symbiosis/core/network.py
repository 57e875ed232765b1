"""The exchange network between firms, seen with NetworkX: loops, keystones, risks, gaps.

Nodes are firms; an edge carries `kg` and `value` (in the unit of the objective) of all exchanges
from one firm to another, agreed or planned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import networkx as nx

from symbiosis.core.errors import UnknownListingError
from symbiosis.core.market import Market
from symbiosis.core.match import match
from symbiosis.core.national import MarketPlan
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints, Problem

LOOP_LIMIT = 5
LOOPS_SHOWN = 1_000


@dataclass(frozen=True)
class SupplierRisk:
    """A firm that takes most of what it takes from one other; share from 0 to 1."""

    firm: int
    supplier: int
    share: float
    kg: int


@dataclass(frozen=True)
class Closure:
    """What is lost, after everybody has re-arranged, if a firm closes."""

    firm: int
    objective_before: int
    objective_after: int
    kg_before: int
    kg_after: int

    @property
    def lost(self) -> int:
        """Value lost for good, its own included."""
        return self.objective_before - self.objective_after


def exchange_network(from_firm: Ints, to_firm: Ints, kg: Ints, value_per_tonne: Ints) -> nx.DiGraph:
    """The network of exchanges; parallel ones between two firms are added up."""
    graph = nx.DiGraph()
    for source, target, carried, value in zip(
        from_firm.tolist(), to_firm.tolist(), kg.tolist(), value_per_tonne.tolist(), strict=True
    ):
        if carried <= 0:
            continue
        if graph.has_edge(source, target):
            graph[source][target]["kg"] += carried
            graph[source][target]["value"] += carried * value
        else:
            graph.add_edge(source, target, kg=carried, value=carried * value)
    return graph


def planned_network(market: Market, answer: MarketPlan) -> nx.DiGraph:
    """The network of a plan."""
    return exchange_network(
        market.offers.firm[answer.offer],
        market.needs.firm[answer.need],
        answer.plan.flow,
        answer.problem.value,
    )


def closed_loops(graph: nx.DiGraph, *, longest: int = LOOP_LIMIT) -> list[list[int]]:
    """Closed loops of up to `longest` firms, those through which most passes first.

    At most LOOPS_SHOWN are collected. What passes through a loop is its thinnest exchange.
    """
    loops = list(islice(nx.simple_cycles(graph, length_bound=longest), LOOPS_SHOWN))

    def passes(loop: list[int]) -> int:
        ends = zip(loop, [*loop[1:], loop[0]], strict=True)
        return min(int(graph[a][b]["kg"]) for a, b in ends)

    return sorted(loops, key=lambda loop: (-passes(loop), len(loop), sorted(loop)))


def keystone_firms(graph: nx.DiGraph, *, count: int = 20) -> list[tuple[int, int]]:
    """Firms whose absence would cut the network apart: (firm, firms cut off from the rest)."""
    undirected = graph.to_undirected()
    keystones = []
    for firm in nx.articulation_points(undirected):
        own = nx.node_connected_component(undirected, firm)
        rest = undirected.subgraph(own - {firm})
        largest = max(len(part) for part in nx.connected_components(rest))
        keystones.append((firm, len(own) - 1 - largest))
    return sorted(keystones, key=lambda entry: (-entry[1], entry[0]))[:count]


def single_supplier_risks(graph: nx.DiGraph, *, share: float = 0.8) -> list[SupplierRisk]:
    """Firms that get at least `share` of their kilograms from one supplier, largest first."""
    risks = []
    for firm in graph:
        suppliers = {source: data["kg"] for source, _, data in graph.in_edges(firm, data=True)}
        total = sum(suppliers.values())
        if not total:
            continue
        supplier = max(suppliers, key=lambda source: (suppliers[source], -source))
        if suppliers[supplier] >= share * total:
            risks.append(SupplierRisk(firm, supplier, suppliers[supplier] / total, total))
    return sorted(risks, key=lambda risk: (-risk.kg, risk.firm))


def communities(graph: nx.DiGraph, *, seed: int) -> list[set[int]]:
    """Groups of firms that mostly deal among themselves, by Louvain on kilograms."""
    found = nx.community.louvain_communities(graph.to_undirected(), weight="kg", seed=seed)
    return sorted((set(group) for group in found), key=lambda group: (-len(group), min(group)))


def closure(market: Market, params: Params, answer: MarketPlan, firm: int) -> Closure:
    """What the whole market loses if a firm closes and all others re-arrange over listed pairs."""
    supply, demand = market.offers.kg.copy(), market.needs.kg.copy()
    gone = (market.offers.firm == firm, market.needs.firm == firm)
    if not gone[0].any() and not gone[1].any():
        raise UnknownListingError(f"firm {firm} lists nothing")
    supply[gone[0]], demand[gone[1]] = 0, 0
    before = answer.problem
    plan = match(
        Problem(
            supply=supply,
            demand=demand,
            offer=before.offer,
            need=before.need,
            value=before.value,
            min_lot=before.min_lot,
            min_intake=before.min_intake,
        ),
        params,
    )
    return Closure(
        firm=firm,
        objective_before=answer.plan.objective,
        objective_after=plan.objective,
        kg_before=int(answer.plan.flow.sum()),
        kg_after=int(plan.flow.sum()),
    )
