from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from geo.errors import GeoError
from geo.region_files import SCHEMES, import_region_file


class Command(BaseCommand):
    help = "Import better polygons of NUTS regions or municipalities from a file in WGS 84."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scheme", choices=SCHEMES, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_region_file(options["file"], scheme=options["scheme"])
        except GeoError as error:
            raise CommandError(str(error)) from error
        for code, why in report.repaired:
            self.stderr.write(f"{code} repaired: {why}")
        for code, why in report.skipped:
            self.stderr.write(f"{code} skipped: {why}")
        self.stdout.write(
            f"Regions: {report.drawn} drawn, {report.created} of them new, "
            f"{len(report.repaired)} repaired, {len(report.skipped)} skipped."
        )
