"""Which concept may feed which need: examples of each way, and a slow oracle of the whole rule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbiosis.core.compatibility import (
    LEAST_WEIGHT_PERMILLE,
    CompatiblePair,
    ConceptNode,
    ConversionEdge,
    Way,
    compatible_pairs,
)

SCRAP, PET, BOTTLES, FIBRE, STUFFING = range(5)


def concept(number: int, broader: int | None = None, **changes: object) -> ConceptNode:
    plain = {
        "is_use": False,
        "replaces_permille": 1_000,
        "worth_cents": 10_000,
        "saved_grams_co2e": 0,
    }
    return ConceptNode(id=number, broader=broader, **{**plain, **changes})  # type: ignore[arg-type]


def edge(number: int, source: int, target: int, **changes: int) -> ConversionEdge:
    plain = {"yield_permille": 900, "processing_cents": 500, "weight_permille": 800}
    return ConversionEdge(id=number, source=source, target=target, **{**plain, **changes})


PLASTICS = [
    concept(SCRAP),
    concept(PET, SCRAP, saved_grams_co2e=1_500_000),
    concept(BOTTLES, PET),
    concept(FIBRE, is_use=True),
    concept(STUFFING, FIBRE, is_use=True),
]


def by_ends(pairs: list[CompatiblePair]) -> dict[tuple[int, int], CompatiblePair]:
    return {(pair.offered, pair.needed): pair for pair in pairs}


def test_a_stream_feeds_a_need_for_itself_and_for_anything_broader() -> None:
    pairs = by_ends(compatible_pairs(PLASTICS, []))
    assert set(pairs) == {
        (SCRAP, SCRAP), (PET, PET), (BOTTLES, BOTTLES),
        (PET, SCRAP), (BOTTLES, PET), (BOTTLES, SCRAP),
    }  # fmt: skip
    assert pairs[PET, PET].way is Way.SAME
    assert pairs[BOTTLES, SCRAP].way is Way.BROADER
    assert pairs[PET, PET].saved_grams_co2e == 1_500_000


def test_who_asks_for_bottles_does_not_get_any_scrap() -> None:
    assert (SCRAP, BOTTLES) not in by_ends(compatible_pairs(PLASTICS, []))


def test_a_use_is_never_offered() -> None:
    pairs = compatible_pairs(PLASTICS, [edge(1, PET, STUFFING)])
    assert all(pair.offered not in (FIBRE, STUFFING) for pair in pairs)


def test_a_conversion_serves_its_target_and_whatever_is_broader() -> None:
    pairs = by_ends(compatible_pairs(PLASTICS, [edge(7, PET, STUFFING)]))
    for needed in (STUFFING, FIBRE):
        found = pairs[PET, needed]
        assert (found.way, found.conversion) == (Way.CONVERSION, 7)
        assert (found.substitution_permille, found.processing_cents) == (900, 500)


def test_the_silent_go_by_what_is_known_of_the_nearest_broader() -> None:
    general, special = edge(1, SCRAP, FIBRE), edge(2, PET, STUFFING)
    pairs = by_ends(compatible_pairs(PLASTICS, [general]))
    assert pairs[BOTTLES, FIBRE].conversion == 1
    pairs = by_ends(compatible_pairs(PLASTICS, [general, special]))
    assert pairs[BOTTLES, FIBRE].conversion == 2, "PET has entries of its own now"
    assert pairs[SCRAP, FIBRE].conversion == 1


def test_what_replaces_less_counts_less_in_a_use() -> None:
    wet = [concept(0, replaces_permille=250), concept(1, is_use=True), concept(2)]
    pairs = by_ends(compatible_pairs(wet, [edge(1, 0, 1), edge(2, 0, 2)]))
    assert pairs[0, 1].substitution_permille == 900 * 250 // 1_000
    assert pairs[0, 2].substitution_permille == 900, "a stream made of a stream is a stream"


def test_a_rare_conversion_is_no_proposal_but_still_speaks() -> None:
    rare = edge(1, PET, STUFFING, weight_permille=LEAST_WEIGHT_PERMILLE - 1)
    pairs = by_ends(compatible_pairs(PLASTICS, [rare, edge(2, SCRAP, FIBRE)]))
    assert (PET, STUFFING) not in pairs
    assert (PET, FIBRE) not in pairs, "what is known of PET itself is that it is rare"
    at_least = edge(1, PET, STUFFING, weight_permille=LEAST_WEIGHT_PERMILLE)
    assert (PET, STUFFING) in by_ends(compatible_pairs(PLASTICS, [at_least]))


def test_of_several_ways_the_one_that_leaves_most_stands() -> None:
    dear = edge(1, PET, STUFFING, yield_permille=1_000, processing_cents=5_000)
    cheap = edge(2, PET, STUFFING, yield_permille=900, processing_cents=500)
    for order in ([dear, cheap], [cheap, dear]):
        pairs = by_ends(compatible_pairs(PLASTICS, order))
        assert pairs[PET, STUFFING].conversion == 2


def test_among_equals_the_plainer_way_stands() -> None:
    free = edge(1, BOTTLES, PET, yield_permille=1_000, processing_cents=0)
    assert by_ends(compatible_pairs(PLASTICS, [free]))[BOTTLES, PET].way is Way.BROADER


def test_a_loop_of_broader_concepts_is_refused() -> None:
    with pytest.raises(ValueError, match="loop"):
        compatible_pairs([concept(0, 1), concept(1, 0)], [])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[ConceptNode], list[ConversionEdge]]:
    """A small forest (each broader concept has a smaller number) with random conversions."""
    size = draw(st.integers(1, 6))
    concepts = [
        concept(
            number,
            draw(st.sampled_from([None, *range(number)])),
            is_use=draw(st.booleans()),
            replaces_permille=draw(st.integers(0, 1_000)),
            worth_cents=draw(st.integers(0, 50_000)),
        )
        for number in range(size)
    ]
    ends = st.integers(0, size - 1)
    edges = [
        edge(
            number,
            draw(ends),
            draw(ends),
            yield_permille=draw(st.integers(1, 1_000)),
            processing_cents=draw(st.integers(0, 9_000)),
            weight_permille=draw(st.integers(0, 1_000)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    return concepts, edges


def chain(concepts: list[ConceptNode], at: int) -> list[int]:
    """A concept and everything broader, nearest first."""
    above = concepts[at].broader
    return [at] if above is None else [at, *chain(concepts, above)]


def oracle(
    concepts: list[ConceptNode], edges: list[ConversionEdge]
) -> dict[tuple[int, int], tuple[int, int]]:
    """(gain, plainness) of the best way of each pair, straight from the words of the rule."""
    best: dict[tuple[int, int], tuple[int, int]] = {}

    def consider(offered: int, needed: int, permille: int, cost: int, plainness: int) -> None:
        worth = (concepts[needed].worth_cents * permille // 1_000 - cost, plainness)
        best[offered, needed] = max(best.get((offered, needed), worth), worth)

    for stream in concepts:
        if stream.is_use:
            continue
        for needed in chain(concepts, stream.id):
            consider(stream.id, needed, 1_000, 0, 2 if needed == stream.id else 1)
        spoken = next(
            (at for at in chain(concepts, stream.id) if any(e.source == at for e in edges)), None
        )
        for way in edges:
            if way.source != spoken or way.weight_permille < LEAST_WEIGHT_PERMILLE:
                continue
            share = stream.replaces_permille if concepts[way.target].is_use else 1_000
            for needed in chain(concepts, way.target):
                if needed != stream.id:
                    permille = way.yield_permille * share // 1_000
                    consider(stream.id, needed, permille, way.processing_cents, 0)
    return best


@given(graphs())
@settings(max_examples=300, deadline=None)
def test_every_pair_is_the_best_of_the_oracle(
    graph: tuple[list[ConceptNode], list[ConversionEdge]],
) -> None:
    concepts, edges = graph
    pairs = compatible_pairs(concepts, edges)
    ends = [(pair.offered, pair.needed) for pair in pairs]
    assert ends == sorted(set(ends)), "each once, ordered by ids"
    expected = oracle(concepts, edges)
    assert set(ends) == set(expected)
    for pair in pairs:
        worth = concepts[pair.needed].worth_cents * pair.substitution_permille // 1_000
        plainness = (Way.CONVERSION, Way.BROADER, Way.SAME).index(pair.way)
        assert (worth - pair.processing_cents, plainness) == expected[pair.offered, pair.needed]


@given(graphs(), st.permutations(range(6)))
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_conversions_does_not_matter(
    graph: tuple[list[ConceptNode], list[ConversionEdge]], order: list[int]
) -> None:
    concepts, edges = graph
    shuffled = sorted(edges, key=lambda e: order[e.id])

    def gains(rows: list[CompatiblePair]) -> list[tuple[int, int, int]]:
        return [
            (
                p.offered,
                p.needed,
                concepts[p.needed].worth_cents * p.substitution_permille // 1_000
                - p.processing_cents,
            )
            for p in rows
        ]

    assert gains(compatible_pairs(concepts, shuffled)) == gains(compatible_pairs(concepts, edges))
