"""Bulgarian Cyrillic to Latin by the Transliteration Act of 2009 (the road-sign spelling).

One letter is one to three Latin letters; a word-final "ия" is written "ia", and България keeps
its traditional "Bulgaria".
"""

from __future__ import annotations

import re

_CYRILLIC = "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ь ю я"
_LATIN = "a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sht a y yu ya"
_LETTERS = dict(zip(_CYRILLIC.split(), _LATIN.split(), strict=True))
_WORD = re.compile(r"\w+")
_B = str.maketrans("бБ", "bB")
_TABLE = str.maketrans(_LETTERS)
_FINAL_IYA = re.compile(r"ия\b", re.IGNORECASE)
_BULGARIA = re.compile(r"\bбългария\b", re.IGNORECASE)


def _like(model: str, latin: str) -> str:
    """`latin` in the letter case of `model`: of a whole word, or of a single letter."""
    if model.isupper():
        return latin.upper() if len(model) > 1 else latin.capitalize()
    return latin


def _romanise_word(match: re.Match[str]) -> str:
    word = match.group()
    if len(word) > 1 and word.isupper():
        return word.lower().translate(_TABLE).upper()
    return "".join(_like(letter, letter.lower().translate(_TABLE)) for letter in word)


def romanise(text: str) -> str:
    """Official Latin spelling of Bulgarian text; other characters pass unchanged.

    >>> romanise("София (столица)"), romanise("Стара Загора"), romanise("ЯМБОЛ")
    ('Sofia (stolitsa)', 'Stara Zagora', 'YAMBOL')
    """
    text = _BULGARIA.sub(lambda m: m.group()[0].translate(_B) + "ulgaria", text)
    text = _FINAL_IYA.sub(lambda m: "IA" if m.group().isupper() else "ia", text)
    return text.translate(_TABLE) if text.islower() else _WORD.sub(_romanise_word, text)
