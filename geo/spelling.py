"""How Bulgarian place names are written: pure rules, from a line of an address to look-up keys.

Every settlement is stored under keys of four tiers; a query is looked up under its own keys and
only the closest tier that hits anything counts:

0. the Cyrillic letters themselves;
1. the official Latin spelling (the Transliteration Act), diacritics removed;
2. the common transliterations made one: sht/št, zh/j, dzh/dj, ts/tz/c, y/i/j, ya/ia, ou/u,
   kh/h, ъ as a or u, doubled letters single;
3. French and German habits: ch for ш, z for ц, u for ю;
4. another name of the place (in another language, or of old), by its Latin letters.

From tier 1 on, spaces, hyphens and dots do not matter. A typing error is not a spelling: it finds
nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from text_unidecode import unidecode

from geo.transliteration import romanise

COMMON_TIER: Final = 2
OTHER_NAME_TIER: Final = 4

_CYRILLIC = re.compile(r"[а-яѝё]", re.IGNORECASE)
_NOT_ALNUM = re.compile(r"[\W_]+")
_DIACRITICS = str.maketrans(
    {"š": "sh", "č": "ch", "ž": "zh", "ț": "ts", "ţ": "ts", "ş": "sh", "ș": "sh", "ŭ": "a"}
)
_COMMON: Final = [
    (re.compile(pattern), letter)
    for pattern, letter in (
        ("shch", "sht"),
        ("tch|tsch", "ch"),
        ("sch", "sh"),
        ("dzh|dj|zh", "j"),
        ("kh", "h"),
        ("ph", "f"),
        ("ck|q", "k"),
        ("w", "v"),
        ("x", "ks"),
        ("sh", "S"),
        ("ch", "C"),
        ("tz|ts", "c"),
        ("ou|oo", "u"),
        ("ij(?=[aes]|$)", "i"),
        ("y", "i"),
    )
]
_LOOSE: Final = [(re.compile("C"), "S"), (re.compile("c"), "z"), (re.compile("iu"), "u")]
_DOUBLED = re.compile(r"(.)\1+")


def is_cyrillic(text: str) -> bool:
    """Whether any letter is Cyrillic."""
    return _CYRILLIC.search(text) is not None


def _latin(text: str) -> str:
    """Lower-case ASCII letters and digits of the official Latin spelling, nothing between."""
    text = text.lower()
    text = romanise(text) if is_cyrillic(text) else text.translate(_DIACRITICS)
    return _NOT_ALNUM.sub("", text if text.isascii() else unidecode(text)).lower()


def _fold(latin: str) -> str:
    for pattern, letter in _COMMON:
        latin = pattern.sub(letter, latin)
    return _DOUBLED.sub(r"\1", latin)


def _loosen(folded: str) -> str:
    for pattern, letter in _LOOSE:
        folded = pattern.sub(letter, folded)
    return _DOUBLED.sub(r"\1", folded)


def keys_of(name: str) -> tuple[str, ...]:
    """Look-up keys of one spelling, closest tier first; () where nothing is left to look up.

    >>> keys_of("Svichtov")[-2] == keys_of("Свищов")[-2]
    True
    """
    name = unicodedata.normalize("NFKC", name)
    latin = _latin(name)
    if not latin:
        return ()
    folded = _fold(latin)
    keys = [f"1{latin}", f"2{folded}", f"3{_loosen(folded)}", f"4{latin}"]
    if is_cyrillic(name):
        keys.insert(0, "0" + _NOT_ALNUM.sub(" ", name).strip().lower())
    return tuple(keys)


def tier_of(key: str) -> int:
    """Tier of a stored key."""
    return int(key[0])


def stored_keys(*spellings: str, other_names: Iterable[str] = ()) -> list[str]:
    """All keys a settlement is found under: each spelling of its name, also with ъ as u, and
    its other names, which count only where nothing bears the name itself."""
    found: set[str] = set()
    for name in filter(None, spellings):
        found.update(key for key in keys_of(name) if tier_of(key) < OTHER_NAME_TIER)
        if "ъ" in name.lower():
            as_u = keys_of(re.sub("[ъЪ]", "у", name))
            found.update(key for key in as_u if COMMON_TIER <= tier_of(key) < OTHER_NAME_TIER)
    found.update(f"{OTHER_NAME_TIER}{latin}" for latin in map(_latin, other_names) if latin)
    return sorted(found)


def folded_key(name: str) -> str:
    """Key of the common-transliteration tier, "" where there is none."""
    return next((key for key in keys_of(name) if tier_of(key) == COMMON_TIER), "")


def same_name(one: str, other: str) -> bool:
    """Whether two spellings may be the same name, at any tier."""
    first, second = keys_of(one), keys_of(other)
    return bool(first and second) and first[-2] == second[-2]


@dataclass(frozen=True, slots=True)
class Query:
    """A line of an address taken apart.

    `kind` is "town", "village" or "" where the writer did not say; `area_hints` were marked as an
    oblast or municipality, `other_parts` were merely written beside the name.
    """

    name: str
    kind: str = ""
    postal_code: str = ""
    area_hints: tuple[str, ...] = ()
    other_parts: tuple[str, ...] = ()


_KIND: Final = re.compile(
    r"""^\s*(?:
        (?P<town>  (?:гр|gr)\.\s* | (?:гр|град|gr|grad|town|city)\s+(?:of\s+)? )
      | (?P<village> (?:с|s|v|vil|vill)\.\s* | (?:с|село|s|selo|v|village)\s+(?:of\s+)? )
    )(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_AREA: Final = re.compile(
    r"""^\s*(?:обл|общ|obl|obsht|obsh|mun|munic)\.\s*(?P<a>\w.*)$
      | ^\s*(?:област|община|oblast|obshtina|obstina|municipality|district|province|region)
        \s+(?:of\s+)?(?P<b>\w.*)$
      | ^\s*(?P<c>\w.*?)\s+(?:област|община|oblast|obshtina|municipality|district|province|region)
        \s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_STREET: Final = re.compile(
    r"""^\s*(?:(?:ул|бул|пл|жк|ж\.к|кв|ет|ап|вх|бл|ul|bul|blvd|str|st|sq|zh\.k|jk|kv|q|p\.?o)\.
      | (?:улица|булевард|площад|ж\.?к|квартал|street|boulevard|ulitsa|bulevard)\b)
      | (?:street|str\.|blvd\.?|№|\bno\.)""",
    re.IGNORECASE | re.VERBOSE,
)
_POSTAL: Final = re.compile(r"(?:^|[\s,])(?:BG[\s-]*)?(\d{4})(?=$|[\s,])", re.IGNORECASE)
_COUNTRY: Final = {"bulgaria", "balgaria", "republicofbulgaria", "republikabalgaria", "bg"}
_MAX_LENGTH: Final = 200


def parse(text: str) -> Query:
    """Take a written place apart: "BG-4150 гр. Раковски, обл. Пловдив" and the like.

    Streets, numbers of houses and the country's name fall away. Longer text than an address line
    holds no name at all.
    """
    text = unicodedata.normalize("NFKC", text)[:_MAX_LENGTH]
    postal = ""
    names: list[tuple[str, str]] = []
    areas: list[str] = []
    for part in re.split(r"[,;()\n]+", text):
        found = _POSTAL.search(part)
        if found and not _STREET.search(part):
            postal = postal or found.group(1)
            part = _POSTAL.sub(" ", part)
        part = part.strip(" .-–—\"'„“”«»")
        if not part or _STREET.search(part) or _latin(part) in _COUNTRY:
            continue
        area = _AREA.match(part)
        if area:
            areas.append(next(filter(None, area.groups())))
            continue
        names.append(_without_kind(part))
    # the settlement is the part called a town or village, or else the first
    chosen = next((n for n in names if n[1]), names[0] if names else ("", ""))
    others = tuple(name for name, _ in names if name != chosen[0])
    return Query(chosen[0], chosen[1], postal, tuple(areas), others)


def _without_kind(part: str) -> tuple[str, str]:
    """(name, kind) of a part that may begin with гр., с., gr., s., v., village or the like."""
    match = _KIND.match(part)
    if match is None:
        return part, ""
    return part[match.end() :], "town" if match.group("town") else "village"


_ADJECTIVES: Final = {
    "Благоевградска": "Благоевград", "Бургаска": "Бургас", "Варненска": "Варна",
    "Великотърновска": "Велико Търново", "Видинска": "Видин", "Врачанска": "Враца",
    "Габровска": "Габрово", "Добричка": "Добрич", "Кърджалийска": "Кърджали",
    "Кюстендилска": "Кюстендил", "Ловешка": "Ловеч", "Монтанска": "Монтана",
    "Пазарджишка": "Пазарджик", "Пернишка": "Перник", "Плевенска": "Плевен",
    "Пловдивска": "Пловдив", "Разградска": "Разград", "Русенска": "Русе",
    "Силистренска": "Силистра", "Сливенска": "Сливен", "Смолянска": "Смолян",
    "Софийска": "София", "Старозагорска": "Стара Загора", "Търговищка": "Търговище",
    "Хасковска": "Хасково", "Шуменска": "Шумен", "Ямболска": "Ямбол",
}  # fmt: skip
_NOUN_BY_KEY: Final = {keys_of(word)[-2]: noun for word, noun in _ADJECTIVES.items()}
_CAPITAL = re.compile(r"[\s(-]+(?:столица|stolitsa|град|grad|city|capital)\)?\s*$", re.IGNORECASE)


def area_name(written: str) -> str:
    """Name of an area without its dress: "Пловдивска" is Пловдив, "София (столица)" is София."""
    bare = _CAPITAL.sub("", written.strip())
    keys = keys_of(bare)
    return _NOUN_BY_KEY.get(keys[-2], bare) if keys else bare
