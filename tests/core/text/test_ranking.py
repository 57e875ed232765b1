"""Putting needs in order: through the graph, in two languages, with and without context."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from symbiosis.core.text import bulk
from symbiosis.core.text.lexicon import (
    Lexicon,
    TextConcept,
    TextEdge,
    TextPrecedent,
)
from symbiosis.core.text.ranking import ListingText, Ranker, ReadListings, Role, best_first
from symbiosis.core.text.reasons import Reasons

SMALL = Lexicon(
    concepts=(
        TextConcept("spent-grain", "material", ("Brewer's spent grain", "draff"), ("Пивна каша",)),
        TextConcept("feed", "use", ("Cattle feed",), ("Фураж за говеда",)),
        TextConcept("fly-ash", "material", ("Coal fly ash",), ("Летлива пепел",), "", ("100102",)),
        TextConcept("cement", "use", ("Cement addition",), ("Добавка за цимент",)),
        TextConcept("compost", "use", ("Compost",), ("Компост",)),
    ),
    edges=(
        TextEdge("spent-grain", "feed", 0.9, "feeding fresh", "изхранване прясно"),
        TextEdge("spent-grain", "compost", 0.3, "composting", "компостиране"),
        TextEdge("fly-ash", "cement", 0.9, "grinding", "смилане", activities=("2351",)),
    ),
    precedents=(
        TextPrecedent("p", "fly-ash", "cement", "Power plant", "Cement works", "3511", "2351", "X"),
    ),
)
NEEDS = [
    ListingText("feed", "ration for our cattle"),
    ListingText("cement", "добавка в цимента"),
    ListingText("compost", "something to compost"),
    ListingText("other", "zirconium rods"),
]


@pytest.fixture(scope="module")
def small() -> Ranker:
    return Ranker(SMALL)


def _all_scores(ranker: Ranker, offers: ReadListings, needs: ReadListings) -> np.ndarray:
    return np.concatenate([block for _, block in ranker.scores(offers, needs)])


def order(ranker: Ranker, text: str, needs: list[ListingText] = NEEDS) -> list[str]:
    found = ranker.rank([ListingText("o", text)], needs, top=len(needs))
    return [needs[pair.need].id for pair in found]


@pytest.mark.parametrize("text", ["wet draff from lautering", "пивна каша", "pivna kasha"])
def test_a_conversion_joins_words_that_share_nothing(small: Ranker, text: str) -> None:
    assert order(small, text)[0] == "feed"
    assert order(small, text).index("compost") < order(small, text).index("cement")


def test_an_offer_meets_a_need_in_the_other_language(small: Ranker) -> None:
    assert order(small, "fly ash, dry, in silo")[0] == "cement"


def test_ranks_are_whole_and_scores_fall(small: Ranker) -> None:
    found = list(small.rank([ListingText("o", "draff")], NEEDS, top=3))
    assert [pair.rank for pair in found] == [1, 2, 3]
    assert all(a.score >= b.score for a, b in pairwise(found))


def test_an_offer_is_ranked_the_same_in_any_company(ranker: Ranker) -> None:
    texts = ["sugar beet pulp", "капаци от дъскорезница", "spent foundry sand", ""]
    offers = [ListingText(str(n), text) for n, text in enumerate(texts)]
    needs = [ListingText(str(n), text) for n, text in enumerate(["фураж", "chips", "brick clay"])]
    read = ranker.read(needs, Role.NEED)
    together = _all_scores(ranker, ranker.read(offers, Role.OFFER), read)
    alone = [_all_scores(ranker, ranker.read([offer], Role.OFFER), read) for offer in offers]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-4, atol=1e-4)


def test_code_and_activity_settle_what_the_text_leaves_open(small: Ranker) -> None:
    needs = [
        ListingText("a", "material wanted", activity="10.91"),
        ListingText("b", "material wanted", activity="23.51"),
    ]
    offer = ListingText("o", "grey powder", code="10 01 02")
    found = next(iter(small.rank([offer], needs, top=1)))
    assert needs[found.need].id == "b"


def test_the_reason_names_the_process_and_the_documented_exchange(small: Ranker) -> None:
    offers = small.read([ListingText("o", "coal fly ash")], Role.OFFER)
    needs = small.read(NEEDS, Role.NEED)
    first = next(iter(small.rank_read(offers, needs, top=1)))
    reason = Reasons(small, offers, needs).of(first)
    assert "coal fly ash becomes cement addition by grinding" in reason
    assert "Power plant to Cement works" in reason


def test_the_reason_speaks_the_offers_language(small: Ranker) -> None:
    offers = small.read([ListingText("o", "летлива пепел")], Role.OFFER)
    needs = small.read(NEEDS, Role.NEED)
    first = next(iter(small.rank_read(offers, needs, top=1)))
    assert "чрез смилане" in Reasons(small, offers, needs).of(first)


def test_no_needs_give_no_rows(small: Ranker) -> None:
    assert list(small.rank([ListingText("o", "draff")], [])) == []


def test_best_first_takes_the_earlier_of_equals() -> None:
    assert best_first(np.array([1, 3, 3, 2], np.float32), 3).tolist() == [1, 2, 3]


def test_several_processes_give_what_one_gives(
    small: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LEAST", 0)
    monkeypatch.setattr(bulk, "PART", 2)
    monkeypatch.setattr(bulk, "OFFERS_PART", 1)
    offers = [ListingText(str(n), text) for n, text in enumerate(["draff", "fly ash", "", "каша"])]
    needs = [*NEEDS, ListingText("works", "addition", activity="23.51")]
    one = list(bulk.ranked_with_reasons(small, offers, needs, top=3))
    two = list(bulk.ranked_with_reasons(small, offers, needs, top=3, processes=2))
    assert one == two
    plain = list(small.rank(offers, needs, top=3))
    assert [told.pair for told in one] == plain


def test_needs_that_repeat_are_ranked_as_if_read_one_by_one(ranker: Ranker) -> None:
    offers = [ListingText("o", "wet draff"), ListingText("p", "летлива пепел")]
    needs = [
        ListingText(str(n), text)
        for n, text in enumerate(["cattle ration", "cement addition", "cattle ration", "soap"] * 3)
    ]
    told = list(bulk.ranked_with_reasons(ranker, offers, needs, top=7))
    plain = list(ranker.rank(offers, needs, top=7))
    assert [(each.pair.offer, each.pair.rank, each.pair.need) for each in told] == [
        (each.offer, each.rank, each.need) for each in plain
    ]
    assert [each.pair.score for each in told] == pytest.approx([each.score for each in plain])
    assert all(each.reason for each in told)
