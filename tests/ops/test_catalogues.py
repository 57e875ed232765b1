"""The message catalogues: what the check must catch, and that it does."""

from __future__ import annotations

import gettext
import io
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest
from django.core.management import CommandError, call_command

from config import catalogues

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogues, "LOCALE_DIR", tmp_path)
    path = tmp_path / "bg" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "offer"\nmsgstr ""\n', "has no translation"),
        ('#, fuzzy\nmsgid "offer"\nmsgstr "нужда"\n', "is marked fuzzy"),
        ('msgid "%(n)d offers"\nmsgstr "оферти"\n', "loses or gains a placeholder"),
        ('msgid "offers"\nmsgstr "%(n)d оферти"\n', "loses or gains a placeholder"),
    ],
)
def test_defect_is_named(source: Path, entry: str, complaint: str) -> None:
    source.write_text(HEADER + entry)
    found = list(catalogues.problems(source, complete=True))
    assert len(found) == 1
    assert complaint in found[0]


def test_sound_catalogue_compiles_and_speaks_bulgarian(source: Path) -> None:
    source.write_text(HEADER + 'msgid "%(n)d offers"\nmsgstr "%(n)d оферти"\n')
    assert list(catalogues.problems(source, complete=True)) == []
    assert not catalogues.is_compiled(source)
    catalogues.compile_all()
    assert catalogues.is_compiled(source)
    with source.with_suffix(".mo").open("rb") as stream:
        assert gettext.GNUTranslations(stream).gettext("%(n)d offers") == "%(n)d оферти"


def test_english_may_leave_messages_as_they_are(source: Path) -> None:
    source.write_text(HEADER + 'msgid "offer"\nmsgstr ""\n')
    assert list(catalogues.problems(source, complete=False)) == []


@pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="needs gettext, which make test brings"
)
def test_check_sees_what_a_catalogue_lacks_and_changes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """On a copy of the catalogues from which one message of the code was taken out."""
    real = catalogues.LOCALE_DIR
    before = {path: path.read_bytes() for path in real.glob("*/LC_MESSAGES/*.po")}
    copy = tmp_path / "catalogues"
    shutil.copytree(real, copy)
    monkeypatch.setattr(catalogues, "LOCALE_DIR", copy)
    settings.LOCALE_PATHS = [str(copy)]
    bulgarian = copy / "bg" / "LC_MESSAGES" / "django.po"
    shortened = polib.pofile(str(bulgarian))
    shortened.remove(shortened.find("secretariat"))
    shortened.save()
    told = io.StringIO()
    with pytest.raises(CommandError, match="1 problems"):
        call_command("check_catalogues", stderr=told)
    assert told.getvalue().strip() == "bg: 'secretariat' is in the code, not in the catalogue"
    assert {path: path.read_bytes() for path in real.glob("*/LC_MESSAGES/*.po")} == before
