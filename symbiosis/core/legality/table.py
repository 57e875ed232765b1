"""The rules as data: which paper a case calls for, by which law, and what its absence means.

A rule applies where its country's law governs the named side and every condition holds. National
rules replace the Union's default that they name. Files under the catalogue's data/legality hold
the reviewed rows; this module turns parsed rows into values and refuses what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from symbiosis.core.errors import RuleTableError
from symbiosis.core.legality.facts import EU, Case, Status, Stream

ASPECTS = ("code", "operation", "site", "tonnes", "material", "hazard_properties")
BORDERS = ("none", "eu", "export", "import", "abroad")
ENTRIES = ("AN", "AH", "MN", "MH", "none")
UNION = "EU"

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_OPERATION = re.compile(r"R(?:1[0-3]|[1-9])|D(?:1[0-5]|[1-9])|by-product|end-of-waste|direct|none")


class Role(StrEnum):
    """Who must hold a paper; the deal: both draw it up together."""

    HOLDER = "holder"
    RECEIVER = "receiver"
    CARRIER = "carrier"
    DEAL = "deal"


class Effect(StrEnum):
    """What a rule does where it applies."""

    CONDITION = "condition"
    """The paper is needed before anything moves; without it the pair is conditional."""

    BLOCK = "block"
    """Without the paper the pair is not proposed."""

    FORBID = "forbid"
    """No paper helps."""

    ACCOMPANY = "accompany"
    """The paper is drawn up with the deal; it is named, not missing."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that rules call for; ``kinds`` of documents that count, and what they must cover."""

    key: str
    role: Role
    name_en: str
    name_bg: str
    issuer_en: str = ""
    issuer_bg: str = ""
    kinds: frozenset[str] = frozenset()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a rule; an empty one always holds. Within a field any value will do."""

    kind: frozenset[str] = frozenset()
    status: frozenset[str] = frozenset()
    entry: frozenset[str] = frozenset()
    hazardous: bool | None = None
    green: bool | None = None
    codes: tuple[str, ...] = ()
    not_codes: tuple[str, ...] = ()
    operation: frozenset[str] = frozenset()
    use: frozenset[str] = frozenset()
    not_use: frozenset[str] = frozenset()
    material: frozenset[str] = frozenset()
    border: frozenset[str] = frozenset()
    to: frozenset[str] = frozenset()
    origin: frozenset[str] = frozenset()

    def of_stream(self, stream: Stream) -> bool:
        """The part that the stream alone decides."""
        return (
            _among(stream.kind, self.kind)
            and _among(stream.standing, self.status)
            and _among(stream.entry or "none", self.entry)
            and (self.hazardous is None or self.hazardous == stream.hazardous)
            and (self.green is None or self.green == bool(stream.green))
            and (not self.codes or stream.code.startswith(self.codes))
            and not (self.not_codes and stream.code.startswith(self.not_codes))
            and (not self.material or not self.material.isdisjoint(stream.lineage))
        )

    def of_way(self, case: Case) -> bool:
        """The part that the route and the two places decide."""
        return (
            _among(case.route.operation or "none", self.operation)
            and (not self.use or not self.use.isdisjoint(case.route.lineage))
            and self.not_use.isdisjoint(case.route.lineage)
            and _among(case.border, self.border)
            and _among(case.receiver.country, self.to)
            and _among(case.holder.country, self.origin)
        )


def _among(value: str, allowed: frozenset[str]) -> bool:
    return not allowed or value in allowed


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. ``law_of``: whose country's law it is; ``paper`` None: forbidden."""

    id: str
    country: str
    law_of: Role
    when: When
    effect: Effect
    paper: Paper | None
    citation: str
    dated: date
    en: str
    bg: str
    to_verify: bool
    replaces: str = ""

    @property
    def blocking(self) -> bool:
        """Whether it can keep a pair from being proposed."""
        return self.effect in (Effect.BLOCK, Effect.FORBID)

    def governs(self, holder: str, receiver: str) -> bool:
        """Whether this country's law governs the side that the rule speaks of."""
        place = receiver if self.law_of is Role.RECEIVER else holder
        return place in EU if self.country == UNION else place == self.country


