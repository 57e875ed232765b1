"""Ways into and out of a region as a Sankey drawing in plain SVG.

Drawn on the server, because the same drawing stands on the page, in print and in the report's PDF,
where no script runs; the table beside it holds the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from geo.models import Region
from symbiosis.corridors import Corridor
from web import presentation

WIDTH, HEIGHT = 760, 420
BAR = 12
LEFT, MIDDLE, RIGHT = 170, (WIDTH - BAR) // 2, WIDTH - 170 - BAR
GAP = 6
MOST = 12


@dataclass(frozen=True, slots=True)
class Ribbon:
    path: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Node:
    x: int
    y: str
    height: str
    label: str
    label_x: int
    label_y: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Sankey:
    nodes: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]
    width: int = WIDTH
    height: int = HEIGHT
    bar: int = BAR


def sankey(region: Region, found: Sequence[Corridor]) -> Sankey | None:
    """From where things come to the region on the left, to where they go on the right.

    The strongest twelve on each side, the rest together; None where nothing crosses its border.
    """
    coming = _strongest(
        [(c.origin.name, c.value_cents) for c in found if c.goal == region != c.origin]
    )
    going = _strongest(
        [(c.goal.name, c.value_cents) for c in found if c.origin == region != c.goal]
    )
    if not coming and not going:
        return None
    most = max(sum(cents for _name, cents in side) for side in (coming, going))
    room = HEIGHT - GAP * max(len(coming), len(going), 1)
    scale = room / most
    nodes: list[Node] = []
    ribbons: list[Ribbon] = []
    totals = [sum(cents for _name, cents in side) * scale for side in (coming, going)]
    tall = max(totals)
    top = (HEIGHT - tall) / 2
    nodes.append(_node(MIDDLE, top, tall, region.name, MIDDLE + BAR // 2, top - 6, "middle"))
    for side, at, total in ((coming, LEFT, totals[0]), (going, RIGHT, totals[1])):
        y = (HEIGHT - total - GAP * (len(side) - 1)) / 2
        inner = top
        for name, cents in side:
            height = cents * scale
            words = f"{name} {presentation.euros_short(cents)}"
            outside = at - 6 if at == LEFT else at + BAR + 6
            nodes.append(
                _node(
                    at,
                    y,
                    height,
                    words,
                    outside,
                    y + height / 2 + 4,
                    "end" if at == LEFT else "start",
                )
            )
            if at == LEFT:
                path = _ribbon(at + BAR, y, MIDDLE, inner, height)
                title = _("%(origin)s → %(goal)s") % {"origin": name, "goal": region.name}
            else:
                path = _ribbon(MIDDLE + BAR, inner, at, y, height)
                title = _("%(origin)s → %(goal)s") % {"origin": region.name, "goal": name}
            ribbons.append(Ribbon(path, "in" if at == LEFT else "out", title))
            y += height + GAP
            inner += height
    return Sankey(tuple(nodes), tuple(ribbons))


def _strongest(ways: list[tuple[str, int]]) -> list[tuple[str, int]]:
    ways = sorted(((name, cents) for name, cents in ways if cents > 0), key=lambda way: -way[1])
    rest = sum(cents for _name, cents in ways[MOST:])
    return [*ways[:MOST], *([(_("others"), rest)] if rest else [])]


def _node(
    x: int, y: float, height: float, label: str, label_x: int, label_y: float, anchor: str
) -> Node:
    return Node(
        x, f"{y:.1f}", f"{max(height, 1):.1f}", label, label_x, f"{max(label_y, 11):.1f}", anchor
    )


def _ribbon(x1: float, y1: float, x2: float, y2: float, height: float) -> str:
    """A band of equal height between two bars, with level ends."""
    mid = (x1 + x2) / 2
    return (
        f"M{x1:.1f} {y1:.1f}C{mid:.1f} {y1:.1f} {mid:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        f"V{y2 + height:.1f}C{mid:.1f} {y2 + height:.1f} {mid:.1f} {y1 + height:.1f}"
        f" {x1:.1f} {y1 + height:.1f}Z"
    )
