"""Write docs/api/openapi.yaml, or with --check fail where it differs from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from api.schema import contract_yaml


class Command(BaseCommand):
    help = "Write the API contract to docs/api/openapi.yaml, or check the committed one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="fail where the committed file differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        committed = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.yaml"
        current = contract_yaml()
        if not options["check"]:
            committed.parent.mkdir(parents=True, exist_ok=True)
            committed.write_bytes(current)
            self.stdout.write(f"{committed.relative_to(settings.BASE_DIR)} written")
        elif not committed.is_file() or committed.read_bytes() != current:
            raise CommandError("docs/api/openapi.yaml differs from the code: make schema")
