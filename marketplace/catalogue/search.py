"""Finding a concept by what people call it: names and synonyms in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from marketplace.catalogue.models import Material, WasteCode

_MOST = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A concept and the synonym that the words met, if not its name in the active language."""

    material: Material
    met: str


def suggest_materials(
    words: str, *, groups: bool = False, limit: int = 12
) -> tuple[Suggestion, ...]:
    """Concepts of which every word occurs in a name or synonym, closest spelling first.

    ``groups`` also gives what only groups others or names a use; a listing needs a stream.
    """
    wanted = words.casefold().split()
    if not wanted:
        return ()
    found: QuerySet[Material] = Material.objects.all() if groups else Material.objects.streams()
    for word in wanted:
        found = found.matching(word)  # type: ignore[attr-defined]
    ranked = sorted(
        (_rank(material, " ".join(wanted)) for material in found.select_related("broader")[:_MOST]),
        key=lambda entry: entry[:2],
    )
    return tuple(Suggestion(material, met) for *_, met, material in ranked[:limit])


def material_called(text: str, *, groups: bool = False) -> Material | None:
    """The one concept with exactly this name, synonym or code; None where none or several are."""
    wanted = text.strip().casefold()
    exact = [
        suggestion.material
        for suggestion in suggest_materials(wanted, groups=groups, limit=_MOST)
        if wanted in (term.casefold() for term in _terms(suggestion.material))
    ]
    return exact[0] if len(exact) == 1 else None


def waste_codes_like(words: str, *, limit: int = 12) -> list[WasteCode]:
    """Entries of the List of Waste by the beginning of their digits or by words of their label."""
    digits = words.replace(" ", "").rstrip("*")
    if digits.isdigit():
        return list(WasteCode.objects.filter(code__startswith=digits)[:limit])
    found = WasteCode.objects.all()
    for word in words.split():
        found = found.filter(name_bg__icontains=word) | found.filter(name_en__icontains=word)
    return list(found[:limit])


def _terms(material: Material) -> Iterable[str]:
    yield material.name
    yield from (material.name_bg, material.name_en, material.code)
    yield from material.synonyms_bg
    yield from material.synonyms_en


def _rank(material: Material, wanted: str) -> tuple[int, int, str, Material]:
    """(how the closest term meets the words, its length, that term if not the name, concept)."""
    best: tuple[int, int, str] = (4, 0, "")
    for term in _terms(material):
        folded = term.casefold()
        if not folded:
            continue
        if folded == wanted:
            closeness = 0
        elif folded.startswith(wanted):
            closeness = 1
        elif f" {wanted}" in folded:
            closeness = 2
        else:
            closeness = 3 if wanted in folded else 4
        met = "" if term in (material.name, material.code) else term
        if (closeness, len(folded)) < best[:2] or best[0] == 4 == closeness:
            best = (closeness, len(folded), met if closeness < 4 else "")
    return (*best, material)
