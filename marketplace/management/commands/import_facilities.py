from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django_rich.management import RichCommand
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from geo.planner import count_anew
from marketplace.firms.models import Organisation, Site
from marketplace.listings.models import Need, Offer
from marketplace.registers.duplicates import propose_duplicates
from marketplace.registers.facilities import RegisterFileError, SkippedRow
from marketplace.registers.inference import READ, infer_listings
from marketplace.registers.services import import_facilities


class Command(RichCommand):
    help = (
        "Take a register of industrial facilities (CSV) in: sites with their regions, what they "
        "probably give off and take in, and which of them may be one plant in two registers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--skipped", type=Path, help="write skipped rows to this CSV file")
        parser.add_argument("--no-infer", action="store_true", help="leave likely streams out")
        parser.add_argument("--no-duplicates", action="store_true", help="do not look for pairs")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,}"),
            TimeElapsedColumn(),
            console=self.console,
        ) as progress:
            step = progress.add_task("Reading facilities", total=None)
            try:
                report = import_facilities(
                    path, on_progress=lambda rows: progress.update(step, completed=rows)
                )
            except RegisterFileError as error:
                raise CommandError(str(error)) from error
            offers = needs = pairs = 0
            if not options["no_infer"] and report.created + report.updated:
                step = progress.add_task("Inferring likely streams", total=None)
                offers, needs = infer_listings(
                    Site.objects.current()
                    .exclude(source="")
                    .only(*READ)
                    .order_by("pk")
                    .iterator(2_000),
                    on_progress=lambda n: progress.update(step, completed=n),
                )
            if not options["no_duplicates"]:
                step = progress.add_task("Comparing sites", total=None)
                pairs = propose_duplicates(on_progress=lambda n: progress.update(step, completed=n))
        count_anew(Organisation, Site, Offer, Need)
        self.stdout.write(
            f"{report.read:,} rows: {report.created:,} sites created, {report.updated:,} updated, "
            f"{report.unchanged:,} unchanged, {len(report.skipped):,} skipped; "
            f"{report.without_region:,} without a region."
        )
        if offers or needs:
            self.stdout.write(f"Inferred: {offers:,} offers and {needs:,} needs.")
        self.stdout.write(f"Possible duplicates newly proposed: {pairs:,}.")
        self._report_skipped(report.skipped, options["skipped"])

    def _report_skipped(self, skipped: list[SkippedRow], path: Path | None) -> None:
        for row in skipped[:20]:
            self.stdout.write(f"  line {row.line} ({row.source_id}): {row.field} {row.reason}")
        if len(skipped) > 20 and path is None:
            self.stdout.write(f"  and {len(skipped) - 20:,} more; --skipped FILE lists them all")
        if path is not None:
            with path.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(["line", "source_id", "field", "reason"])
                writer.writerows((r.line, r.source_id, r.field, r.reason) for r in skipped)
            self.stdout.write(f"  all of them are in {path}")
