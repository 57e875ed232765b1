"""The text engine as this market runs it: the reviewed files, with what was edited in the admin.

The files are the seed (``symbiosis.lexicon``); rows of the catalogue touched since the last load of
the files replace what the files say of them. Each process compares the stamp of those edits on
every use: a new stamp gives a new lexicon at once, and a new index in the background, while the
index before it goes on answering.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock, Thread

from django.db import connections

from marketplace.catalogue.models import Conversion, Material
from marketplace.catalogue.selectors import edited_conversions, edited_materials
from symbiosis.core.text.activities import Activities
from symbiosis.core.text.lexicon import USE, Lexicon, TextConcept, TextEdge
from symbiosis.core.text.listing import ListingHelper
from symbiosis.core.text.ranking import Ranker
from symbiosis.lexicon import current_helper, current_lexicon, current_trades

Stamp = tuple[tuple[int, datetime], ...]


@dataclass(frozen=True)
class _Edition:
    """A lexicon and what is built of it, for one stamp of edits."""

    stamp: Stamp
    lexicon: Lexicon

    @cached_property
    def trades(self) -> Activities:
        return Activities(self.lexicon)

    @cached_property
    def helper(self) -> ListingHelper:
        return ListingHelper(Ranker(self.lexicon))


class _Running:
    """The newest lexicon and the newest helper of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: _Edition | None = None
        self._answering: _Edition | None = None
        self._builder: Thread | None = None

    def edition(self) -> _Edition | None:
        """What the edits of now make of the files; None where nothing is edited."""
        materials = list(edited_materials())
        conversions = list(edited_conversions())
        if not materials and not conversions:
            self._newest = self._answering = None
            return None
        stamp = (
            *((row.pk, row.updated_at) for row in materials),
            *((-row.pk, row.updated_at) for row in conversions),
        )
        with self._lock:
            if self._newest is None or self._newest.stamp != stamp:
                lexicon = edited_lexicon(current_lexicon(), materials, conversions)
                self._newest = _Edition(stamp, lexicon)
            return self._newest

    def helper(self) -> ListingHelper:
        newest = self.edition()
        if newest is None:
            return current_helper()
        with self._lock:
            if self._answering is not newest and not (self._builder and self._builder.is_alive()):
                self._builder = Thread(target=self._build, args=(newest,), daemon=True)
                self._builder.start()
            answering = self._answering
        return answering.helper if answering else current_helper()

    def _build(self, edition: _Edition) -> None:
        try:
            _ = edition.helper
        finally:
            connections.close_all()  # this thread's own
        with self._lock:
            self._answering = edition

    def settle(self) -> None:
        builder = self._builder
        if builder:
            builder.join()


_running = _Running()


def running_helper() -> ListingHelper:
    """The listing helper; for a few seconds after an edit still the one before it."""
    return _running.helper()


def running_lexicon() -> Lexicon:
    """What is known now, edits included."""
    edition = _running.edition()
    return edition.lexicon if edition else current_lexicon()


def running_trades() -> Activities:
    """What activities give off and take in, edits included."""
    edition = _running.edition()
    return edition.trades if edition else current_trades()


def settle() -> None:
    """Wait until an index that is being built is in use."""
    _running.settle()


def edited_lexicon(
    files: Lexicon, materials: Iterable[Material], conversions: Iterable[Conversion]
) -> Lexicon:
    """The lexicon of the files with edited rows in place of theirs, and new rows added."""
    concepts = {concept.id: concept for concept in files.concepts}
    for row in materials:
        concepts[row.code] = _concept(row, concepts.get(row.code))
    edited: defaultdict[tuple[str, str], list[Conversion]] = defaultdict(list)
    for edge in conversions:
        edited[edge.source.code, edge.target.code].append(edge)
    known = {(edge.source, edge.target): edge for edge in files.edges}
    edges = [edge for edge in files.edges if (edge.source, edge.target) not in edited]
    for pair, rows in edited.items():
        activities = known[pair].activities if pair in known else ()
        edges += [_edge(row, activities) for row in rows if set(pair) <= concepts.keys()]
    return replace(files, concepts=tuple(concepts.values()), edges=tuple(edges))


def _concept(row: Material, file: TextConcept | None) -> TextConcept:
    """An edited row as a concept; phrases, which only the files have, stay."""
    names_en = (row.name_en, *row.synonyms_en)
    names_bg = (row.name_bg or row.name_en, *row.synonyms_bg)
    return TextConcept(
        id=row.code,
        kind=USE if row.is_use else row.kind,
        names_en=(*names_en, *(file.phrases_en if file else ())),
        names_bg=(*names_bg, *(file.phrases_bg if file else ())),
        broader=row.broader.code if row.broader else "",
        codes=tuple(code.code for code in row.waste_codes.all()),
        form=row.form,
        sector=row.sector,
        properties=row.properties,
        hazard=row.hazard,
        phrases_en=file.phrases_en if file else (),
        phrases_bg=file.phrases_bg if file else (),
    )


def _edge(row: Conversion, activities: tuple[str, ...]) -> TextEdge:
    return TextEdge(
        source=row.source.code,
        target=row.target.code,
        weight=float(row.weight),
        process_en=row.process_en,
        process_bg=row.process_bg,
        conditions_en=row.conditions_en,
        conditions_bg=row.conditions_bg,
        route=row.route,
        activities=activities,
    )
