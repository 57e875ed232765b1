"""Whatever adds up rows of several firms goes through the rules of statistical secrecy, or adds up
only what its reader may see one by one."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("geo", "marketplace", "symbiosis", "council", "api", "web")
SUMMING = {"Sum", "Avg", "StdDev", "Variance"}

_SEEN = "adds up rows that the viewer may see one by one, through their selector"
ALLOWED = {
    "marketplace/listings/aggregates.py": "every figure passes geo.disclosure.disclose_nested",
    "marketplace/impact/statements.py": "one's own; a region's passes geo.disclosure",
    "marketplace/deliveries/services.py": "deliveries of one exchange, for its parties",
    "marketplace/deliveries/selectors.py": "deliveries of one exchange, for its parties",
    "symbiosis/figures.py": _SEEN,
    "symbiosis/market_map.py": _SEEN,
    "symbiosis/corridors.py": _SEEN,
    "symbiosis/workshops.py": _SEEN,
    "symbiosis/missing_links.py": "per listing, what planned proposals take of it, in the form the "
    "engine knows: bands and cells; a link is told where three offers stand behind it",
    "api/ogc/layers.py": _SEEN,
}


def _sums(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("django.db.models")
        and SUMMING & {name.name for name in node.names}
        for node in ast.walk(tree)
    )


def test_every_module_that_adds_up_says_why_it_may() -> None:
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and _sums(path)
    }
    assert sorted(found - set(ALLOWED)) == [], (
        "Totals over firms go through marketplace/listings/aggregates.py or geo/disclosure.py. If"
        " these add up only what their reader may see one by one, say so here."
    )
    assert sorted(set(ALLOWED) - found) == [], "adds nothing up any more: take it off the list"
