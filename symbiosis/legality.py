"""Rows into legal cases: the rule table, papers on record, and verdicts on proposals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import yaml
from django.db.models import Count, Max, Prefetch

from marketplace.catalogue.knowledge import DATA_DIR
from marketplace.catalogue.models import WasteCode
from marketplace.firms.permits import Permit, PermittedCode
from marketplace.firms.viewers import Viewer
from marketplace.listings.confidence import Aspect
from marketplace.listings.disclosure import withheld
from marketplace.listings.models import Listing
from symbiosis.catalogue import Catalogue
from symbiosis.core.legality import (
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
    codes = PermittedCode.objects.select_related("waste_code")
    found: dict[int, list[Document]] = defaultdict(list)
    for permit in permits.prefetch_related(Prefetch("codes", codes), "materials").order_by("id"):
        found[permit.organisation_id].append(_document(permit))
    return {owner: tuple(documents) for owner, documents in found.items()}


def papers_as_of() -> tuple[object, ...]:
    """Another value whenever a paper on record was added or changed."""
    return tuple(Permit.objects.aggregate(n=Count("id"), at=Max("updated_at")).values())


def _document(permit: Permit) -> Document:
    covered = {row.waste_code.code: row.kg_per_year for row in permit.codes.all()}
    return Document(
        kind=permit.kind,
        number=permit.number,
        site=permit.site_id,
        codes=MappingProxyType(covered),
        operations=frozenset(permit.operations),
        materials=frozenset(material.code for material in permit.materials.all()),
        hazard_properties=frozenset(permit.hazard_properties),
        valid_from=permit.valid_from,
        valid_until=permit.valid_until,
    )


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
    )


def route_of(catalogue: Catalogue, pair_row: int) -> Route:
    """What the receiver of a pair does with it."""
    pair = catalogue.pairs[pair_row]
    operation = "" if pair.conversion is None else catalogue.routes[pair.conversion]
    needed = catalogue.materials[pair.needed]
    return Route(operation, needed.code, catalogue.lineage(pair.needed))


def verdicts_on(
    proposals: Sequence[Proposal], viewer: Viewer, catalogue: Catalogue, *, day: date
) -> dict[int, Verdict]:
    """The verdict on each proposal by id, by what the viewer may know and papers on the day.

    Proposals must come with their parties (ProposalQuerySet.with_parties). Three queries for all.
    """
    told = [
        listing.organisation_id
        for proposal in proposals
        for listing in (proposal.offer, proposal.need)
        if shows_holder(listing, viewer)
    ]
    papers = papers_of(told) if told else {}
    return {
        proposal.pk: decide(rule_table(), _case(proposal, viewer, catalogue, papers, day))
        for proposal in proposals
    }


def _case(
    proposal: Proposal, viewer: Viewer, catalogue: Catalogue, papers: Papers, day: date
) -> Case:
    offer, need = proposal.offer, proposal.need
    code = None if Aspect.CODE in withheld(offer, viewer) else offer.waste_code
    row = catalogue.row_of_pair(offer.material_id, need.material_id)
    use = catalogue.materials[need.material_id]
    return Case(
        stream=stream_of(catalogue, offer.material_id, offer.waste_status, code),
        route=Route("", use.code, catalogue.lineage(use.pk))
        if row is None
        else route_of(catalogue, row),
        holder=_party(offer, viewer, papers),
        receiver=_party(need, viewer, papers),
        day=day,
        kg=proposal.base_quantity,
    )


def shows_holder(listing: Listing, viewer: Viewer) -> bool:
    """Whether the viewer is told whose it is and where, and so may weigh the papers."""
    return withheld(listing, viewer).isdisjoint({Aspect.HOLDER, Aspect.PLACE})


def _party(listing: Listing, viewer: Viewer, papers: Papers) -> Party:
    if shows_holder(listing, viewer):
        documents = papers.get(listing.organisation_id, ())
        return Party(listing.site.country, listing.site_id, documents)
    region = listing.public_region
    country = region.country if region else listing.organisation.country
    return Party(country, 0, told=False)
