"""What exchanges led through services hold of each listing in the resident plan.

They are planned when the market is built, jointly with the direct exchanges, and kept as they are
while their listings stand. The resident plan then holds the optimum of what they leave. A listing
that changes gives up its routes, and what they held at their other ends is free again; the next
build plans them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from symbiosis.core.national import match_market
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints
from symbiosis.core.solvers.resident import SideName
from symbiosis.led import Led, lead_through_services, save_led
from symbiosis.models import MatchRun, Proposal
from symbiosis.problems import LoadedMarket
from symbiosis.relaying import relay_market

Row = tuple[SideName, int]


class Reserved:
    """Routes by their rows of the market as it was built."""

    def __init__(self, own_word: LoadedMarket, params: Params, *, day: date) -> None:
        self._params, self._day = params, day
        self._led: Led | None = None
        self._market = own_word
        self._standing = np.zeros(0, np.bool_)
        if relay_market(own_word, as_of=day) is not None:
            direct = match_market(own_word.market, params)
            self._led = lead_through_services(own_word, direct, params, as_of=day)
        if self._led is not None:
            self._standing = np.ones(len(self._led.routes), np.bool_)

    @property
    def objective(self) -> int:
        """What the standing routes are worth, in the unit of the plan."""
        return 0 if self._led is None else int(self._led.parts.value[self._standing].sum())

    @property
    def count(self) -> int:
        """How many routes stand."""
        return int(self._standing.sum())

    def held(self, side: SideName, rows: int) -> Ints:
        """Kilograms by row; rows that came later hold none."""
        found = np.zeros(rows, np.int64)
        if self._led is not None and self.count:
            built = len(getattr(self._market, f"{side}s").ids)
            found[:built] = self._led.only(self._standing).kg_by(side, built)
        return found

    def release(self, side: SideName, row: int) -> Iterator[Row]:
        """Give up the routes of a listing; answers the rows at their other ends."""
        if self._led is None or not self.count:
            return
        routes = self._led.routes
        mine, theirs = (
            (routes.offer, routes.need) if side == "offer" else (routes.need, routes.offer)
        )
        given_up = np.flatnonzero(self._standing & (mine == row))
        if not len(given_up):
            return
        self._standing[given_up] = False
        pk = int(getattr(self._market, f"{side}s").ids[row])
        Proposal.objects.exclude(route="").filter(**{f"{side}_id": pk}).delete()
        other: SideName = "need" if side == "offer" else "offer"
        for end in np.unique(theirs[given_up]).tolist():
            yield other, end

    def save(self, run: MatchRun) -> None:
        """Write the proposals of the routes."""
        if self._led is not None:
            save_led(self._market, self._led, params=self._params, run=run)
