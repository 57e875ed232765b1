"""Bulgarian Cyrillic to Latin by the Transliteration Act of 2009 (the road-sign spelling).

One letter is one to three Latin letters; a word-final "ия" is written "ia", and България keeps
its traditional "Bulgaria".
"""

from __future__ import annotations

import re

_CYRILLIC = "а б в г д е ж з и й к л м н о п р с т у ф х ц ч ш щ ъ ь ю я"
_LATIN = "a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sht a y yu ya"
_LETTERS = dict(zip(_CYRILLIC.split(), _LATIN.split(), strict=True))
_FINAL_IYA = re.compile(r"ия\b", re.IGNORECASE)
_BULGARIA = re.compile(r"\bбългария\b", re.IGNORECASE)


def _like(model: str, latin: str) -> str:
    """`latin` in the letter case of `model`."""
    if model.isupper() and len(model) > 1:
        return latin.upper()
    return latin.capitalize() if model[:1].isupper() else latin


def romanise(text: str) -> str:
    """Official Latin spelling of Bulgarian text; other characters pass unchanged.

    >>> romanise("София (столица)"), romanise("Стара Загора"), romanise("Златна Панега")
    ('Sofia (stolitsa)', 'Stara Zagora', 'Zlatna Panega')
    """
    text = _BULGARIA.sub(lambda m: _like(m.group(), "bulgaria"), text)
    text = _FINAL_IYA.sub(lambda m: _like(m.group(), "ia"), text)
    return "".join(
        _like(letter, _LETTERS[letter.lower()]) if letter.lower() in _LETTERS else letter
        for letter in text
    )
