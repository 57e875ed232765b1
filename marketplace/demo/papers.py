"""The papers of the fictional firms: some complete, some with gaps, some about to end, one or the
other missing altogether, so that the legality gate has something to say of every kind.

Drawn from a chance of its own, so that the market of firms and listings stays what its seed says.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from marketplace.catalogue.models import Conversion, Material, WasteCode
from marketplace.firms.models import Site
from marketplace.firms.permits import Permit, PermittedCode
from marketplace.listings.models import Need, Offer, WasteStatus

CODED_SHARE = 0.8
"""Share of the waste offers whose firm has classified the stream."""

_FEED = {"animal-feed", "ruminant-feed", "pig-feed", "poultry-feed", "fish-feed", "protein-feed",
         "pet-food-ingredient", "fishmeal-raw-material"}  # fmt: skip
_FOOD = {"food-ingredient", "food-redistribution", "fibre-flour-ingredient"}
_FUEL = {"boiler-fuel", "kiln-alternative-fuel", "waste-wood-energy", "energy-from-waste-feed"}
_LAND = {"organic-fertiliser", "growing-medium", "liming-material", "mineral-fertiliser-input"}

_USES = (
    (_FEED, Permit.Kind.FEED_BUSINESS),
    (_FOOD, Permit.Kind.FOOD_BUSINESS),
    (_FUEL, Permit.Kind.CO_INCINERATION),
    (_LAND, Permit.Kind.FERTILISER),
)


@dataclass
class _Paper:
    """A permit with what it covers, before either has a row."""

    permit: Permit
    codes: dict[int, int | None] = field(default_factory=dict)
    materials: tuple[int, ...] = ()


def deal_papers(*, seed: int, sites: list[Site], as_of: date) -> int:
    """Classify waste offers and give firms their papers; returns how many papers were written."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible market, not a secret
    _classify(chance, sites)
    dealer = _Dealer(chance, as_of)
    papers = [paper for site in sites for paper in dealer.papers_of(site)]
    Permit.objects.bulk_create([paper.permit for paper in papers], batch_size=500)
    PermittedCode.objects.bulk_create(
        [
            PermittedCode(permit=paper.permit, waste_code_id=code, kg_per_year=kg)
            for paper in papers
            for code, kg in paper.codes.items()
        ],
        batch_size=1_000,
    )
    through = Permit.materials.through
    through.objects.bulk_create(
        through(permit_id=paper.permit.pk, material_id=material)
        for paper in papers
        for material in paper.materials
    )
    return len(papers)


def _classify(chance: random.Random, sites: list[Site]) -> None:
    codes = _codes_of_materials()
    waste = Offer.objects.posted().filter(site__in=sites, waste_status=WasteStatus.WASTE)
    changed = []
    for offer in waste.order_by("site__external_id", "material_id", "base_quantity"):
        if codes[offer.material_id] and chance.random() < CODED_SHARE:
            offer.waste_code_id = codes[offer.material_id][0].pk
            changed.append(offer)
    Offer.objects.bulk_update(changed, ["waste_code"], batch_size=500)


def _codes_of_materials() -> dict[int, list[WasteCode]]:
    found: dict[int, list[WasteCode]] = defaultdict(list)
    links = Material.waste_codes.through.objects.select_related("wastecode")
    for link in links.order_by("material_id", "wastecode__code"):
        found[link.material_id].append(link.wastecode)
    return found


