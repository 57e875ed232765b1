"""Fills the catalogue's tables from the reviewed data files, whole and repeatably."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from stdnum.eu import nace
from stdnum.exceptions import ValidationError

from marketplace.catalogue.knowledge import (
    DATA_DIR,
    ActivityLabel,
    Concept,
    Knowledge,
    read_knowledge,
)
from marketplace.catalogue.models import (
    Activity,
    CatalogueRelease,
    Conversion,
    Material,
    StreamProfile,
    WasteCode,
)
from marketplace.catalogue.selectors import edited_conversions, edited_materials

NACE_REVISIONS = ("2.0", "2.1")


def data_digest(folder: Path = DATA_DIR) -> str:
    """SHA-256 over the names and contents of the data files."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".yaml", ".csv"}):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def load_catalogue(*, folder: Path = DATA_DIR, force: bool = False) -> CatalogueRelease | None:
    """Load the files unless this very release is in the database already (then None).

    Rows are matched by code and updated in place, so listings keep their material; a concept that
    left the files stays in the table, since something may refer to it. Concepts and conversions
    that people changed since the last load keep what was typed, unless ``force`` asks for the
    files as they are; the release counts how many were kept.
    """
    digest = data_digest(folder)
    latest = CatalogueRelease.objects.first()
    if latest is not None and latest.digest == digest and not force:
        return None
    knowledge = read_knowledge(folder)
    with transaction.atomic():
        _load_activities(knowledge.activities)
        _load_waste_codes(knowledge)
        touched = Material.objects.none() if force else edited_materials()
        ways = Conversion.objects.none() if force else edited_conversions()
        kept, kept_ways = set(touched.values_list("code", flat=True)), ways.in_pairs()
        materials = _load_materials(knowledge, kept)
        _load_conversions(knowledge, materials, kept_ways)
        _load_profiles(knowledge, materials)
        CatalogueRelease.objects.filter(digest=digest).delete()
        counts = knowledge.counts() | {"kept_edits": len(kept) + len(kept_ways)}
        release = CatalogueRelease.objects.create(digest=digest, counts=counts)
        _stay_edits(kept, kept_ways)
        return release


def _stay_edits(kept: set[str], kept_ways: set[tuple[int, int]]) -> None:
    """What was kept becomes younger than this load, so that the next one keeps it too."""
    now = timezone.now()
    Material.objects.filter(code__in=kept).update(updated_at=now)
    for source, target in kept_ways:
        Conversion.objects.filter(source_id=source, target_id=target).update(updated_at=now)


def _upsert(model: type[models.Model], rows: Iterable[models.Model], unique: list[str]) -> None:
    skipped = {*unique, "id"}
    updated = [
        f.name for f in model._meta.concrete_fields if f.name not in skipped and not f.primary_key
    ]
    model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=unique,
        update_fields=updated,
        batch_size=500,
    )


def _nace_codes(revision: str) -> Iterator[tuple[str, str]]:
    """Every division, group and class of a revision with its English label."""
    for number in (f"{n:0{width}d}" for width in (2, 3, 4) for n in range(10**width)):
        try:
            nace.validate(number, revision=revision)
        except ValidationError:
            continue
        yield nace.format(number), nace.get_label(number, revision)


def _load_activities(labels: tuple[ActivityLabel, ...]) -> None:
    bulgarian = {(label.revision, label.code): label.label_bg for label in labels}
    _upsert(
        Activity,
        (
            Activity(
                revision=revision,
                code=code,
                name_en=name,
                name_bg=bulgarian.get((revision, code), ""),
            )
            for revision in NACE_REVISIONS
            for code, name in _nace_codes(revision)
        ),
        ["revision", "code"],
    )


def _load_waste_codes(knowledge: Knowledge) -> None:
    _upsert(
        WasteCode,
        (
            WasteCode(
                code=entry.code,
                entry=entry.entry,
                name_en=entry.label_en,
                name_bg=entry.label_bg,
                question_en=entry.question_en,
                question_bg=entry.question_bg,
            )
            for entry in knowledge.waste_codes
        ),
        ["code"],
    )
    ids = dict(WasteCode.objects.values_list("code", "id"))
    through: Any = WasteCode.mirrors.through
    pairs = {
        pair
        for entry in knowledge.waste_codes
        for other in entry.mirror
        if other in ids
        for pair in ((ids[entry.code], ids[other]), (ids[other], ids[entry.code]))
    }
    through.objects.all().delete()
    through.objects.bulk_create(
        through(from_wastecode_id=one, to_wastecode_id=other) for one, other in sorted(pairs)
    )


def _load_materials(knowledge: Knowledge, kept: set[str]) -> dict[str, int]:
    kinds = _kinds_of_uses(knowledge)
    concepts = tuple(concept for concept in knowledge.concepts if concept.id not in kept)
    _upsert(
        Material,
        (_material(concept, kinds.get(concept.id, concept.kind)) for concept in concepts),
        ["code"],
    )
    ids = dict(Material.objects.values_list("code", "id"))
    parents = []
    for concept in concepts:
        broader = ids.get(concept.broader)
        parents.append(Material(id=ids[concept.id], broader_id=broader))
    Material.objects.bulk_update(parents, ["broader"], batch_size=500)
    _link_waste_codes(concepts, ids)
    return ids


