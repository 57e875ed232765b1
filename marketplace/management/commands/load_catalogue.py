from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from marketplace.catalogue.loading import load_catalogue


class Command(BaseCommand):
    help = "Load materials, waste codes, activities and their knowledge from the data files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load although nothing changed")

    def handle(self, *args: Any, **options: Any) -> None:
        release = load_catalogue(force=options["force"])
        if release is None:
            self.stdout.write("The catalogue is already loaded.")
            return
        counts = ", ".join(f"{count} {name}" for name, count in release.counts.items())
        self.stdout.write(f"Catalogue loaded: {counts}.")