class _Dealer:
    """Deals papers site by site; reads the market once."""

    def __init__(self, chance: random.Random, as_of: date) -> None:
        self._chance, self._as_of = chance, as_of
        self._codes = _codes_of_materials()
        self._sources: dict[int, list[Conversion]] = defaultdict(list)
        for edge in Conversion.objects.order_by("source__code", "target__code", "id"):
            self._sources[edge.target_id].append(edge)
        self._offers: dict[int, list[Offer]] = defaultdict(list)
        self._needs: dict[int, list[Need]] = defaultdict(list)
        for offer in (
            Offer.objects.posted()
            .select_related("material", "waste_code")
            .order_by("material__code", "id")
        ):
            self._offers[offer.site_id].append(offer)
        for need in (
            Need.objects.posted().select_related("material").order_by("material__code", "id")
        ):
            self._needs[need.site_id].append(need)

    def papers_of(self, site: Site) -> Iterator[_Paper]:
        offers, needs = self._offers[site.pk], self._needs[site.pk]
        yield from self._treatment(site, needs)
        yield from self._transport(site, offers, needs)
        for offer in offers:
            yield from self._of_stream(site, offer)
        kinds = {kind for uses, kind in _USES for need in needs if need.material.code in uses} | {
            Permit.Kind.FEED_BUSINESS for offer in offers if offer.material.sector == "food-plant"
        }
        for kind in sorted(kinds):
            if self._chance.random() < 0.75:
                yield self._paper(site, kind, here=True)

    def _treatment(self, site: Site, needs: list[Need]) -> Iterator[_Paper]:
        """What a receiver may take in: most of the codes of the streams that could feed it."""
        operations: set[str] = {"R12", "R13"}
        codes: set[WasteCode] = set()
        for need in needs:
            codes.update(self._codes[need.material_id])
            for edge in self._sources[need.material_id]:
                codes.update(self._codes[edge.source_id])
                if edge.route.startswith("R"):
                    operations.add(edge.route)
        kept = [c for c in sorted(codes, key=lambda c: c.code) if self._chance.random() < 0.85]
        if not kept or self._chance.random() < 0.35:
            return
        covered = {code.pk: self._limit() for code in kept}
        permit = self._chance.random() < 0.4
        if not permit:
            covered = {code.pk: covered[code.pk] for code in kept if not code.hazardous}
        kind = Permit.Kind.WASTE_PERMIT if permit else Permit.Kind.WASTE_REGISTRATION
        paper = self._paper(site, kind, here=True)
        by_number: list[str] = sorted(operations, key=lambda code: int(code[1:]))
        paper.permit.operations = by_number
        paper.codes = covered
        if covered:
            yield paper

    def _transport(self, site: Site, offers: list[Offer], needs: list[Need]) -> Iterator[_Paper]:
        codes = {offer.waste_code_id for offer in offers if offer.waste_code_id}
        for need in needs:
            codes.update(code.pk for code in self._codes[need.material_id])
            for edge in self._sources[need.material_id]:
                codes.update(code.pk for code in self._codes[edge.source_id])
        if codes and self._chance.random() < 0.5:
            paper = self._paper(site, Permit.Kind.TRANSPORT, here=False)
            paper.codes = dict.fromkeys(sorted(codes))
            yield paper

    def _of_stream(self, site: Site, offer: Offer) -> Iterator[_Paper]:
        """Evidence for what the holder says that its stream is."""
        kind = {
            WasteStatus.BY_PRODUCT.value: Permit.Kind.BY_PRODUCT,
            WasteStatus.END_OF_WASTE.value: Permit.Kind.END_OF_WASTE,
            WasteStatus.WASTE.value: Permit.Kind.CLASSIFICATION,
        }.get(offer.waste_status)
        if kind is None or self._chance.random() > 0.6:
            return
        paper = self._paper(site, kind, here=True)
        paper.materials = (offer.material_id,)
        if offer.waste_code_id and kind == Permit.Kind.CLASSIFICATION:
            paper.codes = {offer.waste_code_id: None}
            if offer.waste_code and offer.waste_code.hazardous:
                paper.permit.hazard_properties = ["HP14"]
        yield paper

    def _paper(self, site: Site, kind: Permit.Kind, *, here: bool) -> _Paper:
        """One in ten has lapsed, one in ten is about to, a third are without an end."""
        self._number = getattr(self, "_number", 0) + 1
        draw = self._chance.random()
        until = None
        if draw < 0.1:
            until = self._as_of - timedelta(days=self._chance.randrange(1, 200))
        elif draw < 0.2:
            until = self._as_of + timedelta(days=self._chance.randrange(10, 80))
        elif draw < 0.67:
            until = self._as_of + timedelta(days=self._chance.randrange(200, 1_500))
        return _Paper(
            Permit(
                organisation_id=site.organisation_id,
                site=site if here else None,
                kind=kind,
                number=f"ДЕМО-{self._number:04d}",
                authority="РИОСВ (измислена)",
                country=site.country,
                valid_from=self._as_of - timedelta(days=1_000),
                valid_until=until,
                is_demo=True,
            )
        )

    def _limit(self) -> int | None:
        return (
            None
            if self._chance.random() < 0.5
            else self._chance.choice([200, 2_000, 20_000]) * 1_000
        )
