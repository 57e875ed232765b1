"""JSON as the input contract wants it: one value, exact numbers, no repeated keys, bounded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from api import problems
from api.refusals import ApiError

MAX_BYTES = 2_500_000
MAX_DEPTH = 12
MAX_DIGITS = 40
_MARKS = re.compile(r'["\\\[\]{}]')


class StrictJSONParser(JSONParser):
    """Raises ParseError for what is not one well-formed JSON value in UTF-8.

    Numbers with a fraction become Decimal, so that nothing passes through binary floating point.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ApiError(problems.TOO_LARGE)
        return parse_json(raw)


def parse_json(raw: bytes) -> Any:
    """The value of a JSON text, under the limits above."""
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        return json.loads(
            text,
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_float=_exact,
            parse_int=_bounded_int,
        )
    except UnicodeDecodeError as error:
        raise ParseError(_("The body is not UTF-8.")) from error
    except json.JSONDecodeError as error:
        raise ParseError(
            _("Not valid JSON at line %(line)d, column %(column)d.")
            % {"line": error.lineno, "column": error.colno}
        ) from error


def _check_depth(text: str) -> None:
    """Refuse deep nesting before a recursive parser meets it; brackets in strings do not count."""
    depth = 0
    in_string = False
    skip_at = -1
    for mark in _MARKS.finditer(text):
        character, at = mark.group(), mark.start()
        if at == skip_at:
            continue
        if character == "\\":
            skip_at = at + 1
        elif character == '"':
            in_string = not in_string
        elif not in_string:
            depth += 1 if character in "[{" else -1
            if depth > MAX_DEPTH:
                raise ParseError(_("The JSON is nested too deeply."))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            raise ParseError(_("The key “%(name)s” is repeated.") % {"name": name[:80]})
        seen[name] = value
    return seen


def _no_constant(name: str) -> NoReturn:
    raise ParseError(_("%(name)s is not JSON.") % {"name": name})


def _exact(text: str) -> Decimal:
    if len(text) > MAX_DIGITS:
        raise ParseError(_("A number has too many digits."))
    return Decimal(text)


def _bounded_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError(_("A number has too many digits."))
    return int(text)
