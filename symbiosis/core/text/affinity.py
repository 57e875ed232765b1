"""How well a stream of one concept suits a need for another: the knowledge graph as one array.

``affinity[o, n]`` joins the best way from o to n: the same concept, a broader or narrower one, a
conversion with its weight (its own, or inherited along the taxonomy at a discount), two
conversions in a row, a documented exchange. A second array says how much a need of concept n is
served by anything at all, so that a use half the catalogue can feed (compost, fuel, feed) does not
outrank the one use a stream is known for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.text.lexicon import Lexicon

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AffinityWeights:
    """Strength of each way relative to being the same concept (1)."""

    broader: float = 0.55
    narrower: float = 0.5
    sibling: float = 0.12
    conversion: float = 0.9
    weight_power: float = 1.0
    inherited_up: float = 0.5
    inherited_down: float = 0.35
    two_steps: float = 0.3
    precedent: float = 0.35
    crowd_power: float = 0.35


@dataclass(frozen=True)
class Affinity:
    """``direct`` holds the conversions as known, ``full`` every way at its strength."""

    direct: Floats
    taxonomy: Floats
    full: Floats


def affinity_of(lexicon: Lexicon, weights: AffinityWeights) -> Affinity:
    """Both arrays, concepts x concepts; a loop in the taxonomy is cut where it closes."""
    taxonomy = _taxonomy(lexicon, weights)
    direct = _conversions(lexicon, weights)
    crowd = np.maximum(direct.sum(axis=0), 1.0) ** -weights.crowd_power
    special = direct * crowd[None, :]
    up, down = _steps(lexicon)
    # a stream goes by its broader concept's conversions, and a need for a broader use is served
    # by what serves a narrower one; the other way round it is a guess
    reach = np.maximum.reduce(
        [
            special,
            weights.inherited_up * _best_product(up, special),
            weights.inherited_down * _best_product(down, special),
        ]
    )
    reach = np.maximum.reduce(
        [
            reach,
            weights.inherited_up * _best_product(reach, down),
            weights.inherited_down * _best_product(reach, up),
        ]
    )
    steps = weights.two_steps * _best_product(special, special)
    full = np.maximum.reduce([taxonomy, weights.conversion * reach, weights.conversion * steps])
    return Affinity(direct, taxonomy, full.astype(np.float32))


def _taxonomy(lexicon: Lexicon, weights: AffinityWeights) -> Floats:
    size = len(lexicon.concepts)
    found = np.eye(size, dtype=np.float32)
    for row, concept in enumerate(lexicon.concepts):
        for level, ancestor in enumerate(lexicon.ancestors(concept.id)):
            above = lexicon.row[ancestor]
            found[row, above] = max(found[row, above], weights.broader / (1 + 0.5 * level))
            found[above, row] = max(found[above, row], weights.narrower / (1 + 0.5 * level))
    parents = np.array([lexicon.row.get(c.broader, -1) for c in lexicon.concepts])
    siblings = (parents[:, None] == parents[None, :]) & (parents[:, None] >= 0)
    kin: Floats = np.maximum(found, weights.sibling * siblings).astype(np.float32)
    return kin


def _steps(lexicon: Lexicon) -> tuple[Floats, Floats]:
    """One step along the taxonomy: to the broader concept, and to the narrower ones."""
    size = len(lexicon.concepts)
    up = np.zeros((size, size), np.float32)
    for row, concept in enumerate(lexicon.concepts):
        if concept.broader in lexicon.row:
            up[row, lexicon.row[concept.broader]] = 1.0
    return up, up.T.copy()


def _conversions(lexicon: Lexicon, weights: AffinityWeights) -> Floats:
    size = len(lexicon.concepts)
    found = np.zeros((size, size), np.float32)
    for edge in lexicon.edges:
        at = lexicon.row[edge.source], lexicon.row[edge.target]
        found[at] = max(found[at], edge.weight**weights.weight_power)
    seen: dict[tuple[int, int], int] = {}
    for item in lexicon.precedents:
        at = lexicon.row[item.stream], lexicon.row[item.use]
        seen[at] = seen.get(at, 0) + 1
    for at, count in seen.items():
        known = weights.precedent * (1 + np.log(count))
        found[at] = min(1.0, found[at] + known * (1.2 - found[at]))
    return found


def _best_product(first: Floats, second: Floats) -> Floats:
    """max over k of first[i, k] * second[k, j]; both sparse in fact."""
    found = np.zeros((first.shape[0], second.shape[1]), np.float32)
    for row in range(first.shape[0]):
        for middle in np.flatnonzero(first[row]):
            np.maximum(found[row], first[row, middle] * second[middle], out=found[row])
    return found
