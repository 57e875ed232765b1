"""Which offered concept may feed which need: the knowledge graph reduced to pairs.

An offer of concept *o* may feed a need for concept *n*

- when they are the same concept,
- when *n* is broader than *o* (whoever asks for plastics scrap takes PET scrap),
- when a conversion leads from *o* to *n* or to a concept narrower than *n*. A concept with no
  conversion of its own takes those of the nearest broader concept that has some: what is known of
  plastics scrap in general says nothing new of PET once PET has entries of its own.

Where several ways lead to one pair the one that leaves most value wins. Everything is whole
numbers: permille and cents per tonne.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import networkx as nx

LEAST_WEIGHT_PERMILLE = 300
"""A conversion rarer than this is shown as an idea but not proposed as an exchange."""

FULL = 1_000


class Way(StrEnum):
    """How a pair fits together."""

    SAME = "same_material"
    BROADER = "related_material"
    CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class ConceptNode:
    """A concept: its row number, its broader one, and what a tonne of it replaces.

    ``replaces_permille``: bought input replaced by a thousand parts of the stream; ``worth_cents``
    per tonne: what a receiver of this concept pays today for what it would replace.
    """

    id: int
    broader: int | None
    is_use: bool
    replaces_permille: int
    worth_cents: int
    saved_grams_co2e: int


@dataclass(frozen=True, slots=True)
class ConversionEdge:
    """A known way from one concept to another; ``id`` is the caller's own."""

    id: int
    source: int
    target: int
    yield_permille: int
    processing_cents: int
    weight_permille: int


@dataclass(frozen=True, slots=True)
class CompatiblePair:
    """An offered and a needed concept that fit, and how; ``conversion`` is the edge's id."""

    offered: int
    needed: int
    way: Way
    substitution_permille: int
    processing_cents: int
    saved_grams_co2e: int
    conversion: int | None = None


def compatible_pairs(
    concepts: Sequence[ConceptNode], conversions: Sequence[ConversionEdge]
) -> list[CompatiblePair]:
    """Every pair of concepts that fit, each once, ordered by ids.

    O(concepts x depth + conversions x streams that go by them x depth).
    """
    nodes = {concept.id: concept for concept in concepts}
    tree = _tree(concepts)
    best: dict[tuple[int, int], CompatiblePair] = {}
    for pair in (*_taxonomic(nodes, tree), *_converted(nodes, tree, conversions)):
        key = (pair.offered, pair.needed)
        if key not in best or _worth(pair, nodes) > _worth(best[key], nodes):
            best[key] = pair
    return [best[key] for key in sorted(best)]


def _tree(concepts: Sequence[ConceptNode]) -> nx.DiGraph[int]:
    """Edges from broader to narrower; a loop in the data is refused rather than followed."""
    tree: nx.DiGraph[int] = nx.DiGraph()
    tree.add_nodes_from(concept.id for concept in concepts)
    tree.add_edges_from((c.broader, c.id) for c in concepts if c.broader is not None)
    if not nx.is_directed_acyclic_graph(tree):
        raise ValueError("the concepts' broader relation has a loop")
    return tree


def _taxonomic(nodes: Mapping[int, ConceptNode], tree: nx.DiGraph[int]) -> Iterator[CompatiblePair]:
    for concept in nodes.values():
        if concept.is_use:
            continue
        saved = concept.saved_grams_co2e
        yield CompatiblePair(concept.id, concept.id, Way.SAME, FULL, 0, saved)
        for broader in nx.ancestors(tree, concept.id):
            yield CompatiblePair(concept.id, broader, Way.BROADER, FULL, 0, saved)


def _converted(
    nodes: Mapping[int, ConceptNode],
    tree: nx.DiGraph[int],
    conversions: Sequence[ConversionEdge],
) -> Iterator[CompatiblePair]:
    usual = [edge for edge in conversions if edge.weight_permille >= LEAST_WEIGHT_PERMILLE]
    speaks_for = _spoken_for(nodes, {edge.source for edge in conversions})
    for edge in usual:
        needed = {edge.target, *nx.ancestors(tree, edge.target)}
        for source in speaks_for.get(edge.source, ()):
            node = nodes[source]
            replaces = node.replaces_permille if nodes[edge.target].is_use else FULL
            for target in needed - {source}:
                yield CompatiblePair(
                    source,
                    target,
                    Way.CONVERSION,
                    edge.yield_permille * replaces // FULL,
                    edge.processing_cents,
                    node.saved_grams_co2e,
                    edge.id,
                )


def _spoken_for(nodes: Mapping[int, ConceptNode], described: set[int]) -> dict[int, list[int]]:
    """For each concept with conversions, the streams that go by them: itself and the silent ones
    below it."""
    speaks_for: dict[int, list[int]] = {}
    for node in nodes.values():
        if node.is_use:
            continue
        at: int | None = node.id
        while at is not None and at not in described:
            at = nodes[at].broader
        if at is not None:
            speaks_for.setdefault(at, []).append(node.id)
    return speaks_for


def _worth(pair: CompatiblePair, nodes: Mapping[int, ConceptNode]) -> tuple[int, int]:
    """Money first; among equals the plainer way."""
    gain = nodes[pair.needed].worth_cents * pair.substitution_permille // FULL
    plainness = (Way.CONVERSION, Way.BROADER, Way.SAME).index(pair.way)
    return gain - pair.processing_cents, plainness
