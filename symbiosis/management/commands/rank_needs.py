from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from symbiosis.core.text.bulk import ranked_with_reasons
from symbiosis.lexicon import current_ranker
from symbiosis.text_files import FileProblem, read_listings, write_rows


class Command(BaseCommand):
    help = "Rank the needs of one file for each offer of another; works without a database."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--offers", type=Path, required=True, help="CSV: id,text[,waste_code,nace]"
        )
        parser.add_argument("--needs", type=Path, required=True, help="CSV: id,text[,nace]")
        parser.add_argument("--out", type=Path, required=True, help="where to write the ranking")
        parser.add_argument("--top", type=int, default=50, help="needs per offer (default 50)")

        parser.add_argument(
            "--processes", type=int, default=os.cpu_count() or 1, help="default: one a core"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["top"] < 1:
            raise CommandError("--top must be at least 1")
        try:
            offers = read_listings(options["offers"])
            needs = read_listings(options["needs"])
            found = ranked_with_reasons(
                current_ranker(), offers, needs, top=options["top"], processes=options["processes"]
            )
            rows = (
                (
                    offers[told.pair.offer].id,
                    told.pair.rank,
                    needs[told.pair.need].id,
                    f"{told.pair.score:.4f}",
                    told.reason,
                )
                for told in found
            )
            header = ("offer_id", "rank", "need_id", "score", "reason")
            count = write_rows(options["out"], header, rows)
        except FileProblem as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(offers)} offers, {len(needs)} needs, {count} rows written")
