"""What the market can tell one firm before anybody else has posted: kinds of receivers and givers
from the reviewed knowledge, each with its documented cases, and where such sites really are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, Q
from django.utils.translation import get_language

from geo.models import Region
from marketplace.catalogue.models import Activity, Material
from marketplace.catalogue.selectors import activities, catalogue
from marketplace.firms.models import Site
from marketplace.firms.selectors import sites_visible_to
from marketplace.firms.viewers import Viewer
from symbiosis.core.text.lexicon import TextEdge, TextPrecedent
from symbiosis.core.text.receivers import (
    ReceiverKind,
    givers_of_concept,
    likely_needs,
    likely_streams,
    receivers_of_concepts,
    sectors_of,
)
from symbiosis.text_engine import running_lexicon, running_trades

KINDS_SHOWN = 8
CASES_SHOWN = 3
SECTORS_LOCATED = 8
OBLASTS_SHOWN = 6
STREAMS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Way:
    """A stream going to a use: by which process, under which conditions, who does it and where it
    is documented. ``known_of`` is the wider concept it is known of, where it is not the stream's
    own."""

    material: Material
    process: str
    conditions: str
    route: str
    activities: tuple[Activity, ...]
    cases: tuple[TextPrecedent, ...]
    strength: float
    known_of: Material | None = None


@dataclass(frozen=True, slots=True)
class SectorPlaces:
    """How many sites of an activity the viewer may know of, by oblast, most first."""

    activity: Activity
    oblasts: tuple[tuple[Region, int], ...]
    count: int


@dataclass(frozen=True, slots=True)
class SiteHint:
    """What a site of its activity usually gives off and takes in, likeliest first."""

    site: Site
    gives: tuple[Material, ...]
    takes: tuple[Material, ...]


def receivers_of_material(material: Material) -> list[Way]:
    """Kinds of receivers of a stream, the best supported first; none for an unknown concept."""
    kinds = _receiver_kinds(material)
    named = _named(
        codes={kind.use.id for kind in kinds} | {kind.stream.id for kind in kinds},
        digits={code for kind in kinds for code in kind.activities},
    )
    return [
        _way(kind, kind.use.id, kind.stream.id, material.code, named)
        for kind in kinds
        if kind.use.id in named.materials
    ]


def givers_to_use(use: Material) -> list[Way]:
    """Streams that are known to serve a use, the most usual first."""
    lexicon = running_lexicon()
    kinds = givers_of_concept(lexicon, use.code) if use.code in lexicon.row else []
    kinds = kinds[: 2 * KINDS_SHOWN]
    named = _named(
        codes={kind.stream.id for kind in kinds},
        digits={item.donor_activity for kind in kinds for item in kind.precedents},
    )
    return [
        _way(kind, kind.stream.id, kind.stream.id, kind.stream.id, named)
        for kind in kinds
        if kind.stream.id in named.materials
    ]


def places_of_receivers(material: Material, viewer: Viewer) -> list[SectorPlaces]:
    """Where sites are whose activity takes the stream, as far as the viewer may know of them."""
    sectors = [digits for digits, _support in sectors_of(_receiver_kinds(material))]
    sectors = [digits for digits in sectors if len(digits) >= 2][:SECTORS_LOCATED]
    if not sectors:
        return []
    wanted = reduce(or_, (Q(activity__code__startswith=_dotted(digits)) for digits in sectors))
    rows = (
        sites_visible_to(viewer)
        .filter(wanted, region__isnull=False)
        .order_by()
        .values_list("activity__code", "region_id")
        .annotate(n=Count("id", distinct=True))
    )
    found: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for code, region_id, count in rows:
        for digits in sectors:
            if code.startswith(_dotted(digits)):
                found[digits][region_id] += count
                break
    regions = Region.objects.in_bulk({key for counts in found.values() for key in counts})
    names = _named(codes=(), digits=set(found)).activities
    return [
        SectorPlaces(names[digits], _most(found[digits], regions), sum(found[digits].values()))
        for digits in sectors
        if digits in found and digits in names
    ]


def hints_for(sites: Iterable[Site]) -> list[SiteHint]:
    """Likely streams both ways of each site whose activity is known; sites without are left out."""
    trades = running_trades()
    read = []
    for site in sites:
        if site.activity is None:
            continue
        gives = likely_streams(trades, site.activity.code, top=STREAMS_SHOWN)
        takes = likely_needs(trades, site.activity.code, top=STREAMS_SHOWN)
        read.append((site, [s.concept.id for s in gives], [s.concept.id for s in takes]))
    codes = {code for _site, gives, takes in read for code in (*gives, *takes)}
    known = {row.code: row for row in catalogue().filter(code__in=codes)}

    def rows(wanted: Sequence[str]) -> tuple[Material, ...]:
        return tuple(known[code] for code in wanted if code in known)

    hints = [SiteHint(site, rows(gives), rows(takes)) for site, gives, takes in read]
    return [hint for hint in hints if hint.gives or hint.takes]


@dataclass(frozen=True, slots=True)
class _Named:
    """Rows of the catalogue that the knowledge speaks of."""

    materials: dict[str, Material]
    activities: dict[str, Activity]


def _receiver_kinds(material: Material) -> list[ReceiverKind]:
    lexicon = running_lexicon()
    if material.code not in lexicon.row:
        return []
    return receivers_of_concepts(lexicon, {material.code: 1.0}, top=KINDS_SHOWN)


def _named(*, codes: Collection[str], digits: Collection[str]) -> _Named:
    """The concepts by code, and for each activity its row or that of the nearest wider one."""
    materials = {row.code: row for row in catalogue().filter(code__in=codes)} if codes else {}
    spelt = {code: [_dotted(code[:n]) for n in range(len(code), 1, -1)] for code in digits if code}
    wanted = {code for forms in spelt.values() for code in forms}
    rows = {row.code: row for row in activities().filter(revision="2.0", code__in=wanted)}
    nearest = {
        code: next((rows[form] for form in forms if form in rows), None)
        for code, forms in spelt.items()
    }
    return _Named(materials, {code: row for code, row in nearest.items() if row is not None})


def _way(kind: ReceiverKind, told: str, stream: str, asked: str, named: _Named) -> Way:
    edge = kind.edge
    found = [named.activities[code] for code in kind.activities if code in named.activities]
    return Way(
        material=named.materials[told],
        process=_spoken(edge, "process"),
        conditions=_spoken(edge, "conditions"),
        route=edge.route if edge else "",
        activities=tuple(dict.fromkeys(found)),
        cases=kind.precedents[:CASES_SHOWN],
        strength=kind.strength,
        known_of=named.materials.get(stream) if stream != asked else None,
    )


def _spoken(edge: TextEdge | None, what: str) -> str:
    if edge is None:
        return ""
    language = "bg" if get_language() == "bg" else "en"
    said: str = getattr(edge, f"{what}_{language}")
    return said


def _dotted(digits: str) -> str:
    """``1051`` -> ``10.51``."""
    return digits if len(digits) < 3 else f"{digits[:2]}.{digits[2:]}"


def _most(counts: dict[int, int], regions: dict[int, Region]) -> tuple[tuple[Region, int], ...]:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], regions[entry[0]].code))
    return tuple((regions[key], count) for key, count in ordered[:OBLASTS_SHOWN])
