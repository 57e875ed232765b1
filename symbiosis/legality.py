"""Rows into legal cases: the rule table, papers on record, and verdicts on proposals."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import yaml
from django.db.models import Count, Max

from marketplace.catalogue.green_list import green_entries
from marketplace.catalogue.knowledge import DATA_DIR
from marketplace.catalogue.models import WasteCode
from marketplace.firms.permits import Permit, PermittedCode
from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect
from marketplace.listings.disclosure import withheld
from marketplace.listings.models import Listing, Need, Offer, Service
from symbiosis.catalogue import Catalogue
from symbiosis.core.legality import (
    NOTHING,
    Case,
    Document,
    Party,
    Route,
    RuleTable,
    Status,
    Stream,
    Verdict,
    decide,
    parse_table,
)
from symbiosis.models import Proposal

LEGALITY_DIR = DATA_DIR / "legality"
STORE_OPERATION = "R13"
RULE_FILES = ("rules-eu.yaml", "rules-bg.yaml")

Papers = Mapping[int, tuple[Document, ...]]
"""Documents on record by organisation."""


@lru_cache(maxsize=1)
def rule_table() -> RuleTable:
    """The reviewed table of this release. Raises RuleTableError where a file does not hold."""
    rules = [row for name in RULE_FILES for row in _rows(name)]
    return parse_table(_rows("papers.yaml"), rules)


@lru_cache(maxsize=1)
def blocking_table() -> RuleTable:
    """The part of it that can keep a pair from being proposed."""
    return rule_table().blocking


@lru_cache(maxsize=1)
def rules_edition() -> str:
    """Names the reviewed table that verdicts of this release rest on."""
    files = ("papers.yaml", *RULE_FILES, "green-list.yaml")
    texts = ((LEGALITY_DIR / name).read_bytes() for name in files)
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


def _rows(name: str) -> list[dict[str, object]]:
    text = (LEGALITY_DIR / name).read_text(encoding="utf-8")
    found: list[dict[str, object]] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - text only
    return found


def papers_of(organisation_ids: Iterable[int], *, kinds: Iterable[str] | None = None) -> Papers:
    """Papers on record of some organisations, expired ones too: a verdict says what lapsed."""
    permits = Permit.objects.filter(
        organisation_id__in=set(organisation_ids), withdrawn_on__isnull=True
    )
    if kinds is not None:
        permits = permits.filter(kind__in=set(kinds))
    # Tuples, not model instances: a permit may list hundreds of codes.
    rows = list(permits.order_by("id").values_list("id", "organisation_id", *_PERMIT_COLUMNS))
    ids = [row[0] for row in rows]
    codes: dict[int, dict[str, int | None]] = defaultdict(dict)
    covered = PermittedCode.objects.filter(permit_id__in=ids).order_by("waste_code__code")
    for permit_id, code, kg in covered.values_list("permit_id", "waste_code__code", "kg_per_year"):
        codes[permit_id][code] = kg
    materials: dict[int, set[str]] = defaultdict(set)
    spoken_of = Permit.materials.through.objects.filter(permit_id__in=ids)
    for permit_id, material in spoken_of.values_list("permit_id", "material__code"):
        materials[permit_id].add(material)
    found: dict[int, list[Document]] = defaultdict(list)
    for permit_id, owner, *values in rows:
        found[owner].append(_document(values, codes[permit_id], materials[permit_id]))
    return {owner: tuple(documents) for owner, documents in found.items()}


_PERMIT_COLUMNS = (
    "kind", "number", "site_id", "operations", "hazard_properties", "valid_from", "valid_until",
)  # fmt: skip


def _document(
    values: Sequence[Any], codes: Mapping[str, int | None], materials: Iterable[str]
) -> Document:
    kind, number, site, operations, hazard_properties, valid_from, valid_until = values
    return Document(
        kind=kind,
        number=number,
        site=site,
        codes=MappingProxyType(codes),
        operations=frozenset(operations),
        materials=frozenset(materials),
        hazard_properties=frozenset(hazard_properties),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def papers_as_of() -> tuple[object, ...]:
    """Another value whenever a paper on record was added or changed."""
    return tuple(Permit.objects.aggregate(n=Count("id"), at=Max("updated_at")).values())


def stream_of(
    catalogue: Catalogue, material_id: int, status: str, code: WasteCode | None
) -> Stream:
    """What is offered, as the rules see it."""
    material = catalogue.materials[material_id]
    return Stream(
        material=material.code,
        lineage=catalogue.lineage(material_id),
        kind=material.kind,
        status=Status(status),
        code=code.code if code else "",
        entry=code.entry if code else "",
        green=tuple(entry.key for entry in green_entries(code.code)) if code else (),
    )


def route_of(catalogue: Catalogue, pair_row: int) -> Route:
    """What the receiver of a pair does with it."""
    pair = catalogue.pairs[pair_row]
    operation = "" if pair.conversion is None else catalogue.routes[pair.conversion]
    needed = catalogue.materials[pair.needed]
    return Route(operation, needed.code, catalogue.lineage(pair.needed))


@dataclass(frozen=True, slots=True)
class Pair:
    """What is weighed: two listings with a quantity; ``opted_in``: both sides have shared their
    names with each other. ``base_quantity`` in base units a year, or in all; ``taker``: the service
    that takes the stream from its holder where the exchange is led through services."""

    offer: Offer
    need: Need
    base_quantity: int
    opted_in: bool = False
    taker: Service | None = None


def verdicts_on(
    proposals: Sequence[Proposal], viewer: Viewer, catalogue: Catalogue, *, day: date
) -> dict[int, Verdict]:
    """The verdict on each proposal by id, by what the viewer may know and papers on the day.

    Proposals must come with their parties (ProposalQuerySet.with_parties). Three queries for all.
    """
    takers = _first_takers(proposals)
    pairs = {
        row.pk: Pair(row.offer, row.need, row.base_quantity, taker=takers.get(row.pk))
        for row in proposals
    }
    papers = papers_told(pairs.values(), viewer)
    return {
        pk: decide(rule_table(), case_of(pair, viewer, catalogue, papers, day=day))
        for pk, pair in pairs.items()
    }


def _first_takers(proposals: Sequence[Proposal]) -> dict[int, Service]:
    """By proposal led through services, the one that takes the stream from its holder."""
    first = {p.pk: p.service_ids[0] for p in proposals if p.route}
    if not first:
        return {}
    services = Service.objects.select_related("site", "input_material").in_bulk(set(first.values()))
    return {pk: services[service] for pk, service in first.items() if service in services}


def route_into(catalogue: Catalogue, service: Service) -> Route | None:
    """What a service does with what it takes, as the rules see it; None for a store of anything."""
    material = service.input_material
    if material is None:
        return None
    if service.kind == Service.Kind.STORAGE:
        return Route(STORE_OPERATION, material.code, catalogue.lineage(material.pk))
    row = catalogue.row_of_pair(material.pk, service.output_material_id or 0)
    conversion = None if row is None else catalogue.pairs[row].conversion
    operation = "" if conversion is None else catalogue.routes[conversion]
    return Route(operation, material.code, catalogue.lineage(material.pk))


def papers_told(pairs: Iterable[Pair], viewer: Viewer) -> Papers:
    """Papers of the sides that have shown themselves to the viewer."""
    known = list(pairs)
    told = [
        listing.organisation_id
        for pair in known
        for listing in (pair.offer, pair.need)
        if pair.opted_in or shows_holder(listing, viewer)
    ]
    told += [pair.taker.organisation_id for pair in known if pair.taker is not None]
    return papers_of(told) if told else {}


def case_of(
    pair: Pair,
    viewer: Viewer,
    catalogue: Catalogue,
    papers: Papers,
    *,
    day: date,
    drawn_up: frozenset[str] = NOTHING,
) -> Case:
    """The pair as the rules see it, as far as the viewer may know it; where services lead it, the
    stream's way to whoever takes it from its holder."""
    offer, need = pair.offer, pair.need
    kept_back = not pair.opted_in and Aspect.CODE in withheld(offer, viewer)
    row = catalogue.row_of_pair(offer.material_id, need.material_id)
    use = catalogue.materials[need.material_id]
    route = Route("", use.code, catalogue.lineage(use.pk)) if row is None else None
    receiver = _party(need, viewer, papers, opted_in=pair.opted_in)
    if (taker := pair.taker) is not None:
        route = route_into(catalogue, taker) or Route(
            STORE_OPERATION, use.code, catalogue.lineage(use.pk)
        )
        documents = papers.get(taker.organisation_id, ())
        receiver = Party(taker.site.country, taker.site_id, documents)
    return Case(
        stream=stream_of(
            catalogue,
            offer.material_id,
            offer.waste_status,
            None if kept_back else offer.waste_code,
        ),
        route=route or route_of(catalogue, row or 0),
        holder=_party(offer, viewer, papers, opted_in=pair.opted_in),
        receiver=receiver,
        day=day,
        kg=pair.base_quantity,
        drawn_up=drawn_up,
    )


def shows_holder(listing: Listing, viewer: Viewer) -> bool:
    """Whether the viewer is told whose it is and where, and so may weigh the papers."""
    return withheld(listing, viewer).isdisjoint({Aspect.HOLDER, Aspect.PLACE})


def _party(listing: Listing, viewer: Viewer, papers: Papers, *, opted_in: bool) -> Party:
    if opted_in or shows_holder(listing, viewer):
        documents = papers.get(listing.organisation_id, ())
        return Party(listing.site.country, listing.site_id, documents)
    region = listing.public_region
    country = region.country if region else listing.organisation.country
    return Party(country, 0, told=False)
