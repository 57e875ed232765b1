"""What of one layer the database holds, so that only differences are written."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.params import Params
from symbiosis.core.prices import exchange_limits
from symbiosis.core.problem import Ints
from symbiosis.core.scoring import value_parts
from symbiosis.models import MatchRun, Proposal
from symbiosis.problems import LoadedMarket
from symbiosis.resident.layer import LayerPlan
from symbiosis.resident.reserved import Reserved
from symbiosis.saving import Exchanges, save_exchanges

BANDS_UP_TO_ARCS = 50_000
"""Price bands are reckoned over the whole plan, about 2 us an arc; beyond, the national run writes
them and a pair the resident matcher brings in has none until then."""


class SavedLayer:
    """The run under which a layer's proposals stand, and what each pair carried when written.

    Pairs are numbered as the layer holds them; new ones come after the known.
    """

    def __init__(self, run: MatchRun, params: Params) -> None:
        self.run, self._params = run, params
        self._flow: Ints = np.zeros(0, np.int64)
        self._limits: tuple[Ints, Ints] = (np.zeros(0, np.int64), np.zeros(0, np.int64))

    def left(self, loaded: LoadedMarket, plan: LayerPlan) -> set[tuple[int, int]]:
        """Pairs (offer id, need id) that were written and carry nothing now."""
        before = self._before(plan)
        return pairs_of(loaded, plan, (before > 0) & (plan.plan.flow == 0))

    def write(
        self,
        loaded: LoadedMarket,
        plan: LayerPlan,
        touched_offers: NDArray[np.bool_],
        touched_needs: NDArray[np.bool_],
    ) -> int:
        """Write pairs that carry another amount or have another price band than before, or whose
        listing changed."""
        flow = plan.plan.flow
        touched = touched_offers[plan.offer] | touched_needs[plan.need]
        limits = self._price_limits(loaded, plan)
        touched |= self._limits_moved(limits)
        rows = np.flatnonzero((flow > 0) & ((flow != self._before(plan)) | touched))
        self._flow, self._limits = flow, limits
        offer, need = plan.offer[rows], plan.need[rows]
        parts = value_parts(loaded.market, self._params, offer, need)
        found = Exchanges(
            offer=offer,
            need=need,
            kg=flow[rows],
            parts=parts,
            gain_cents_per_t=parts.value,
            stage=Proposal.Stage.PLANNED,
            price_limits=(limits[0][rows], limits[1][rows]) if len(limits[0]) else None,
        )
        return save_exchanges(loaded, found, params=self._params, run=self.run)

    def note(
        self,
        loaded: LoadedMarket,
        plan: LayerPlan,
        now: datetime,
        seconds: dict[str, float],
        led: Reserved | None = None,
    ) -> None:
        """Bring the run's record up to the plan it stands for now, with what is led through
        services on top: the bound is that of the direct market, those exchanges given."""
        used = np.flatnonzero(plan.plan.flow)
        here = loaded.offers.region_ids[plan.offer[used]]
        there = loaded.needs.region_ids[plan.need[used]]
        run = self.run
        run.status, run.finished_at = MatchRun.Status.SAVED, now
        run.problem_digest = plan.plan.problem_digest
        run.offer_count = int((plan.problem.supply > 0).sum())
        run.need_count = int((plan.problem.demand > 0).sum())
        run.arc_count = plan.problem.arcs
        run.proposal_count = len(used) + (led.count if led else 0)
        run.cross_region_count = int(((here != 0) & (there != 0) & (here != there)).sum())
        on_top = led.objective if led else 0
        run.objective = (plan.plan.objective + on_top) // 1_000
        run.bound = (plan.plan.bound + on_top) // 1_000
        run.over_all_pairs = plan.plan.complete_over_all_pairs
        run.solver = plan.plan.solver
        run.seconds = {step: round(value, 4) for step, value in seconds.items()}
        run.save()

    def _price_limits(self, loaded: LoadedMarket, plan: LayerPlan) -> tuple[Ints, Ints]:
        """By arc; none at all in a market too large to reckon them within a change's second."""
        if len(plan.offer) > BANDS_UP_TO_ARCS:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        disposal = loaded.offers.listings.worth_cents[plan.offer]
        return exchange_limits(plan.problem, plan.plan, disposal)

    def _limits_moved(self, limits: tuple[Ints, Ints]) -> NDArray[np.bool_]:
        moved = np.zeros(1, np.bool_)
        for now, before in zip(limits, self._limits, strict=True):
            known = min(len(now), len(before))
            differs = np.ones(len(now), np.bool_)
            differs[:known] = now[:known] != before[:known]
            moved = moved | differs if len(now) else moved
        return moved

    def _before(self, plan: LayerPlan) -> Ints:
        before = np.zeros(len(plan.plan.flow), np.int64)
        before[: len(self._flow)] = self._flow
        return before


def pairs_of(
    loaded: LoadedMarket, plan: LayerPlan, arcs: NDArray[np.bool_]
) -> set[tuple[int, int]]:
    """Listing ids at both ends of some arcs."""
    offers = loaded.offers.ids[plan.offer[arcs]]
    needs = loaded.needs.ids[plan.need[arcs]]
    return set(zip(offers.tolist(), needs.tolist(), strict=True))
