"""Reading words: letters, stems, typing errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbiosis.core.text.letters import fold, sound_key, to_cyrillic, to_latin
from symbiosis.core.text.ranking import Ranker
from symbiosis.core.text.words import language_of, stem, words_of

BULGARIAN = st.text("абвгдежзийклмнопрстуфхцчшщъьюя", min_size=1, max_size=14)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    assert all(word.stem and word.written for word in words_of(text))


@given(BULGARIAN)
def test_the_legal_latin_spelling_has_the_key_of_the_cyrillic_one(word: str) -> None:
    assert sound_key(to_latin(word)) == sound_key(word)


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [("shlempa", "шлемпа"), ("dzhibri", "джибри"), ("talash", "талаш"), ("stiropor", "стиропор")],
)
def test_latin_goes_back_to_cyrillic(latin: str, cyrillic: str) -> None:
    assert to_cyrillic(latin) == cyrillic


@pytest.mark.parametrize(
    "forms",
    [
        ("slag", "slags"),
        ("recovered", "recovery", "recovering"),
        ("утайка", "утайки", "утайката", "утайките"),
        ("стърготини", "стърготините"),
        ("дървесна", "дървесни", "дървесните"),
    ],
)
def test_forms_of_a_word_share_a_stem(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_numbers_units_and_small_talk_say_nothing() -> None:
    assert [word.stem for word in words_of("We have 1 200,5 of the ash")] == ["ash"]


def test_language_is_that_of_most_letters() -> None:
    assert language_of("PET бутилки на бали") == "bg"
    assert language_of("baled PET bottles") == "en"


def test_a_typing_error_is_read_as_the_word_it_is_near(ranker: Ranker) -> None:
    (word,) = ranker.index.vocabulary.words("sawdsut")
    assert (word.stem, word.read_as) == (stem("sawdust"), "typo")


def test_bulgarian_in_latin_letters_is_read_as_bulgarian(ranker: Ranker) -> None:
    (word,) = ranker.index.vocabulary.words("darveni")
    (stargotini,) = ranker.index.vocabulary.words("sturgotini")
    assert word.stem == stem("дървени")
    assert stargotini.stem == stem("стърготини")
