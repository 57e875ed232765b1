"""Write docs/exchange-process.md from the process table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from marketplace.exchanges.diagram import process_page

PAGE = Path("docs") / "exchange-process.md"


class Command(BaseCommand):
    help = "Write docs/exchange-process.md, the drawing and the rows of a negotiation."

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            (Path(settings.BASE_DIR) / PAGE).write_text(process_page(), encoding="utf-8")
        self.stdout.write(f"{PAGE} written")
