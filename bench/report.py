"""The page docs/benchmarks.md and its plot, from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Kept = dict[str, Any]

PEERS = ("ortools", "pot", "networkx")


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def report(kept: Kept) -> str:
    """The page, a part for each section that was measured."""
    lines = [
        "# Measured",
        "",
        "Written by `python -m bench.run`, section by section, on a machine that others use too:",
        "read the ratios, which are of one run. Seconds are process CPU unless said otherwise.",
        "A `c` marks families chained into one another: the market is then one connected whole.",
        "",
    ]
    for section, part in PARTS.items():
        if section in kept:
            lines += [*part(kept[section]["rows"]), _load(kept[section])]
    return "\n".join(lines).rstrip() + "\n"


def _load(section: Kept) -> str:
    before, after = section["load"]
    rounds = f"{section['rounds']} round" + ("s" if section["rounds"] > 1 else "")
    load = f"load average {before:.1f} before, {after:.1f} after, {section['cores']} cores"
    return f"{rounds}; {load}.\n"


def _allocation(rows: list[Kept]) -> list[str]:
    def ratio(row: Kept, peer: str) -> str:
        return f"{row[peer] / row['engine']:.1f}x" if peer in row else "-"

    def held(row: Kept, peer: str) -> str:
        return f"{row['megabytes'][peer]:.0f}" if peer in row["megabytes"] else "-"

    everyone = ("engine", *PEERS)
    return [
        "## Allocation",
        "",
        "CPU seconds of build and solve, each solver in its own process on the same instance,",
        "median of the rounds; every objective was the same integer.",
        "",
        *table(
            ["instance", "arcs", *(f"{peer} s" for peer in everyone),
             *(f"vs {peer}" for peer in PEERS)],
            [
                [row["size"], f"{row['arcs']:,}",
                 *(f"{row[peer]:.4f}" if peer in row else "-" for peer in everyone),
                 *(ratio(row, peer) for peer in PEERS)]
                for row in rows
            ],
        ),
        "![Solve time by number of arcs](benchmarks.svg)",
        "",
        "Peak memory above the instance in the same runs, MB:",
        "",
        *table(
            ["instance", *everyone],
            [[row["size"], *(held(row, peer) for peer in everyone)] for row in rows],
        ),
    ]  # fmt: skip


def _changes(rows: list[Kept]) -> list[str]:
    return [
        "## One change repaired (ms)",
        "",
        "`python -m symbiosis.core arrive`: random offers removed and returned one by one, the",
        "objective that of a cold solve after every return.",
        "",
        *table(
            ["instance", "arcs", "change", "p50", "p90", "p99"],
            [
                [row["size"], f"{row['arcs']:,}", row["change"],
                 *(f"{row[name]:.4f}" for name in ("p50", "p90", "p99"))]
                for row in rows
            ],
        ),
    ]  # fmt: skip


def _pairs(rows: list[Kept]) -> list[str]:
    return [
        "## The optimum over all pairs",
        "",
        "Against the optimum over a list of the best pairs of every listing, list included.",
        "",
        *table(
            ["offers = needs", "best-k list, s", "of the all-pairs bound", "all pairs, s",
             "of the all-pairs bound", "ratio"],
            [
                [f"{row['listings']:,}", f"{row['listed']:.2f}", f"{row['share']:.2%}",
                 f"{row['complete']:.2f}", f"{row['reached']:.4%}",
                 f"{row['complete'] / row['listed']:.1f}x"]
                for row in rows
            ],
        ),
    ]  # fmt: skip


def _candidates(rows: list[Kept]) -> list[str]:
    return [
        "## National list, 20 best per offer (wall seconds)",
        "",
        *table(
            ["offers = needs", "pairs", "engine", "k-d trees, 2 threads", "share"],
            [
                [f"{row['listings']:,}", f"{row['pairs']:,}", f"{row['engine']:.3f}",
                 f"{row['kd']:.3f}", f"{row['engine'] / row['kd']:.2f}"]
                for row in rows
            ],
        ),
    ]  # fmt: skip


def _lots(rows: list[Kept]) -> list[str]:
    return [
        "## Lots and fixed costs",
        "",
        "The search ends after the wall seconds given; the gap is to the proven bound.",
        "",
        *table(
            ["instance", "arcs", "kind", "limit s", "wall s", "CPU s", "gap"],
            [
                [row["size"], f"{row['arcs']:,}", row["kind"], f"{row['limit']:.0f}",
                 f"{row['wall']:.1f}", f"{row['cpu']:.1f}", f"{row['gap']:.3%}"]
                for row in rows
            ],
        ),
    ]  # fmt: skip


PARTS = {
    "allocation": _allocation,
    "changes": _changes,
    "pairs": _pairs,
    "candidates": _candidates,
    "lots": _lots,
}


def plot(kept: Kept, path: Path) -> None:
    """Solve time by number of arcs, all solvers, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    if "allocation" not in kept:
        return
    rows = kept["allocation"]["rows"]
    figure, axes = plt.subplots(figsize=(6, 4))
    for peer in ("engine", *PEERS):
        held = sorted((row["arcs"], row[peer]) for row in rows if peer in row)
        if held:
            axes.loglog(*zip(*held, strict=True), marker="o", label=peer)
    axes.set_xlabel("arcs")
    axes.set_ylabel("CPU seconds, build and solve")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
