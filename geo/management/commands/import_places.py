from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from geo.errors import GeoError
from geo.places import import_settlements


class Command(BaseCommand):
    help = "Import the Bulgarian register of settlements (EKATTE) from a CSV file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_settlements(options["file"])
        except GeoError as error:
            raise CommandError(str(error)) from error
        for line, name, reason in report.skipped:
            self.stderr.write(f"line {line} skipped: {name or '(no name)'}: {reason}")
        for line, name, note in report.noted:
            self.stderr.write(f"line {line} taken: {name}: {note}")
        self.stdout.write(
            f"Places: {report.created} new, {report.updated} changed, "
            f"{report.unchanged} unchanged, {len(report.skipped)} skipped; "
            f"{report.superseded} GeoNames entries made way."
        )