def _kinds_of_uses(knowledge: Knowledge) -> dict[str, str]:
    """A use is measured like most of the streams that serve it; a material where none does."""
    kinds = {}
    for concept in knowledge.concepts:
        if concept.kind != "use":
            continue
        served_by = Counter(
            knowledge.concept_by_id[edge.from_id].kind
            for edge in knowledge.edges_to.get(concept.id, ())
            if edge.from_id in knowledge.concept_by_id
        )
        served_by.pop("use", None)
        kinds[concept.id] = served_by.most_common(1)[0][0] if served_by else "material"
    return kinds


def _material(concept: Concept, kind: str) -> Material:
    low, high = concept.value_eur_t or (None, None)
    return Material(
        code=concept.id,
        name_en=concept.en,
        name_bg=concept.bg,
        kind=kind,
        is_use=concept.kind == "use",
        pillar=concept.pillar,
        sector=concept.sector,
        synonyms_en=list(concept.synonyms_en),
        synonyms_bg=list(concept.synonyms_bg),
        cn_codes=list(concept.cn),
        form=concept.form,
        density_kg_m3=_whole(concept.density_kg_m3),
        disposal_cents_per_t=_cents(concept.disposal_eur_t) or 0,
        value_low_cents_per_t=_cents(low),
        value_high_cents_per_t=_cents(high),
        purchase_cents_per_t=_cents(concept.purchase_eur_t),
        substitution=_decimal(concept.substitution),
        avoided_kgco2e_per_t=_decimal(concept.avoided_kgco2e_t),
        avoided_source=concept.avoided_source,
        avoided_year=concept.avoided_year,
        properties=concept.properties,
        hazard=concept.hazard,
        note=concept.note,
    )


def _link_waste_codes(concepts: tuple[Concept, ...], ids: dict[str, int]) -> None:
    codes = dict(WasteCode.objects.values_list("code", "id"))
    through: Any = Material.waste_codes.through
    through.objects.filter(material_id__in=[ids[concept.id] for concept in concepts]).delete()
    through.objects.bulk_create(
        through(material_id=ids[concept.id], wastecode_id=codes[code])
        for concept in concepts
        for code in dict.fromkeys(concept.low_codes)
        if code in codes
    )


def _load_conversions(
    knowledge: Knowledge, ids: dict[str, int], kept: set[tuple[int, int]]
) -> None:
    """Every way of the files but those of the kept pairs (source, target), which stay as typed."""
    edges = {
        (edge.from_id, edge.to_id, edge.process_en): edge
        for edge in knowledge.conversions
        if edge.from_id in ids and edge.to_id in ids
        if (ids[edge.from_id], ids[edge.to_id]) not in kept
    }
    stale = Conversion.objects.filter(source_id__in=ids.values())
    for source, target in kept:
        stale = stale.exclude(source_id=source, target_id=target)
    stale.delete()
    Conversion.objects.bulk_create(
        (
            Conversion(
                source_id=ids[edge.from_id],
                target_id=ids[edge.to_id],
                process_en=edge.process_en,
                process_bg=edge.process_bg,
                yield_ratio=_decimal(edge.yield_ratio) or 1,
                cost_low_cents_per_t=_cents(edge.cost_eur_t[0] if edge.cost_eur_t else None) or 0,
                cost_high_cents_per_t=_cents(edge.cost_eur_t[1] if edge.cost_eur_t else None) or 0,
                conditions_en=edge.conditions_en,
                conditions_bg=edge.conditions_bg,
                route=edge.route,
                weight=_decimal(edge.weight) or 0,
            )
            for edge in edges.values()
        ),
        batch_size=500,
    )


def _load_profiles(knowledge: Knowledge, ids: dict[str, int]) -> None:
    rows = {}
    for profile in knowledge.profiles:
        for direction, streams in (("output", profile.outputs), ("input", profile.inputs)):
            for stream in streams:
                if stream.concept not in ids:
                    continue
                rows[profile.nace, direction, stream.concept] = StreamProfile(
                    activity_code=profile.nace,
                    direction=direction,
                    material_id=ids[stream.concept],
                    likelihood=stream.likely,
                    t_per_employee=_decimal(stream.t_per_employee),
                    t_per_t_product=_decimal(stream.t_per_t_product),
                    share_of_waste=_decimal(stream.share_of_waste),
                    source=stream.source,
                )
    StreamProfile.objects.all().delete()
    StreamProfile.objects.bulk_create(rows.values(), batch_size=500)


def _cents(euros: Decimal | None) -> int | None:
    return None if euros is None else int((euros * 100).to_integral_value())


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)
