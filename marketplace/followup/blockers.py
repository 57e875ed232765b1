"""What clears the reason for which an exchange fell through, as a table.

>>> cleared("price", {"price": "40"}, {"price": "25"})
'price'
>>> cleared("price", {"price": "40", "place": "a"}, {"price": "40", "place": "b"}) is None
True
>>> cleared("quantity", {"room": "no"}, {"room": "yes"})
'room'
"""

from __future__ import annotations

from collections.abc import Mapping

from marketplace.exchanges.words import LossReason

PRICE = "price"
QUANTITY = "quantity"
ROOM = "room"
QUALITY = "quality"
LAW = "law"
TIME = "time"
PLACE = "place"
MATERIAL = "material"
SEEN_BY = "seen_by"
HEARD = "heard"

WATCHED: Mapping[str, tuple[str, ...]] = {
    LossReason.PRICE: (PRICE,),
    LossReason.QUANTITY: (QUANTITY, ROOM),
    LossReason.QUALITY: (QUALITY, MATERIAL),
    LossReason.LEGAL: (LAW,),
    LossReason.HAULAGE: (PLACE, PRICE),
    LossReason.TIMING: (TIME,),
    LossReason.STORAGE: (TIME, QUANTITY),
    LossReason.OTHER_DEAL: (ROOM,),
    LossReason.PROCESS_CHANGED: (MATERIAL, QUANTITY),
    LossReason.CONFIDENTIALITY: (SEEN_BY,),
    LossReason.NO_ANSWER: (HEARD,),
    LossReason.OTHER: (),
}
"""Facets whose change clears a reason; every reason may have a day on which to ask again."""

_ONLY_WHEN_YES = frozenset({ROOM})
"""Facets that clear by turning to yes; any other clears by reading otherwise."""


def cleared(reason: str, then: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """The facet that cleared the reason, None while it stands."""
    for facet in WATCHED[reason]:
        if then.get(facet) == now.get(facet):
            continue
        if facet not in _ONLY_WHEN_YES or now.get(facet) == "yes":
            return facet
    return None
