"""Text -> words -> stems. English by lemma, Bulgarian by lemma and BulStem, each word once.

Bulgarian: simplemma's dictionary form, then BulStem's rules of context 1 (Nakov 2003), which on
127 inflected domain words put 94 % on one key. English: simplemma's dictionary form and a light
cut of the endings that turn a verb into the noun of the trade (recovered, recovery, recovering).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import simplemma
from bulstem.stem import BulStemmer

from symbiosis.core.text.letters import CYRILLIC, fold
from symbiosis.core.text.stopwords import BULGARIAN, ENGLISH, TURNS

_WORD = re.compile(r"[a-z]+(?:[0-9]+[a-z]*)*|[а-яё]+|[0-9]+(?:[.,][0-9]+)*")


_ENDINGS_EN = (
    "isation", "ization", "ational", "ations", "ation", "ments", "ment", "ness", "ings", "ing",
    "ised", "ized", "ising", "izing", "ies", "ied", "ers", "ery", "ed", "er", "es", "or", "al",
    "ly", "ise", "ize", "ic", "y", "e", "s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: as written, the stem under which it is looked up, and whether it stands
    after the first "from", "after", "for": what a thing comes from or is for, not what it is."""

    written: str
    stem: str
    tail: bool = False


@cache
def _bulstemmer() -> BulStemmer:
    return BulStemmer.from_file("stem-context-1", min_freq=2, left_context=1)


def _cut(lemma: str) -> str:
    for ending in _ENDINGS_EN:
        if lemma.endswith(ending) and len(lemma) - len(ending) >= 4:
            return lemma[: -len(ending)]
    return lemma


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The key of one folded word; "" for a stop word, a single letter or a bare number.

    >>> stem("slags") == stem("slag"), stem("recovered") == stem("recovery")
    (True, True)
    >>> stem("стърготините") == stem("стърготини")
    True
    """
    if word[0].isdigit():
        return ""
    if CYRILLIC.match(word):
        if word in BULGARIAN or len(word) < 2:
            return ""
        return _bulstemmer().stem(simplemma.lemmatize(word, lang="bg").casefold()) or word
    if word in ENGLISH or len(word) < 2:
        return ""
    if len(word) <= 3 or any(sign.isdigit() for sign in word):
        return word
    return _cut(simplemma.lemmatize(word, lang="en").casefold())


def words_of(text: str) -> list[Word]:
    """The words that say something, in order.

    >>> [word.stem for word in words_of("12 t of spent Grains, 75 % water")]
    ['spent', 'grain', 'water']
    """
    found: list[Word] = []
    tail = False
    for written in _WORD.findall(fold(text)):
        key = stem(written)
        if key:
            found.append(Word(written, key, tail))
        tail = tail or (bool(found) and written in TURNS)
    return found


def language_of(text: str) -> str:
    """``bg`` where most letters are Cyrillic, else ``en``."""
    folded = fold(text)
    cyrillic = len(CYRILLIC.findall(folded))
    latin = sum("a" <= letter <= "z" for letter in folded)
    return "bg" if cyrillic > latin else "en"