@dataclass(frozen=True, slots=True)
class RuleTable:
    """All rules and papers; `applicable` resolves what national law replaces."""

    rules: tuple[Rule, ...]
    papers: Mapping[str, Paper]
    by_id: Mapping[str, Rule]
    _known: dict[tuple[str, str], tuple[Rule, ...]] = field(default_factory=dict, compare=False)

    @property
    def blocking(self) -> RuleTable:
        """The rules that can block, with those that replace them: all a matcher needs."""
        blocking = {rule.id for rule in self.rules if rule.blocking}
        kept = tuple(r for r in self.rules if r.blocking or r.replaces in blocking)
        return RuleTable(kept, self.papers, {rule.id: rule for rule in kept})

    def in_force(self, holder: str, receiver: str) -> tuple[Rule, ...]:
        """Rules between two countries in the table's order, without the defaults replaced there.

        A country's own rule stands in for the default wherever that country's law governs, also
        in cases that its own conditions leave out: they say when the paper is needed.
        """
        if (holder, receiver) not in self._known:
            governing = [rule for rule in self.rules if rule.governs(holder, receiver)]
            replaced = {rule.replaces for rule in governing}
            self._known[holder, receiver] = tuple(r for r in governing if r.id not in replaced)
        return self._known[holder, receiver]

    def applicable(self, case: Case) -> list[Rule]:
        """Rules whose every condition the case meets."""
        return [
            rule
            for rule in self.in_force(case.holder.country, case.receiver.country)
            if rule.when.of_stream(case.stream) and rule.when.of_way(case)
        ]


def parse_table(
    papers: Iterable[Mapping[str, Any]], rules: Iterable[Mapping[str, Any]]
) -> RuleTable:
    """The table of rows (every scalar a text). Raises RuleTableError naming row and field."""
    known = {}
    for row in papers:
        paper = _paper(_Row(row, "key"))
        if paper.key in known:
            raise RuleTableError(paper.key, "key", "stands twice")
        known[paper.key] = paper
    parsed: dict[str, Rule] = {}
    for row in rules:
        rule = _rule(_Row(row, "id"), known)
        if rule.id in parsed:
            raise RuleTableError(rule.id, "id", "stands twice")
        parsed[rule.id] = rule
    for rule in parsed.values():
        default = parsed.get(rule.replaces)
        if rule.replaces and (default is None or default.country != UNION or default is rule):
            raise RuleTableError(rule.id, "replaces", "names no rule of the Union")
    return RuleTable(tuple(parsed.values()), known, parsed)


