from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from geo.regions import load_shipped_regions


class Command(BaseCommand):
    help = "Load the European NUTS tree and the polygons of the 28 Bulgarian oblasts."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_shipped_regions()
        state = "already loaded" if loaded.already else "loaded"
        self.stdout.write(f"Regions {state}: {loaded.regions}, {loaded.with_shapes} with polygons.")
