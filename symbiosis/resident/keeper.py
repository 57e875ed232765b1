"""The plan kept current: listings change in the database, the plan follows in one transaction.

Two layers, as in the national run: what firms posted is allocated among itself; what that leaves,
and what is inferred, makes a second market beneath it. Both are held at their optimum (layer.py).
A change of the posted plan changes what the second layer has to give, and only that is repaired
there. So an inference never takes a tonne from a firm's own word, at any moment.

Both layers number listings alike: the order of the national load, then the order of arrival. A
revised listing keeps its row if only its quantity changed; otherwise its row goes off the market
and it enters anew, which is the same exact repair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from time import perf_counter
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from marketplace.listings.models import Need, Offer
from marketplace.registers.duplicates import held_back_sites
from symbiosis.barriers import record_barriers
from symbiosis.catalogue import Catalogue, current_catalogue
from symbiosis.core.market import Listings
from symbiosis.core.params import Params
from symbiosis.core.problem import Ints
from symbiosis.core.solvers.resident import SideName
from symbiosis.core.verify import row_totals, verify
from symbiosis.gate import Unplaced
from symbiosis.legality import papers_as_of
from symbiosis.models import MatchRun, Proposal
from symbiosis.parameters import current_params
from symbiosis.problems import (
    LoadedMarket,
    Side,
    listings_by_id,
    load_market,
)
from symbiosis.relaying import services_as_of
from symbiosis.resident import feed
from symbiosis.resident.layer import Layer, LayerPlan, joined, taken
from symbiosis.resident.reserved import Reserved
from symbiosis.resident.saved import SavedLayer, pairs_of
from symbiosis.resident.whole_lots import in_whole_lots
from symbiosis.saving import forget_pairs, save_prices
from symbiosis.writing import wait_to_write

MODELS: dict[SideName, type[Offer] | type[Need]] = {"offer": Offer, "need": Need}

STALE_SHARE = 0.25
"""Rebuilt when so much of the rows is history or so much of the market changes at once."""

LEAST_ROWS = 1_000


class Superseded(Exception):
    """What is held here is behind the database; it must be built anew."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the arrays rest on beside the listings; when it changes they are built anew."""

    day: date
    catalogue: Catalogue
    held_back: frozenset[int]
    papers: tuple[object, ...]
    params: Params
    services: tuple[object, ...]


def ground_on(day: date, params: Params | None = None) -> Ground:
    """The ground as the database has it now; ``params`` in the place of the installation's."""
    return Ground(
        day=day,
        catalogue=current_catalogue(),
        held_back=held_back_sites(),
        papers=papers_as_of(),
        params=params or current_params(),
        services=services_as_of(),
    )


