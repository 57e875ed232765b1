"""``manage.py check_catalogues``: is every message of the code in the catalogues, and said?"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.test.utils import override_settings

from config import catalogues

IGNORED = [
    *(".venv", ".local", "node_modules", "tests", "bench", "docs", "*/vendor"),
    "config/locale",  # seen by makemessages, it would be rewritten instead of the copy
]


class Command(BaseCommand):
    help = "Check that the message catalogues are complete, sound and up to date with the code."

    def handle(self, *_args: Any, **_options: Any) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        present = {source.parent.parent.name for source in catalogues.sources()}
        if absent := set(languages) - present:
            raise CommandError(f"No message catalogue for {', '.join(sorted(absent))}.")
        found = [
            problem
            for source in catalogues.sources()
            for problem in catalogues.problems(
                source, complete=source.parent.parent.name in catalogues.COMPLETE_LANGUAGES
            )
        ]
        found += self._missing(languages)
        for problem in found:
            self.stderr.write(problem)
        if found:
            raise CommandError(
                f"{len(found)} problems in the message catalogues (make messages brings new ones)."
            )
        self.stdout.write("The message catalogues are complete.")

    def _missing(self, languages: list[str]) -> list[str]:
        """Messages the code has and a catalogue lacks, found on a copy of the catalogues."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "locale"
            shutil.copytree(settings.LOCALE_PATHS[0], copy)
            with override_settings(LOCALE_PATHS=[str(copy)]):
                call_command(
                    "makemessages",
                    locale=languages,
                    ignore_patterns=IGNORED,
                    no_obsolete=True,
                    verbosity=0,
                    stdout=io.StringIO(),
                )
            return [
                f"{source.parent.parent.name}: {text[:60]!r} is in the code, not in the catalogue"
                for source in catalogues.sources()
                for _context, text in sorted(
                    catalogues.message_ids(copy / source.relative_to(catalogues.LOCALE_DIR))
                    - catalogues.message_ids(source)
                )
            ]
