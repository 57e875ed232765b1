"""Hexagonal bins of the Web-Mercator plane, as SQL: a fixed grid for each size, whoever asks.

Pointy-top hexagons in axial coordinates (q, r); a point's cell is found by rounding in cube
coordinates, so binning is arithmetic and needs neither a stored grid nor a spatial join. Source:
A. Patel, Hexagonal Grids (Red Blob Games), "Pixel to hex" and "Rounding to nearest hex".
"""

from __future__ import annotations

import math

_CORNERS = [
    (math.cos(math.radians(30 + 60 * k)), math.sin(math.radians(30 + 60 * k))) for k in range(7)
]


def cell_columns(x: str, y: str, radius: str) -> str:
    """A lateral sub-query with the columns ``q`` and ``r`` of a point.

    ``x`` and ``y`` are SQL for metres of EPSG:3857, ``radius`` for the metres from a cell's centre
    to its corners. ``OFFSET 0`` keeps the planner from writing each step into the next, which
    would reckon the first ones many times over.
    """
    return f"""
    LATERAL (SELECT ({x} * {math.sqrt(3) / 3!r} - {y} / 3.0) / {radius} AS fq,
                    {y} * 2.0 / 3.0 / {radius} AS fr OFFSET 0) AS axial,
    LATERAL (SELECT round(fq) AS rq, round(fr) AS rr, round(-fq - fr) AS rs OFFSET 0) AS rounded,
    LATERAL (SELECT abs(rq - fq) AS dq, abs(rr - fr) AS dr, abs(rs + fq + fr) AS ds
             OFFSET 0) AS off,
    LATERAL (SELECT (CASE WHEN dq > dr AND dq > ds THEN -rr - rs ELSE rq END)::int AS q,
                    (CASE WHEN dr >= dq AND dr > ds THEN -rq - rs ELSE rr END)::int AS r) AS cell
    """


def cell_polygon(q: str, r: str, radius: str) -> str:
    """The hexagon of a cell as SQL for a polygon of EPSG:3857."""
    corners = ", ".join(
        f"ST_MakePoint({radius} * ({math.sqrt(3)!r} * ({q} + {r} / 2.0) + {dx!r}),"
        f" {radius} * (1.5 * {r} + {dy!r}))"
        for dx, dy in [*_CORNERS[:6], _CORNERS[0]]
    )
    return f"ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[{corners}])), 3857)"
