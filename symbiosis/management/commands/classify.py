from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from symbiosis.core.text.listing import CodeCandidate, ConceptCandidate
from symbiosis.core.text.words import language_of
from symbiosis.lexicon import current_helper
from symbiosis.text_files import FileProblem, read_listings, write_rows

HEADER = ("id", "kind", "rank", "key", "label", "score", "reason")


class Command(BaseCommand):
    help = "Name the likeliest concepts and List of Waste codes of each text; no database."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--in", dest="source", type=Path, required=True, help="CSV: id,text[,waste_code,nace]"
        )
        parser.add_argument("--out", type=Path, required=True, help="where to write the candidates")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listings = read_listings(options["source"])
            drafts = current_helper().drafts(listings)
            rows = (
                row
                for listing, draft in zip(listings, drafts, strict=True)
                for row in (
                    *_concepts(listing.id, language_of(listing.text), draft.concepts),
                    *_codes(listing.id, language_of(listing.text), draft.codes),
                )
            )
            count = write_rows(options["out"], HEADER, rows)
        except FileProblem as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(listings)} texts, {count} rows written")


def _concepts(
    name: str, language: str, candidates: tuple[ConceptCandidate, ...]
) -> Iterator[tuple[object, ...]]:
    for rank, found in enumerate(candidates, start=1):
        met = f"{', '.join(found.words)} ~ {found.name_met}" if found.words else "similar letters"
        evidence = [met]
        if found.code_met:
            evidence.append(f"code {found.code_met}")
        if found.activity_met:
            evidence.append(f"activity {found.activity_met}")
        yield (
            name, "concept", rank, found.concept.id, found.concept.name(language),
            f"{found.probability:.4f}", "; ".join(evidence),
        )  # fmt: skip


def _codes(
    name: str, language: str, candidates: tuple[CodeCandidate, ...]
) -> Iterator[tuple[object, ...]]:
    for rank, found in enumerate(candidates, start=1):
        evidence = [f"usual for {found.concept}"] if found.concept else []
        if found.words:
            evidence.append(f"label has {', '.join(found.words)}")
        if found.mirrors:
            pair = ", ".join(mirror.display for mirror in found.mirrors)
            evidence.append(f"mirror of {pair}: {found.code.question(language)}")
        yield (
            name, "code", rank, found.code.display, found.code.label(language),
            f"{found.score:.4f}", "; ".join(evidence),
        )  # fmt: skip
