"""Useful with one user: receivers for one offer, streams for one site."""

from __future__ import annotations

from symbiosis.core.text.ranking import Ranker
from symbiosis.core.text.receivers import (
    likely_needs,
    likely_streams,
    receivers_of,
    receivers_of_concepts,
    sectors_of,
)


def test_an_offer_alone_is_told_who_takes_it_and_where_it_was_done(ranker: Ranker) -> None:
    kinds = receivers_of(ranker, "мокра пивна каша от пивоварна")
    assert any("feed" in kind.use.id for kind in kinds[:3])
    proved = [kind for kind in kinds if kind.precedents]
    assert proved
    assert all(item.citation or item.url for kind in proved for item in kind.precedents)
    assert [kind.strength for kind in kinds] == sorted((k.strength for k in kinds), reverse=True)


def test_every_kind_names_a_process_or_a_documented_case(ranker: Ranker) -> None:
    for kind in receivers_of_concepts(ranker.lexicon, {"coal-fly-ash": 1.0}, top=30):
        assert kind.precedents or (kind.edge and kind.edge.process_en and kind.edge.process_bg)
        assert 0 < kind.strength <= 1


def test_sectors_gather_the_activities_of_all_kinds(ranker: Ranker) -> None:
    sectors = dict(sectors_of(receivers_of_concepts(ranker.lexicon, {"coal-fly-ash": 1.0}, top=30)))
    assert "2351" in sectors
    assert all(0 < support <= 1 for support in sectors.values())


def test_a_site_is_told_what_it_is_likely_to_have(ranker: Ranker) -> None:
    streams = [stream.concept.id for stream in likely_streams(ranker.activities, "11.05")]
    assert "brewers-spent-grain" in streams
    assert likely_needs(ranker.activities, "23.51")


def test_a_class_without_a_profile_is_read_as_its_group(ranker: Ranker) -> None:
    known = {stream.concept.id for stream in likely_streams(ranker.activities, "11.05", top=100)}
    assert known & {
        stream.concept.id for stream in likely_streams(ranker.activities, "11.0", top=100)
    }


def test_what_nothing_is_known_of_gives_nothing(ranker: Ranker) -> None:
    assert likely_streams(ranker.activities, "99.99") == []
    assert receivers_of(ranker, "") == []
