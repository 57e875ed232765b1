"""Text that a spreadsheet takes for text."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def safe_text(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would reckon or run (ASVS 1.2.10).

    >>> safe_text("=HYPERLINK(1)"), safe_text("12.5")
    ("'=HYPERLINK(1)", '12.5')
    """
    return f"'{text}" if text.startswith(_STARTS) else text
