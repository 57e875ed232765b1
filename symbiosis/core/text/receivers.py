"""What one firm alone can be told: who takes such a stream, and what a site is likely to have.

Needs no second user: conversions name the activities that take a stream and by which process,
precedents prove it with a citation, profiles say what an activity gives off and takes in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symbiosis.core.text.activities import Activities
from symbiosis.core.text.lexicon import (
    Lexicon,
    TextConcept,
    TextEdge,
    TextPrecedent,
    activity_digits,
)
from symbiosis.core.text.ranking import ListingText, Ranker, Role

INHERITED = 0.6
PROVED = 0.3
LEAST = 0.02


@dataclass(frozen=True, slots=True)
class ReceiverKind:
    """A kind of firm that could take the stream: what for, by which process, who has done it."""

    activities: tuple[str, ...]
    use: TextConcept
    stream: TextConcept
    edge: TextEdge | None
    precedents: tuple[TextPrecedent, ...]
    strength: float


@dataclass(frozen=True, slots=True)
class LikelyStream:
    """A stream that a site of this activity usually gives off, or takes in."""

    concept: TextConcept
    likelihood: float
    precedents: tuple[TextPrecedent, ...]


def receivers_of(
    ranker: Ranker, text: str, *, code: str = "", activity: str = "", top: int = 10
) -> list[ReceiverKind]:
    """Kinds of receivers for an offer's text, the best supported first, one for each use."""
    read = ranker.read([ListingText("", text, code, activity)], Role.OFFER)
    if not read.texts.terms.nnz and not code and not activity:
        return []
    return receivers_of_concepts(
        ranker.lexicon,
        {
            ranker.lexicon.concepts[column].id: float(given)
            for column, given in zip(read.concepts.indices, read.concepts.data, strict=True)
            if given >= LEAST
        },
        top=top,
    )


def receivers_of_concepts(
    lexicon: Lexicon, concepts: Mapping[str, float], *, top: int = 10
) -> list[ReceiverKind]:
    """As ``receivers_of``, for concepts already known, each with its probability."""
    proved: defaultdict[tuple[str, str], list[TextPrecedent]] = defaultdict(list)
    for item in lexicon.precedents:
        proved[item.stream, item.use].append(item)
    best: dict[str, ReceiverKind] = {}
    for concept_id, given in concepts.items():
        for near, source in enumerate([concept_id, *lexicon.ancestors(concept_id)]):
            for kind in _of_source(lexicon, source, given * INHERITED**near, proved):
                known = best.get(kind.use.id)
                if known is None or kind.strength > known.strength:
                    best[kind.use.id] = kind
    return sorted(best.values(), key=lambda kind: (-kind.strength, kind.use.id))[:top]


def _of_source(
    lexicon: Lexicon,
    source: str,
    given: float,
    proved: Mapping[tuple[str, str], Sequence[TextPrecedent]],
) -> list[ReceiverKind]:
    edges = {edge.target: edge for edge in lexicon.edges_from.get(source, ())}
    uses = {*edges, *(use for stream, use in proved if stream == source)}
    found = []
    for use in uses:
        edge, cases = edges.get(use), tuple(proved.get((source, use), ()))
        weight = edge.weight if edge else 0.5
        strength = given * min(1.0, weight + PROVED * (1 - weight) * bool(cases))
        activities = dict.fromkeys(
            (*(edge.activities if edge else ()), *(c.receiver_activity for c in cases))
        )
        found.append(
            ReceiverKind(
                tuple(filter(None, activities)),
                lexicon.concepts[lexicon.row[use]],
                lexicon.concepts[lexicon.row[source]],
                edge,
                cases,
                strength,
            )
        )
    return found


def givers_of_concept(lexicon: Lexicon, use: str) -> list[ReceiverKind]:
    """The streams that serve a concept, most usual first; activities are the donors' own."""
    cases: defaultdict[str, list[TextPrecedent]] = defaultdict(list)
    for item in lexicon.precedents:
        if item.use == use:
            cases[item.stream].append(item)
    edges = {edge.source: edge for edge in lexicon.edges if edge.target == use}
    found = []
    for stream in {*edges, *cases}:
        edge, proofs = edges.get(stream), tuple(cases[stream])
        weight = edge.weight if edge else 0.5
        found.append(
            ReceiverKind(
                tuple(dict.fromkeys(c.donor_activity for c in proofs if c.donor_activity)),
                lexicon.concepts[lexicon.row[use]],
                lexicon.concepts[lexicon.row[stream]],
                edge,
                proofs,
                min(1.0, weight + PROVED * (1 - weight) * bool(proofs)),
            )
        )
    return sorted(found, key=lambda kind: (-kind.strength, -len(kind.precedents), kind.stream.id))


def sectors_of(kinds: Sequence[ReceiverKind]) -> list[tuple[str, float]]:
    """Activities (NACE digits) over all kinds of receivers, the best supported first."""
    support: defaultdict[str, float] = defaultdict(float)
    for kind in kinds:
        for activity in kind.activities:
            support[activity] = 1 - (1 - support[activity]) * (1 - kind.strength)
    return sorted(support.items(), key=lambda entry: (-entry[1], entry[0]))


def likely_streams(trades: Activities, activity: str, *, top: int = 12) -> list[LikelyStream]:
    """What a site of the activity usually gives off; empty for an activity nothing is known of."""
    return _likely(trades.lexicon, trades.gives([activity])[0], activity, top, giving=True)


def likely_needs(trades: Activities, activity: str, *, top: int = 12) -> list[LikelyStream]:
    """What a site of the activity usually takes in."""
    return _likely(trades.lexicon, trades.takes([activity])[0], activity, top, giving=False)


def _likely(
    lexicon: Lexicon, values: np.ndarray, activity: str, top: int, *, giving: bool
) -> list[LikelyStream]:
    digits = activity_digits(activity)
    order = np.argsort(-values, kind="stable")[:top]
    found = []
    for row in order[values[order] > 0]:
        concept = lexicon.concepts[row]
        cases = tuple(
            item
            for item in lexicon.precedents
            if item.stream == concept.id
            and (item.donor_activity if giving else item.receiver_activity)[:3] == digits[:3]
        )
        found.append(LikelyStream(concept, float(values[row]), cases))
    return found
