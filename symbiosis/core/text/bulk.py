"""Ranking long files on several cores: needs are read in parts, then offers are ranked in parts.

Processes are forked, so that the index and the needs are shared and not copied; where the system
cannot fork, or for short files, one process does the same work. The result does not depend on the
number of processes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from symbiosis.core.text.index import ReadTexts
from symbiosis.core.text.ranking import (
    ListingText,
    Ranked,
    Ranker,
    ReadListings,
    Role,
    best_first,
)
from symbiosis.core.text.reasons import Reasons

LEAST = 5_000
"""Listings below which starting processes costs more than it saves."""

PART = 5_000
OFFERS_PART = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToldRank:
    """A ranked need and why it stands there."""

    pair: Ranked
    reason: str


def ranked_with_reasons(
    ranker: Ranker,
    offers: Sequence[ListingText],
    needs: Sequence[ListingText],
    *,
    top: int = 50,
    processes: int = 1,
) -> Iterator[ToldRank]:
    """The ``top`` needs of each offer with their reasons, in the order of the offers."""
    if not offers or not needs:
        return
    left = ranker.read(offers, Role.OFFER)
    different, stands_for = _different(needs)
    right = _read_needs(ranker, different, processes)
    _ = right.by_word, right.by_letters, right.taken  # once, before processes share them
    reasons = Reasons(ranker, left, right)

    def told(start: int) -> list[ToldRank]:
        part = slice(start, min(start + OFFERS_PART, len(offers)))
        found = []
        for rows, scores in ranker.scores(_part(left, part), right):
            for offer, row in enumerate(scores, start=start + rows.start):
                every = row[stands_for]
                for rank, need in enumerate(best_first(every, top), start=1):
                    score = float(every[need])
                    why = reasons.of(Ranked(offer, rank, int(stands_for[need]), score))
                    found.append(ToldRank(Ranked(offer, rank, int(need), score), why))
        return found

    work = len(needs) * len(offers) // 100
    for rows in _mapped(told, range(0, len(offers), OFFERS_PART), processes, work):
        yield from rows


def _different(needs: Sequence[ListingText]) -> tuple[list[ListingText], NDArray[np.int64]]:
    """Needs that differ in what is known of them, and for each need the one that stands for it.

    Large files repeat themselves; what is the same is read and scored once.
    """
    place: dict[tuple[str, str, str], int] = {}
    first: list[ListingText] = []
    stands_for = np.empty(len(needs), np.int64)
    for n, need in enumerate(needs):
        known = (need.text, need.code, need.activity)
        at = place.setdefault(known, len(first))
        if at == len(first):
            first.append(need)
        stands_for[n] = at
    return first, stands_for


def _read_needs(ranker: Ranker, needs: Sequence[ListingText], processes: int) -> ReadListings:
    # every part must agree on whether activities are known, so one answer is given to all
    known = any(need.activity for need in needs)

    def read(start: int) -> tuple[Any, Any, Any, Any]:
        part = ranker.read(needs[start : start + PART], Role.NEED, with_activity=known)
        return part.texts.terms, part.texts.letters, part.concepts, part.activity

    parts = list(_mapped(read, range(0, len(needs), PART), processes, len(needs)))
    terms, letters, concepts, activity = zip(*parts, strict=True)
    return ReadListings(
        tuple(needs),
        ReadTexts(vstack(terms, format="csr"), vstack(letters, format="csr")),
        vstack(concepts, format="csr"),
        np.concatenate(activity) if known else None,
    )


def _part(listings: ReadListings, part: slice) -> ReadListings:
    return ReadListings(
        listings.listings[part],
        ReadTexts(listings.texts.terms[part], listings.texts.letters[part]),
        listings.concepts[part],
        None if listings.activity is None else listings.activity[part],
    )


_task: Callable[[int], Any] | None = None
"""What the forked processes do; set before they start, so that it need not be copied to them."""


def _run(start: int) -> Any:
    if _task is None:
        raise RuntimeError("a worker was started without its task")
    return _task(start)


def _mapped(
    task: Callable[[int], T], starts: Sequence[int], processes: int, work: int
) -> Iterator[T]:
    """Results of the task in the order of the starts."""
    global _task
    able = "fork" in multiprocessing.get_all_start_methods()
    if processes < 2 or not able or work < LEAST or len(starts) < 2:
        yield from map(task, starts)
        return
    _task = task
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap(_run, starts)
    finally:
        _task = None
