"""How a legal verdict is told: the outcome and every paper by name, with the law behind it."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from marketplace.catalogue.green_list import GreenEntry
from symbiosis.core.legality import Outcome, Role, Verdict
from symbiosis.legal_words import EndingPaper, LegalLine, LegalWords, in_words

LANGUAGES = ("bg", "en")
_STRING = {"type": "string"}
_TEXT = {
    "oneOf": [
        _STRING,
        {
            "type": "object",
            "required": list(LANGUAGES),
            "properties": dict.fromkeys(LANGUAGES, _STRING),
        },
    ],
    "description": "In the reader's language; both with lang=all.",
}
_LINE = {
    "type": "object",
    "required": ["rule", "paper", "name", "held_by", "why", "detail", "issuer", "law", "citation",
                 "dated", "to_verify"],
    "properties": {
        "rule": {"type": "string", "description": "Id of the row of the rule table."},
        "paper": {"type": "string", "description": "Key of the paper; empty where none helps."},
        "name": _TEXT,
        "held_by": {"type": "string", "enum": ["", *(role.value for role in Role)]},
        "why": {"type": "string", "description": "Why it counts as missing; empty where drawn up."},
        "detail": _TEXT,
        "issuer": _TEXT,
        "law": _TEXT,
        "citation": _STRING,
        "dated": {"type": "string", "format": "date"},
        "to_verify": {"type": "boolean", "description": "The text is still to be checked."},
    },
}  # fmt: skip
_ENDING = {
    "type": "object",
    "required": ["paper", "name", "number", "valid_until"],
    "properties": {
        "paper": _STRING,
        "name": _TEXT,
        "number": _STRING,
        "valid_until": {"type": "string", "format": "date"},
    },
}
_GREEN = {
    "type": "object",
    "required": ["entry", "annex", "name", "citation", "to_verify"],
    "description": "An entry of the green list that the code may fall under; for waste that crosses"
    " a border.",
    "properties": {
        "entry": _STRING,
        "annex": _STRING,
        "name": _TEXT,
        "citation": _STRING,
        "to_verify": {"type": "boolean"},
    },
}
LEGALITY = {
    "type": ["object", "null"],
    "description": (
        "Whether the exchange is lawful with the papers on record, and which are missing. A"
        " screening by a reviewed rule table, not legal advice."
    ),
    "required": ["outcome", "blocking", "missing", "accompanying", "ending_soon", "green_list"],
    "properties": {
        "outcome": {"type": "string", "enum": [outcome.value for outcome in Outcome]},
        "blocking": {"type": "array", "items": _LINE},
        "missing": {"type": "array", "items": _LINE},
        "accompanying": {"type": "array", "items": _LINE},
        "ending_soon": {"type": "array", "items": _ENDING},
        "green_list": {"type": "array", "items": _GREEN},
    },
}


def legality(verdict: Verdict, *, both: bool) -> dict[str, Any]:
    """The verdict as JSON; ``both``: every text as an object of both languages."""
    if not both:
        return _told(in_words(verdict))
    answers = {}
    for language in LANGUAGES:
        with translation.override(language):
            answers[language] = _told(in_words(verdict))
    merged: dict[str, Any] = _both(answers["bg"], answers["en"])
    return merged


def _told(words: LegalWords) -> dict[str, Any]:
    return {
        "outcome": words.outcome,
        "blocking": [_line(line) for line in words.blocking],
        "missing": [_line(line) for line in words.missing],
        "accompanying": [_line(line) for line in words.accompanying],
        "ending_soon": [_ending(paper) for paper in words.ending_soon],
        "green_list": [_green(entry) for entry in words.green_list],
    }


def _line(line: LegalLine) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "paper": line.paper,
        "name": line.name,
        "held_by": line.held_by,
        "why": line.why,
        "detail": line.detail,
        "issuer": line.issuer,
        "law": line.law,
        "citation": line.citation,
        "dated": line.dated.isoformat(),
        "to_verify": line.to_verify,
    }


def _green(entry: GreenEntry) -> dict[str, Any]:
    return {
        "entry": entry.key,
        "annex": entry.annex,
        "name": entry.words,
        "citation": entry.citation,
        "to_verify": entry.to_verify,
    }


def _ending(paper: EndingPaper) -> dict[str, Any]:
    return {
        "paper": paper.paper,
        "name": paper.name,
        "number": paper.number,
        "valid_until": paper.valid_until.isoformat(),
    }


_WORDED = frozenset({"name", "detail", "issuer", "law"})


def _both(bg: Any, en: Any, key: str = "") -> Any:
    """Two answers of one shape as one, texts side by side."""
    if key in _WORDED:
        return {"bg": bg, "en": en}
    if isinstance(bg, dict):
        return {name: _both(value, en[name], name) for name, value in bg.items()}
    if isinstance(bg, list):
        return [_both(one, other) for one, other in zip(bg, en, strict=True)]
    return bg