class Keeper:
    """Holds the market and its plan; every method leaves database and memory saying the same."""

    def __init__(self, *, day: date, now: Callable[[], datetime], params: Params | None = None):
        """Builds everything from the database, saves it, and forgets older plans."""
        self._now, self._given = now, params
        with transaction.atomic():
            wait_to_write()
            feed.take()
            self._ground = ground_on(day, params)
            self._params = self._ground.params
            loaded = load_market(as_of=day, catalogue=self._ground.catalogue, lasting=True)
            self._market = loaded
            self._sides: dict[SideName, Side] = {"offer": loaded.offers, "need": loaded.needs}
            self._kg = {side: rows.listings.kg.copy() for side, rows in self._sides.items()}
            self._touched: dict[SideName, list[int]] = {"offer": [], "need": []}
            self._prices: dict[SideName, Ints] = {}
            self._rows = {side: _rows_by_id(rows.ids) for side, rows in self._sides.items()}
            self._built_rows = self._row_count()
            self._build_layers()
            self._reserved.save(self._saved[0].run)
            self._save()
            Proposal.objects.exclude(run__in=[saved.run for saved in self._saved]).delete()
            record_barriers(loaded, params=self._params, at=now())

    @property
    def runs(self) -> tuple[MatchRun, MatchRun]:
        """The posted and the inferred layer as they were last saved."""
        return self._saved[0].run, self._saved[1].run

    def worn(self, day: date) -> bool:
        """Whether it is time to build anew: another day or catalogue, or too much history."""
        history = self._row_count() - sum(map(len, self._rows.values()))
        too_much = history > max(LEAST_ROWS, STALE_SHARE * self._built_rows)
        return too_much or ground_on(day, self._given) != self._ground or self._newer_run()

    def take_changes(self) -> int:
        """Repair the plan for every noted change and save it; returns how many notes were taken.

        Raises Superseded when another matcher has saved meanwhile, or when so much changed that
        building anew is quicker. After any error the keeper must
        be thrown away: the database is as before, the memory is not.
        """
        with transaction.atomic():
            wait_to_write()
            if self._newer_run():
                raise Superseded
            changes = feed.take()
            if not changes.notes:
                return 0
            if changes.notes > max(LEAST_ROWS, STALE_SHARE * self._row_count()):
                raise Superseded
            began = perf_counter()
            gone = self._follow(changes)
            repaired = perf_counter()
            self._save(repair_seconds=repaired - began, gone=gone)
        return changes.notes

    # -- changes --------------------------------------------------------------------------------

    def _follow(self, changes: feed.Changes) -> dict[SideName, list[int]]:
        """Bring both layers to what the listings say now; returns ids that left the market."""
        gone: dict[SideName, list[int]] = {}
        for side, ids in changes.ids.items():
            fresh = self._placed(
                side,
                listings_by_id(
                    MODELS[side], ids, as_of=self._ground.day, catalogue=self._ground.catalogue
                ),
            )
            gone[side] = sorted(set(ids) - set(fresh.ids.tolist()))
            arriving = self._revise(side, gone[side], fresh)
            if arriving.any():
                self._arrive(side, _only(fresh, arriving))
        self._layers[0].settle()
        self._pass_on()
        self._layers[1].settle()
        return gone

    def _placed(self, side: SideName, fresh: Side) -> Side:
        """Listings under the gate's classes; a class it has not weighed asks for a new one."""
        try:
            return self._market.gate.place(fresh, offering=side == "offer")
        except Unplaced as error:
            raise Superseded from error

    def _revise(self, side: SideName, gone: list[int], fresh: Side) -> NDArray[np.bool_]:
        """Take off what left or changed, resize what only changed its amount; who must enter."""
        known = self._rows[side]
        for pk in gone:
            if pk in known:
                self._take_off(side, known.pop(pk))
        arriving = np.ones(len(fresh.ids), np.bool_)
        for at, pk in enumerate(fresh.ids.tolist()):
            row = known.get(pk)
            if row is None:
                continue
            if self._same_but_amount(side, row, fresh, at):
                arriving[at] = False
                self._resize(side, row, int(fresh.listings.kg[at]))
            else:
                self._take_off(side, known.pop(pk))
        return arriving

    def _same_but_amount(self, side: SideName, row: int, fresh: Side, at: int) -> bool:
        held = self._sides[side]
        columns: list[tuple[Any, Any, str]] = [
            (held, fresh, part.name)
            for part in fields(Side)
            if part.name not in ("ids", "listings")
        ]
        columns += [
            (held.listings, fresh.listings, part.name)
            for part in fields(Listings)
            if part.name != "kg"
        ]
        return all(getattr(old, name)[row] == getattr(new, name)[at] for old, new, name in columns)

    def _take_off(self, side: SideName, row: int) -> None:
        self._resize(side, row, 0)

    def _resize(self, side: SideName, row: int, kg: int) -> None:
        for other, end in self._reserved.release(side, row):
            held = int(self._reserved.held(other, len(self._kg[other]))[end])
            self._layers[0].set_quantity(other, end, int(self._kg[other][end]) - held)
        self._kg[side][row] = kg
        self._touched[side].append(row)
        if not self._sides[side].inferred[row]:
            self._layers[0].set_quantity(side, row, kg)

    def _arrive(self, side: SideName, fresh: Side) -> None:
        held = self._sides[side]
        first = len(held.ids)
        self._sides[side] = Side(
            **{
                part.name: np.concatenate([getattr(held, part.name), getattr(fresh, part.name)])
                for part in fields(Side)
                if part.name != "listings"
            },
            listings=joined(held.listings, fresh.listings),
        )
        self._kg[side] = np.concatenate([self._kg[side], fresh.listings.kg])
        self._rows[side] |= {pk: first + at for at, pk in enumerate(fresh.ids.tolist())}
        nothing = np.zeros(len(fresh.ids), np.int64)
        posted = np.where(fresh.inferred, nothing, fresh.listings.kg)
        for layer, kg in zip(self._layers, (posted, nothing), strict=True):
            layer.arrive(side, fresh.listings, kg)

    def _pass_on(self) -> None:
        """What the posted plan leaves of each listing is what the second layer has."""
        for side, left in self._left_over(self._planned(0)).items():
            held = self._layers[1].resident.quantities(side)
            for row in np.flatnonzero(left != held).tolist():
                self._layers[1].set_quantity(side, row, int(left[row]))

    def _left_over(self, posted: LayerPlan) -> dict[SideName, Ints]:
        ends: dict[SideName, NDArray[np.int32]] = {"offer": posted.offer, "need": posted.need}
        return {
            side: self._kg[side]
            - self._reserved.held(side, len(self._kg[side]))
            - row_totals(ends[side], posted.plan.flow, len(self._sides[side].ids))
            for side in ends
        }

    # -- building and saving --------------------------------------------------------------------

    def _build_layers(self) -> None:
        pairs, params = self._market.gate.pairs, self._params
        listings = {side: rows.listings for side, rows in self._sides.items()}
        own_word = {
            side: np.where(rows.inferred, 0, self._kg[side]) for side, rows in self._sides.items()
        }
        self._reserved = Reserved(self._with_kg(own_word), params, day=self._ground.day)
        for side, kg in own_word.items():
            own_word[side] = kg - self._reserved.held(side, len(kg))
        first = Layer(listings, own_word, pairs, params)
        self._layers: list[Layer] = [first]
        left = self._left_over(self._planned(0))
        self._layers.append(Layer(listings, left, pairs, params))
        self._saved = tuple(
            SavedLayer(
                MatchRun.objects.create(
                    scope=scope,
                    started_at=self._now(),
                    as_of=self._ground.day,
                    params=asdict(params),
                ),
                params,
            )
            for scope in (MatchRun.Scope.POSTED, MatchRun.Scope.INFERRED)
        )

    def _planned(self, layer: int) -> LayerPlan:
        """A layer's plan with lots kept."""
        lots = [rows.listings.min_lot_kg for rows in self._sides.values()]
        return in_whole_lots(self._layers[layer].plan(), *lots)

    def _loaded(self) -> LoadedMarket:
        return self._with_kg(self._kg)

    def _with_kg(self, kg: dict[SideName, Ints]) -> LoadedMarket:
        now = {
            side: replace(rows, listings=replace(rows.listings, kg=kg[side]))
            for side, rows in self._sides.items()
        }
        return self._market.with_sides(now["offer"], now["need"])

    def _save(
        self, *, repair_seconds: float = 0.0, gone: dict[SideName, list[int]] | None = None
    ) -> None:
        """Verify both plans, then write what differs from what was written before."""
        began = perf_counter()
        plans = [self._planned(layer) for layer in range(len(self._layers))]
        for planned in plans:
            verify(planned.problem, planned.plan)
        for side, ids in (gone or {}).items():
            Proposal.objects.filter(**{f"{side}_id__in": ids}).delete()
        loaded = self._loaded()
        self._forget_left(loaded, plans)
        touched = [self._touched_rows(side) for side in MODELS]
        for saved, plan in zip(self._saved, plans, strict=True):
            saved.write(loaded, plan, *touched)
        self._touched = {"offer": [], "need": []}
        self._save_prices(loaded)
        for saved, plan in zip(self._saved, plans, strict=True):
            seconds = {"solve": repair_seconds, "verify_and_save": perf_counter() - began}
            led = self._reserved if saved is self._saved[0] else None
            saved.note(loaded, plan, self._now(), seconds, led)

    def _forget_left(self, loaded: LoadedMarket, plans: list[LayerPlan]) -> None:
        """Delete what left the plan; a pair that stands again by other rows keeps its address."""
        left: set[tuple[int, int]] = set()
        for saved, plan in zip(self._saved, plans, strict=True):
            left |= saved.left(loaded, plan)
        offers = np.array([offer for offer, _need in left], np.int64)
        for plan in plans:
            again = np.isin(loaded.offers.ids[plan.offer], offers) & (plan.plan.flow > 0)
            left -= pairs_of(loaded, plan, again)
        forget_pairs(sorted(left))

    def _touched_rows(self, side: SideName) -> NDArray[np.bool_]:
        touched = np.zeros(len(self._sides[side].ids), np.bool_)
        touched[self._touched[side]] = True
        return touched

    def _save_prices(self, loaded: LoadedMarket) -> None:
        """A listing's price is that of the last layer in which it has something left."""
        for side in MODELS:
            posted, rest = (layer.resident for layer in self._layers)
            price = np.where(rest.quantities(side) > 0, rest.prices(side), posted.prices(side))
            known = self._prices.get(side, np.zeros(0, np.int64))
            changed = np.ones(len(price), np.bool_)
            changed[: len(known)] = price[: len(known)] != known
            changed &= self._kg[side] > 0
            self._prices[side] = price
            nobody = np.zeros(0, np.int64)
            rows = np.flatnonzero(changed)
            save_prices(
                loaded,
                self._saved[0].run,
                price if side == "offer" else nobody,
                price if side == "need" else nobody,
                offers=rows if side == "offer" else nobody,
                needs=rows if side == "need" else nobody,
            )

    def _row_count(self) -> int:
        return sum(len(rows.ids) for rows in self._sides.values())

    def _newer_run(self) -> bool:
        newest = max(run.pk for run in self.runs)
        return MatchRun.objects.filter(pk__gt=newest, status=MatchRun.Status.SAVED).exists()


def _rows_by_id(ids: Ints) -> dict[int, int]:
    return {pk: row for row, pk in enumerate(ids.tolist())}


def _only(side: Side, chosen: NDArray[np.bool_]) -> Side:
    rows = np.flatnonzero(chosen)
    return Side(
        **{
            part.name: getattr(side, part.name)[rows]
            for part in fields(Side)
            if part.name != "listings"
        },
        listings=taken(side.listings, rows),
    )
