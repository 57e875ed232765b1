"""Which files may be given to the other side: their size, their name, and what they truly are.

Pure. A name's ending, the type it claims and the first bytes must agree, so that nothing is served
as what it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from marketplace.errors import Problem
from marketplace.text_rules import hostile_character, visibly_blank

LARGEST_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the type it is served as and how its bytes are recognised."""

    content_type: str
    recognise: Callable[[bytes], bool]


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _office(part: bytes) -> Callable[[bytes], bool]:
    """An Office Open XML package: a ZIP that names its content types and the kind's folder."""
    return lambda data: (
        data.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in data and part in data
    )


def _text(data: bytes) -> bool:
    try:
        return "\x00" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, Kind] = {
    "pdf": Kind("application/pdf", _starts(b"%PDF-")),
    "png": Kind("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    "docx": Kind(f"{_OFFICE}.wordprocessingml.document", _office(b"word/")),
    "xlsx": Kind(f"{_OFFICE}.spreadsheetml.sheet", _office(b"xl/")),
    "csv": Kind("text/csv", _text),
    "txt": Kind("text/plain", _text),
}
"""By the ending of the name, lower case."""


def ending(name: str) -> str:
    """The name's ending without its dot, lower case; empty where it has none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def kind_of(name: str) -> Kind | None:
    return KINDS.get(ending(name))


def file_problems(name: str, data: bytes) -> list[Problem]:
    """Everything that keeps the file out."""
    problems = _name_problems(name)
    if not data:
        problems.append(Problem("file", "empty", _("The file is empty.")))
    elif len(data) > LARGEST_BYTES:
        problems.append(
            Problem(
                "file",
                "too_large",
                _("At most %(n)d MB.") % {"n": LARGEST_BYTES // 1024 // 1024},
            )
        )
    kind = kind_of(name)
    if kind is None:
        endings = ", ".join(KINDS)
        problems.append(
            Problem(
                "file", "type_not_allowed", _("Allowed files: %(endings)s.") % {"endings": endings}
            )
        )
    elif data and not kind.recognise(data):
        problems.append(
            Problem("file", "not_what_it_says", _("The file is not what its name says."))
        )
    return problems


def _name_problems(name: str) -> list[Problem]:
    if hostile_character(name) is not None or set(name) & set('/\\\r\n\t"'):
        return [Problem("name", "control_character", _("The name holds a forbidden character."))]
    if visibly_blank(name):
        return [Problem("name", "required", _("This field is required."))]
    if len(name) > LONGEST_NAME:
        return [Problem("name", "too_long", _("At most %(n)d characters.") % {"n": LONGEST_NAME})]
    return []
