"""The message catalogues of both languages: compiled without Debian's gettext, and checked.

Set-up compiles them before Django starts, so this module needs polib alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polib

LOCALE_DIR = Path(__file__).resolve().parent / "locale"
COMPLETE_LANGUAGES = ("bg",)
"""Languages in which every message must be said; English messages are their own translation."""

_PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")


def sources() -> list[Path]:
    """The catalogues a translator edits."""
    return sorted(LOCALE_DIR.glob("*/LC_MESSAGES/*.po"))


def compile_all() -> None:
    """Write the ``.mo`` beside each ``.po`` that is newer than it."""
    for source in sources():
        if not is_compiled(source):
            polib.pofile(str(source)).save_as_mofile(str(source.with_suffix(".mo")))


def is_compiled(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns


def problems(source: Path, *, complete: bool) -> Iterator[str]:
    """What is wrong in a catalogue: fuzzy or missing translations, placeholders lost on the way."""
    for entry in polib.pofile(str(source)):
        if entry.obsolete:
            continue
        shown = f"{source.parent.parent.name}: {entry.msgid[:60]!r}"
        if entry.fuzzy:
            yield f"{shown} is marked fuzzy"
        elif complete and not entry.translated():
            yield f"{shown} has no translation"
        elif entry.msgstr and _placeholders(entry.msgid) != _placeholders(entry.msgstr):
            yield f"{shown} loses or gains a placeholder"


def message_ids(source: Path) -> set[tuple[str, str]]:
    """Context and text of the messages in use."""
    found = polib.pofile(str(source))
    return {(entry.msgctxt or "", entry.msgid) for entry in found if not entry.obsolete}


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))
