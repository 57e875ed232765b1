"""Peers on the same instance, each in a process of its own: `python -m bench.peers NAME FILE`.

Prints CPU seconds of build and solve, the objective, and the most memory it took above what the
process held with the instance read and everything imported and compiled.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def load(path: str) -> Arrays:
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def engine(a: Arrays) -> Callable[[], int]:
    from symbiosis.core.__main__ import warm_up
    from symbiosis.core.match import match
    from symbiosis.core.problem import Problem

    problem = Problem(**a)
    warm_up()
    return lambda: match(problem).objective


def networkx(a: Arrays) -> Callable[[], int]:
    import networkx as nx

    def run() -> int:
        graph = nx.DiGraph()
        offers = len(a["supply"])
        for i, kg in enumerate(a["supply"].tolist()):
            graph.add_node(i, demand=-kg)
            graph.add_edge(i, "rest", weight=0)
        for j, kg in enumerate(a["demand"].tolist()):
            graph.add_node(offers + j, demand=kg)
            graph.add_edge("rest", offers + j, weight=0)
        graph.add_node("rest", demand=int(a["supply"].sum() - a["demand"].sum()))
        ends = (a["offer"].tolist(), (a["need"] + offers).tolist(), (-a["value"]).tolist())
        for i, j, cost in zip(*ends, strict=True):
            graph.add_edge(i, j, weight=cost)
        return -int(nx.network_simplex(graph)[0])

    return run


def ortools(a: Arrays) -> Callable[[], int]:
    from ortools.graph.python import min_cost_flow

    def run() -> int:
        offers, needs = len(a["supply"]), len(a["demand"])
        rest = offers + needs
        flow = min_cost_flow.SimpleMinCostFlow()
        room = np.minimum(a["supply"][a["offer"]], a["demand"][a["need"]])
        add = flow.add_arcs_with_capacity_and_unit_cost
        add(a["offer"], a["need"] + offers, room, -a["value"])
        add(np.arange(offers), np.full(offers, rest), a["supply"], np.zeros(offers, int))
        add(np.full(needs, rest), np.arange(offers, rest), a["demand"], np.zeros(needs, int))
        balance = a["demand"].sum() - a["supply"].sum()
        flow.set_nodes_supplies(
            np.arange(rest + 1), np.concatenate([a["supply"], -a["demand"], [balance]])
        )
        assert flow.solve() == flow.OPTIMAL
        return -int(flow.optimal_cost())

    return run


def pot(a: Arrays) -> Callable[[], int]:
    import ot
    from scipy.sparse import coo_array

    def run() -> int:
        offers, needs = len(a["supply"]), len(a["demand"])
        top = int(a["value"].max()) + 1
        row = np.concatenate([a["offer"], np.arange(offers), np.full(needs + 1, offers)])
        column = np.concatenate([a["need"], np.full(offers, needs), np.arange(needs + 1)])
        cost = np.concatenate([top - a["value"], np.full(offers, top), np.full(needs + 1, top)])
        held = np.concatenate([a["supply"], [a["demand"].sum()]]).astype(float)
        asked = np.concatenate([a["demand"], [a["supply"].sum()]]).astype(float)
        costs = coo_array((cost.astype(float), (row, column)), shape=(offers + 1, needs + 1))
        _, told = ot.lp.emd(held, asked, costs, log=True, numItermax=10**9)
        return round(top * float(held.sum()) - told["cost"])

    return run


PEERS = {"engine": engine, "networkx": networkx, "ortools": ortools, "pot": pot}


def _kilobytes(field: str) -> int:
    """A line of the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise RuntimeError(f"this system does not tell {field}")


def main() -> None:
    name, path = sys.argv[1:3]
    run = PEERS[name](load(path))
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    held = _kilobytes("VmRSS")
    began = time.process_time()
    objective = run()
    seconds = time.process_time() - began
    megabytes = (_kilobytes("VmHWM") - held) / 1_000
    print(json.dumps({"seconds": seconds, "objective": objective, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
