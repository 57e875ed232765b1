"""The green list entry by entry: under which entries of the waste shipment law a code may fall.

Regulation (EU) 2024/1157, Annexes III, IIIA and IIIB. A waste within such an entry crosses borders
inside the Union for recovery with the Annex VII document; any other needs notification (Art. 4).
The code alone does not decide: the words of the entry and the purity must fit, which the holder
checks. Entries are data (data/legality/green-list.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import yaml
from django.utils.translation import get_language

from marketplace.catalogue.knowledge import DATA_DIR

REGULATION = "Regulation (EU) 2024/1157"
DATED = date(2024, 4, 30)
ANNEXES = ("III", "IIIA", "IIIB")

_ENTRY = re.compile(r"(?:B\d{4}|EU\d{4}|G[A-Z]\d{3}|BEU\d{2})")
_CODE = re.compile(r"\d\d \d\d \d\d")


@dataclass(frozen=True, slots=True)
class GreenEntry:
    """``key`` as the Annex names it; the words are a short telling of it, to be read in full before
    use (``to_verify``: the correspondence to codes was not read in an official table)."""

    key: str
    annex: str
    en: str
    bg: str
    to_verify: bool = True

    @property
    def words(self) -> str:
        """In the active language."""
        return self.bg if get_language() == "bg" else self.en

    @property
    def citation(self) -> str:
        return f"{REGULATION}, Annex {self.annex}"


def green_entries(code: str) -> tuple[GreenEntry, ...]:
    """Entries that a six-digit code may fall under, in the order of the Annexes; none: no entry is
    known for it.

    >>> [entry.key for entry in green_entries("150105")]
    ['B3027', 'BEU04']
    """
    return _by_code().get(code, ())


def entries_named(keys: Iterable[str]) -> tuple[GreenEntry, ...]:
    """The entries of these keys, in their order."""
    known = {entry.key: entry for entries in _by_code().values() for entry in entries}
    return tuple(known[key] for key in keys)


@lru_cache(maxsize=1)
def _by_code() -> Mapping[str, tuple[GreenEntry, ...]]:
    text = (DATA_DIR / "legality" / "green-list.yaml").read_text(encoding="utf-8")
    found: dict[str, list[GreenEntry]] = {}
    seen: set[str] = set()
    for row in yaml.load(text, Loader=yaml.BaseLoader):  # noqa: S506 - text only
        entry = GreenEntry(row["entry"], row["annex"], row["en"], row["bg"])
        if entry.key in seen or not _ENTRY.fullmatch(entry.key) or entry.annex not in ANNEXES:
            raise ValueError(f"green-list.yaml: {entry.key!r} under {entry.annex!r}")
        seen.add(entry.key)
        for code in row["codes"]:
            if not _CODE.fullmatch(code):
                raise ValueError(f"green-list.yaml: {entry.key}: {code!r} is no code")
            found.setdefault(code.replace(" ", ""), []).append(entry)
    return MappingProxyType({code: tuple(entries) for code, entries in found.items()})
