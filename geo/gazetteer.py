"""From a written place to a settlement of the gazetteer: one answer, a question, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from django.db.models import QuerySet
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from geo.errors import AmbiguousPlace, PlaceNotFound
from geo.models import Place, Region
from geo.spelling import (
    COMMON_TIER,
    Query,
    area_name,
    folded_key,
    keys_of,
    parse,
    same_name,
    tier_of,
)


def resolve_place(
    written: str, *, country: str = "BG", postal_code: str = "", region: Region | None = None
) -> Place:
    """The settlement meant by an address line; never a guess.

    `postal_code` and `region` (any level) narrow the choice where the caller knows them. Raises
    PlaceNotFound where no settlement is so written, and AmbiguousPlace where several are, or
    where the hints given contradict the only one.
    """
    query = parse(written)
    candidates, agreed = find_candidates(
        query, country=country, postal_code=postal_code, region=region
    )
    if not candidates:
        raise PlaceNotFound(written)
    if len(candidates) > 1 or not agreed:
        raise AmbiguousPlace(written, candidates)
    return candidates[0]


def find_candidates(
    query: Query, *, country: str = "BG", postal_code: str = "", region: Region | None = None
) -> tuple[list[Place], bool]:
    """Settlements a query may mean, most populous first, and whether every hint agrees with them.

    A hint that rules out every candidate is reported as disagreement and rules out none.
    """
    postal_code = postal_code.strip() or query.postal_code
    candidates = _spelt_like(query, country, postal_code)
    agreed = True
    for narrowed in (
        _of_kind(candidates, query.kind),
        _in_region(candidates, region),
        *(_in_area(candidates, hint) for hint in query.area_hints),
    ):
        kept = [place for place in candidates if place in narrowed]
        agreed, candidates = (agreed and bool(kept)), kept or candidates
    for part in query.other_parts:
        kept = _in_area(candidates, part)
        if kept:
            candidates = kept
        elif _is_a_place_elsewhere(part, country):
            agreed = False
    if postal_code and query.name:
        kept = _near_postal_code(candidates, postal_code)
        agreed, candidates = (agreed and bool(kept)), kept or candidates
    return candidates, agreed


def suggest_places(written: str, *, country: str = "BG", limit: int = 5) -> list[Place]:
    """Settlements spelt nearly like a name that was not found, for "did you mean"; best first."""
    wanted = folded_key(parse(written).name)
    if not wanted:
        return []
    rows = _within(country).values_list("pk", "search_keys")
    names = [(pk, key) for pk, found in rows for key in found if tier_of(key) == COMMON_TIER]
    near = process.extract(
        wanted,
        [key for _, key in names],
        scorer=DamerauLevenshtein.distance,
        score_cutoff=2,
        limit=4 * limit,
    )
    ranks: dict[int, tuple[int, int]] = {}
    for order, (_, distance, index) in enumerate(near):
        ranks.setdefault(names[index][0], (int(distance), order))
    places = list(Place.objects.filter(pk__in=ranks).select_related("region"))
    return sorted(places, key=lambda p: (ranks[p.pk][0], -p.population, p.pk))[:limit]


def place_chosen(pk: int) -> Place | None:
    """The settlement a person picked among candidates; None where it is gone."""
    return Place.objects.filter(pk=pk).first()


def _within(country: str) -> QuerySet[Place]:
    places: QuerySet[Place] = Place.objects.all()
    return places.filter(country=country) if country else places


def _spelt_like(query: Query, country: str, postal_code: str) -> list[Place]:
    """Places found under the closest tier of keys that finds any; by postal code if unnamed."""
    places = _within(country).select_related("region").order_by("-population", "pk")
    if not query.name:
        return list(places.filter(postal_code=postal_code)) if postal_code else []
    keys = keys_of(query.name)
    found = list(places.filter(search_keys__overlap=list(keys))) if keys else []
    for key in keys:
        hits = [place for place in found if key in place.search_keys]
        if hits:
            return hits
    return []


def _of_kind(candidates: Sequence[Place], kind: str) -> list[Place]:
    if not kind:
        return list(candidates)
    return [p for p in candidates if p.kind in (kind, Place.Kind.SETTLEMENT)]


def _in_region(candidates: Sequence[Place], region: Region | None) -> list[Place]:
    if region is None:
        return list(candidates)
    if region.level == Region.Level.MUNICIPALITY:  # places hang on NUTS 3 regions
        return [p for p in candidates if p.region_id == region.parent_id]
    inside = set(Region.objects.under(region).values_list("pk", flat=True))
    return [p for p in candidates if p.region_id in inside]


def _in_area(candidates: Sequence[Place], written: str) -> list[Place]:
    """Candidates whose oblast or municipality is called so."""
    wanted = area_name(written)
    return [
        p
        for p in candidates
        if same_name(p.municipality_name, wanted)
        or (
            p.region is not None
            and same_name(area_name(p.region.name_bg or p.region.name_en), wanted)
        )
    ]


def _is_a_place_elsewhere(written: str, country: str) -> bool:
    """Whether a part beside the name is itself the name of a settlement (so it contradicts)."""
    keys = keys_of(area_name(written))
    return bool(keys) and _within(country).filter(search_keys__overlap=list(keys[:-2])).exists()


def _near_postal_code(candidates: Sequence[Place], postal_code: str) -> list[Place]:
    """Candidates in the postal area of a code: the longest shared beginning decides.

    Several candidates need two digits in common to be told apart; a single one must at least lie
    in the same tenth of the country.
    """
    if any(not p.postal_code for p in candidates):
        return list(candidates)
    shared = {p.pk: _digits_shared(p.postal_code, postal_code) for p in candidates}
    best = max(shared.values(), default=0)
    if best < (2 if len(candidates) > 1 else 1):
        return []
    return [p for p in candidates if shared[p.pk] == best]


def _digits_shared(one: str, other: str) -> int:
    """Length of the common beginning of two postal codes."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
