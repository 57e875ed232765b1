"""Matching as the product does it: solve the market in two layers, verify, save."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from time import perf_counter

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from symbiosis.barriers import record_barriers
from symbiosis.catalogue import current_catalogue
from symbiosis.core.market import Listings
from symbiosis.core.national import MarketPlan, match_market
from symbiosis.core.params import Params
from symbiosis.core.prices import exchange_limits
from symbiosis.core.verify import row_totals, verify
from symbiosis.led import Led, lead_through_services, save_led
from symbiosis.map_rows import mend_map
from symbiosis.models import MatchRun, Proposal
from symbiosis.parameters import current_params
from symbiosis.parts import match_in_parts
from symbiosis.problems import LoadedMarket, Side, load_market
from symbiosis.resident import feed
from symbiosis.saving import Exchanges, save_exchanges, save_prices
from symbiosis.writing import only_writer

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """Both layers of a run, for whoever reports it."""

    posted: MatchRun
    inferred: MatchRun


def run_matching(
    *,
    as_of: date,
    now: Callable[[], datetime],
    params: Params | None = None,
    on_progress: Progress = lambda step: None,
) -> MatchSummary:
    """Allocate the whole market and save it; raises MatchingBusy while another run is writing.

    Two layers: what firms posted is allocated among itself first; what is left over meets the
    inferred streams and needs. So an inference never takes a tonne from a firm's own word.
    """
    params = params or current_params()
    with only_writer():
        posted = MatchRun.objects.create(
            scope=MatchRun.Scope.POSTED, started_at=now(), as_of=as_of, params=asdict(params)
        )
        try:
            summary = _match_in_layers(posted, now, params, on_progress)
            mend_map()
            return summary
        except Exception as error:
            MatchRun.objects.filter(pk=posted.pk).update(
                status=MatchRun.Status.FAILED, finished_at=now(), failure=str(error)
            )
            raise


@transaction.atomic
def _match_in_layers(
    posted: MatchRun, now: Callable[[], datetime], params: Params, on_progress: Progress
) -> MatchSummary:
    on_progress("Loading the market")
    feed.take()  # whatever is noted by now is in what is loaded next
    loaded = load_market(as_of=posted.as_of, catalogue=current_catalogue())
    own_word = _only_posted(loaded)
    answer, led = _solve_and_save(posted, own_word, params, on_progress)
    inferred = MatchRun.objects.create(
        scope=MatchRun.Scope.INFERRED, started_at=now(), as_of=posted.as_of, params=asdict(params)
    )
    rest = _left_over(loaded, own_word, answer, led)
    _solve_and_save(inferred, rest, params, on_progress)
    Proposal.objects.exclude(run__in=[posted, inferred]).delete()
    on_progress("Noting what the law bars")
    record_barriers(loaded, params=params, at=now())
    for run in (posted, inferred):
        run.status = MatchRun.Status.SAVED
        run.finished_at = now()
        run.save()
    return MatchSummary(posted, inferred)


def _solve_and_save(
    run: MatchRun, loaded: LoadedMarket, params: Params, on_progress: Progress
) -> tuple[MarketPlan, Led | None]:
    """Allocate, verify and save one layer; what firms posted also by way of services."""
    started = perf_counter()
    on_progress(f"Allocating ({run.scope})")
    direct = _allocate(loaded, params)
    led, answer = None, direct
    if run.scope == MatchRun.Scope.POSTED:
        led = lead_through_services(loaded, direct, params, as_of=run.as_of)
    prices = direct.plan.offer_price, direct.plan.need_price
    bound = direct.plan.bound
    if led is not None:
        answer = _allocate(led.leaves(loaded), params)
        prices, bound = led.prices, led.plan.bound
    solved = perf_counter()
    verify(answer.problem, answer.plan)
    on_progress(f"Saving ({run.scope})")
    found = Exchanges(
        offer=answer.offer,
        need=answer.need,
        kg=answer.plan.flow,
        parts=answer.parts,
        gain_cents_per_t=answer.parts.value,
        stage=Proposal.Stage.PLANNED,
        price_limits=exchange_limits(answer.problem, answer.plan, answer.parts.avoided_disposal),
    ).rows(np.flatnonzero(answer.plan.flow))
    run.proposal_count = save_exchanges(loaded, found, params=params, run=run)
    if led is not None:
        run.proposal_count += save_led(loaded, led, params=params, run=run)
    save_prices(loaded, run, *prices)
    run.problem_digest = answer.plan.problem_digest
    run.offer_count = len(loaded.offers.ids)
    run.need_count = len(loaded.needs.ids)
    run.arc_count = answer.problem.arcs
    run.cross_region_count = run.proposals.across_regions().count()
    objective = answer.plan.objective + (0 if led is None else led.objective)
    run.objective = objective // 1_000
    run.bound = max(objective, bound) // 1_000
    run.over_all_pairs = answer.plan.complete_over_all_pairs
    run.solver = answer.plan.solver
    run.seconds = {
        "solve": round(solved - started, 3),
        "verify_and_save": round(perf_counter() - solved, 3),
    }
    return answer, led


def _allocate(loaded: LoadedMarket, params: Params) -> MarketPlan:
    """In this process, or in jobs where the installation names processes or a cluster."""
    processes, scheduler = settings.MATCHING_PROCESSES, settings.MATCHING_SCHEDULER
    if processes > 1 or scheduler:
        return match_in_parts(loaded.market, params, processes=processes, scheduler=scheduler)
    return match_market(loaded.market, params)


def _only_posted(loaded: LoadedMarket) -> LoadedMarket:
    return _subset(loaded, ~loaded.offers.inferred, ~loaded.needs.inferred, None, None)


def _left_over(
    loaded: LoadedMarket, own_word: LoadedMarket, answer: MarketPlan, led: Led | None
) -> LoadedMarket:
    """The whole market less what the posted layer allocated."""
    offer_kg = _remaining(loaded.offers, own_word.offers, answer.offer, answer.plan.flow)
    need_kg = _remaining(loaded.needs, own_word.needs, answer.need, answer.plan.flow)
    if led is not None:
        routes = led.routes
        offer_kg -= _taken(loaded.offers, own_word.offers, routes.offer, routes.kg_in)
        need_kg -= _taken(loaded.needs, own_word.needs, routes.need, routes.kg_out)
    return _subset(loaded, offer_kg > 0, need_kg > 0, offer_kg, need_kg)


def _remaining(
    side: Side, solved: Side, rows: NDArray[np.int32], flow: NDArray[np.int64]
) -> NDArray[np.int64]:
    left: NDArray[np.int64] = side.listings.kg - _taken(side, solved, rows, flow)
    return left


def _taken(
    side: Side, solved: Side, rows: NDArray[np.int32], flow: NDArray[np.int64]
) -> NDArray[np.int64]:
    """By row of the whole side, what a layer's rows carry."""
    taken = np.zeros(len(side.ids), np.int64)
    taken[np.searchsorted(side.ids, solved.ids)] = row_totals(rows, flow, len(solved.ids))
    return taken


def _subset(
    loaded: LoadedMarket,
    offers: NDArray[np.bool_],
    needs: NDArray[np.bool_],
    offer_kg: NDArray[np.int64] | None,
    need_kg: NDArray[np.int64] | None,
) -> LoadedMarket:
    offer_side = _side_rows(loaded.offers, offers, offer_kg)
    need_side = _side_rows(loaded.needs, needs, need_kg)
    return loaded.with_sides(offer_side, need_side)


def _side_rows(side: Side, keep: NDArray[np.bool_], kg: NDArray[np.int64] | None) -> Side:
    listings = side.listings if kg is None else replace(side.listings, kg=kg)
    columns = {
        part.name: getattr(side, part.name)[keep]
        for part in fields(side)
        if part.name != "listings"
    }
    return Side(**columns, listings=_listing_rows(listings, keep))


def _listing_rows(listings: Listings, keep: NDArray[np.bool_]) -> Listings:
    return Listings(**{part.name: getattr(listings, part.name)[keep] for part in fields(listings)})
