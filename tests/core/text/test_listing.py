"""Filling in a listing from pasted text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbiosis.core.text.listing import ListingHelper
from symbiosis.core.text.quantities import quantities_in
from symbiosis.core.text.ranking import ListingText, Ranker
from symbiosis.lexicon import draft_listing


@pytest.fixture(scope="module")
def helper(ranker: Ranker) -> ListingHelper:
    return ListingHelper(ranker)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit", "period"),
    [
        ("12 t/month of ash", "12", "12", "t", "month"),
        ("ок. 3,5 тона седмично", "3.5", "3.5", "t", "week"),
        ("1.200 kg per year", "1200", "1200", "kg", "year"),
        ("12 000,5 тона годишно", "12000.5", "12000.5", "t", "year"),
        ("10-20 m3 daily", "10", "20", "m3", "day"),
        ("от 5 до 8 т на месец", "5", "8", "t", "month"),
        ("800 MWh heat a year", "800", "800", "MWh", ""),
    ],
)
def test_quantities_are_read_with_unit_and_period(
    text: str, low: str, high: str, unit: str, period: str
) -> None:
    (found,) = quantities_in(text)
    assert (found.low, found.high, found.unit, found.period) == (
        Decimal(low), Decimal(high), unit, period,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["PA6 yarn", "steel grade 304", "dry matter 20 %", "CO2", ""])
def test_no_quantity_is_guessed(text: str) -> None:
    assert quantities_in(text) == []


@given(st.integers(1, 10**9), st.sampled_from(["t", "kg", "m3"]))
def test_a_whole_number_is_read_exactly(amount: int, unit: str) -> None:
    (found,) = quantities_in(f"{amount} {unit} per week")
    assert found.per_year == (amount * 52, amount * 52)


def test_a_record_book_row_is_read_whole(helper: ListingHelper) -> None:
    draft = helper.draft("Дървени стърготини от бичене, 12 тона месечно, код 03 01 05")
    assert draft.concepts[0].concept.id == "sawdust"
    assert "стърготини" in draft.concepts[0].words
    assert draft.concepts[0].code_met == "030105"
    assert draft.codes[0].code.display == "03 01 05"
    assert draft.quantities[0].per_year == (Decimal(144), Decimal(144))
    assert draft.missing == ("activity",)


def test_a_mirror_entry_comes_with_its_pair_and_question(helper: ListingHelper) -> None:
    draft = helper.draft("sawdust of treated board")
    (entry,) = [found for found in draft.codes if found.code.code == "030105"]
    assert [mirror.display for mirror in entry.mirrors] == ["03 01 04*"]
    assert entry.code.question("en")
    assert entry.code.question("bg") != entry.code.question("en")


def test_probabilities_fall_and_are_shares(helper: ListingHelper) -> None:
    for text in ("spent grain", "пепел", "zzz"):
        given = [found.probability for found in helper.draft(text).concepts]
        assert given == sorted(given, reverse=True)
        assert all(0 <= chance <= 1 for chance in given)


def test_nothing_is_labelled_from_nothing(helper: ListingHelper) -> None:
    draft = helper.draft("  12 % ")
    assert (draft.concepts, draft.codes) == ((), ())
    assert draft.missing == ("material", "quantity", "waste_code", "activity")


def test_a_batch_reads_as_each_alone(helper: ListingHelper) -> None:
    texts = ["coal fly ash 3 t/month", "дървени палети"]
    alone = [helper.draft(text) for text in texts]
    together = helper.drafts([ListingText("", text) for text in texts])
    for one, other in zip(alone, together, strict=True):
        assert [c.concept.id for c in one.concepts] == [c.concept.id for c in other.concepts]
        assert [c.code.code for c in one.codes] == [c.code.code for c in other.codes]


def test_the_door_of_the_product_gives_the_same_draft(helper: ListingHelper) -> None:
    text = "coal fly ash, 300 t a year"
    draft = draft_listing(text=text, activity="35.11")
    assert draft == helper.draft(text, activity="35.11")
    assert draft.concepts[0].activity_met == "35.11"
