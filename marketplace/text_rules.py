"""What free text may hold: no control, bidi-override or surrogate characters, no blank titles."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from marketplace.errors import Problem

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ALLOWED_CONTROLS = frozenset("\n\t\r")


def hostile_character(text: str) -> str | None:
    """The first character that no honest text holds, else None."""
    for character in text:
        category = unicodedata.category(character)
        if character in _BIDI_CONTROLS or category == "Cs":
            return character
        if category == "Cc" and character not in _ALLOWED_CONTROLS:
            return character
    return None


def visibly_blank(text: str) -> bool:
    """Whether nothing remains once spaces and invisible characters are gone."""
    return all(unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cf", "Cc", "Mn"} for c in text)


def text_problems(field: str, text: str, *, limit: int, required: bool = False) -> list[Problem]:
    """What is wrong with a free text: hostile characters, too long, nothing visible."""
    if hostile_character(text) is not None:
        return [Problem(field, "control_character", _("The text holds a control character."))]
    if len(text) > limit:
        return [Problem(field, "too_long", _("At most %(n)d characters.") % {"n": limit})]
    if required and visibly_blank(text):
        return [Problem(field, "required", _("This field is required."))]
    return []