class _Row:
    """One record while it is read; the first fault raises with the record's name."""

    def __init__(self, raw: Mapping[str, Any], key: str) -> None:
        self.raw, self.name = raw, str(raw.get(key, "?"))
        self._read: set[str] = set()
        if not _ID.fullmatch(self.name):
            raise RuleTableError(self.name, key, "must be lower-case words joined by hyphens")
        self._read.add(key)

    def text(self, field: str, *, default: str | None = None) -> str:
        self._read.add(field)
        value = self.raw.get(field, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise RuleTableError(self.name, field, "must be a text")
        return value.strip()

    def texts(
        self, field: str, allowed: Iterable[str] | re.Pattern[str] | None = None
    ) -> list[str]:
        self._read.add(field)
        value = self.raw.get(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise RuleTableError(self.name, field, "must be a list of texts")
        for item in value:
            if isinstance(allowed, re.Pattern):
                known = bool(allowed.fullmatch(item))
            else:
                known = allowed is None or item in allowed
            if not known:
                raise RuleTableError(self.name, field, f"{item!r} is not known")
        return value

    def flag(self, field: str) -> bool | None:
        text = self.text(field, default="")
        if text not in ("", "true", "false"):
            raise RuleTableError(self.name, field, "must be true or false")
        return None if not text else text == "true"

    def words(self, field: str, *, bulgarian: bool, default: str | None = None) -> str:
        text = self.text(field, default=default)
        if text and bool(_CYRILLIC.search(text)) is not bulgarian:
            script = "Cyrillic" if bulgarian else "Latin"
            raise RuleTableError(self.name, field, f"must be written in {script}")
        return text

    def done(self) -> None:
        for unread in self.raw.keys() - self._read:
            raise RuleTableError(self.name, str(unread), "is not a field")


def _paper(row: _Row) -> Paper:
    paper = Paper(
        key=row.name,
        role=Role(_choice(row, "role", Role)),
        name_en=row.words("en", bulgarian=False),
        name_bg=row.words("bg", bulgarian=True),
        issuer_en=row.words("issuer_en", bulgarian=False, default=""),
        issuer_bg=row.words("issuer_bg", bulgarian=True, default=""),
        kinds=frozenset(row.texts("kinds")),
        covers=tuple(row.texts("covers", ASPECTS)),
    )
    if (paper.role is Role.DEAL) == bool(paper.kinds):
        raise RuleTableError(
            row.name, "kinds", "belong to papers on record, not to those of a deal"
        )
    row.done()
    return paper


def _rule(row: _Row, papers: Mapping[str, Paper]) -> Rule:
    effect = Effect(_choice(row, "effect", Effect))
    key = row.text("paper", default="")
    if (effect is Effect.FORBID) == bool(key) or (key and key not in papers):
        raise RuleTableError(row.name, "paper", f"{key!r} does not go with {effect}")
    if key and (effect is Effect.ACCOMPANY) != (papers[key].role is Role.DEAL):
        raise RuleTableError(row.name, "effect", "accompany goes with papers of the deal alone")
    try:
        day = date.fromisoformat(row.text("date"))
    except ValueError as error:
        raise RuleTableError(row.name, "date", "must be a date such as 2024-05-20") from error
    rule = Rule(
        id=row.name,
        country=_country(row),
        law_of=Role(_choice(row, "law_of", (Role.HOLDER, Role.RECEIVER))),
        when=_when(row),
        effect=effect,
        paper=papers.get(key),
        citation=row.text("citation"),
        dated=day,
        en=row.words("en", bulgarian=False),
        bg=row.words("bg", bulgarian=True),
        to_verify=bool(row.flag("to_verify")),
        replaces=row.text("replaces", default=""),
    )
    row.done()
    return rule


def _when(row: _Row) -> When:
    raw = row.raw.get("when", {})
    row._read.add("when")
    if not isinstance(raw, Mapping):
        raise RuleTableError(row.name, "when", "must be a mapping of conditions")
    when = _Row({**raw, "id": row.name}, "id")
    found = When(
        kind=frozenset(when.texts("kind")),
        status=frozenset(when.texts("status", [status.value for status in Status])),
        entry=frozenset(when.texts("entry", ENTRIES)),
        hazardous=when.flag("hazardous"),
        green=when.flag("green"),
        codes=_prefixes(when, "codes"),
        not_codes=_prefixes(when, "not_codes"),
        operation=frozenset(when.texts("operation", _OPERATION)),
        use=frozenset(when.texts("use", _ID)),
        not_use=frozenset(when.texts("not_use", _ID)),
        material=frozenset(when.texts("material", _ID)),
        border=frozenset(when.texts("border", BORDERS)),
        to=frozenset(when.texts("to", re.compile("[A-Z]{2}"))),
        origin=frozenset(when.texts("origin", re.compile("[A-Z]{2}"))),
    )
    when.done()
    return found


def _prefixes(row: _Row, field: str) -> tuple[str, ...]:
    """Codes as the List prints them ("19 08 05", "19 08", "19"), as digits."""
    texts = row.texts(field, re.compile(r"\d\d(?: \d\d(?: \d\d)?)?"))
    return tuple(text.replace(" ", "") for text in texts)


def _country(row: _Row) -> str:
    country = row.text("country")
    if country != UNION and country not in EU:
        raise RuleTableError(row.name, "country", "must be EU or a Member State")
    return country


def _choice(row: _Row, field: str, allowed: Iterable[StrEnum]) -> str:
    text = row.text(field)
    if text not in [choice.value for choice in allowed]:
        raise RuleTableError(row.name, field, f"{text!r} is not known")
    return text
