"""The verdict on one case, and the quick question whether it is blocked at all.

Guarantees, kept by property tests: one more paper on record never makes a verdict worse; the order
of papers and rules of the same case does not matter; the same facts give the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from symbiosis.core.legality.facts import Case, Document, Party, Status
from symbiosis.core.legality.table import Effect, Paper, Role, Rule, RuleTable

SOON = timedelta(days=90)
"""A document that ends within so many days is pointed out."""


class Outcome(StrEnum):
    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    BLOCKED = "blocked"


class Shortfall(IntEnum):
    """Why a paper counts as missing; the greater, the nearer its holder is to having it."""

    ABSENT = 0
    MATERIAL = 1
    CODE = 2
    OPERATION = 3
    SITE = 4
    HAZARD_PROPERTIES = 5
    EXPIRED = 6
    NOT_YET_VALID = 7
    TONNES = 8
    NOT_TOLD = 9


_NO_BAR = (Shortfall.NOT_TOLD, Shortfall.TONNES)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that the case does not meet yet: the paper and why it is missing.

    ``number`` names the document on record that comes nearest; ``allowed_kg`` its yearly limit.
    """

    rule: Rule
    paper: Paper | None
    shortfall: Shortfall | None = None
    number: str = ""
    allowed_kg: int | None = None

    @property
    def blocks(self) -> bool:
        """A paper that is only not told may be there, and a limit leaves room for less."""
        return self.rule.blocking and self.shortfall not in _NO_BAR


@dataclass(frozen=True, slots=True)
class Warned:
    """A paper that is there but ends soon."""

    paper: Paper
    number: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Verdict:
    """``blocks`` and ``missing`` are unmet rules; ``accompanying`` papers are drawn up with the
    deal; ``held`` are the rules whose paper is on record. ``green``: entries of the green list that
    waste crossing a border may fall under."""

    outcome: Outcome
    blocks: tuple[Finding, ...]
    missing: tuple[Finding, ...]
    accompanying: tuple[Rule, ...]
    held: tuple[Rule, ...]
    warnings: tuple[Warned, ...]
    green: tuple[str, ...] = ()


def decide(table: RuleTable, case: Case) -> Verdict:
    """Weigh a case under every rule that applies. O(rules x papers of the parties)."""
    blocks: list[Finding] = []
    missing: list[Finding] = []
    accompanying: list[Rule] = []
    held: list[Rule] = []
    warnings: dict[tuple[str, str], Warned] = {}
    for rule in table.applicable(case):
        if rule.effect is Effect.ACCOMPANY:
            drawn_up = rule.paper is not None and rule.paper.key in case.drawn_up
            (held if drawn_up else accompanying).append(rule)
            continue
        finding = _unmet(rule, case)
        if finding is not None:
            (blocks if finding.blocks else missing).append(finding)
            continue
        held.append(rule)
        warned = _ending(rule, case)
        if warned is not None:
            warnings[warned.paper.key, warned.number] = warned
    shipped = case.border != "none" and case.stream.standing is Status.WASTE
    outcome = Outcome.BLOCKED if blocks else Outcome.CONDITIONAL if missing else Outcome.ALLOWED
    return Verdict(
        outcome,
        tuple(blocks),
        tuple(missing),
        tuple(accompanying),
        tuple(held),
        tuple(warnings.values()),
        case.stream.green if shipped else (),
    )


def barriers(table: RuleTable, case: Case) -> tuple[Finding, ...]:
    """What blocks the case; the same as ``decide(...).blocks`` under ``table.blocking``."""
    found = (_unmet(rule, case) for rule in table.applicable(case) if rule.blocking)
    return tuple(finding for finding in found if finding is not None and finding.blocks)


def may_block(table: RuleTable, case: Case) -> bool:
    """Whether some receiver could find the case blocked: what the parties hold is left out."""
    return any(rule.blocking for rule in table.applicable(case))


def _unmet(rule: Rule, case: Case) -> Finding | None:
    if rule.paper is None:
        return Finding(rule, None)
    shortfalls = [(_shortfall(rule.paper, doc, case), doc) for doc in _on_record(rule.paper, case)]
    if any(shortfall is None for shortfall, _doc in shortfalls):
        return None
    if not all(party.told for party in _who_may_hold(rule.paper, case)):
        return Finding(rule, rule.paper, Shortfall.NOT_TOLD)
    nearest = max(
        ((s, d) for s, d in shortfalls if s is not None),
        key=lambda found: (found[0], found[1].valid_until or date.max, found[1].number),
        default=None,
    )
    if nearest is None:
        return Finding(rule, rule.paper, Shortfall.ABSENT)
    shortfall, document = nearest
    limit = document.codes.get(case.stream.code) if shortfall is Shortfall.TONNES else None
    return Finding(rule, rule.paper, shortfall, document.number, limit)


def _on_record(paper: Paper, case: Case) -> Iterable[Document]:
    """Documents of the right kind that are known here."""
    return (
        document
        for party in _who_may_hold(paper, case)
        if party.told
        for document in party.documents
        if document.kind in paper.kinds
    )


def _who_may_hold(paper: Paper, case: Case) -> tuple[Party, ...]:
    """The side that must hold a paper; either for a carrier's."""
    if paper.role is Role.CARRIER:
        return case.holder, case.receiver
    return (case.receiver,) if paper.role is Role.RECEIVER else (case.holder,)


def _shortfall(paper: Paper, document: Document, case: Case) -> Shortfall | None:
    """What the document lacks of being the paper for this case, the farthest first."""
    for aspect in ("material", "code", "operation", "site", "hazard_properties"):
        if aspect in paper.covers and not _COVERED[aspect](document, case, paper):
            return Shortfall[aspect.upper()]
    if document.valid_until is not None and document.valid_until < case.day:
        return Shortfall.EXPIRED
    if document.valid_from is not None and document.valid_from > case.day:
        return Shortfall.NOT_YET_VALID
    limit = document.codes.get(case.stream.code)
    if "tonnes" in paper.covers and limit is not None and (case.kg or 0) > limit:
        return Shortfall.TONNES
    return None


def _speaks_of_material(document: Document, case: Case, _paper: Paper) -> bool:
    return not document.materials.isdisjoint(case.stream.lineage)


def _speaks_of_code(document: Document, case: Case, _paper: Paper) -> bool:
    """A stream without a code: whoever may take some code may take it once it is classified."""
    return case.stream.code in document.codes if case.stream.code else bool(document.codes)


def _speaks_of_operation(document: Document, case: Case, _paper: Paper) -> bool:
    """A route that names no operation asks for none in particular."""
    return not case.route.treatment or case.route.treatment in document.operations


def _speaks_of_site(document: Document, case: Case, paper: Paper) -> bool:
    party = case.receiver if paper.role is Role.RECEIVER else case.holder
    return document.site is None or document.site == party.site


def _names_hazards(document: Document, _case: Case, _paper: Paper) -> bool:
    return bool(document.hazard_properties)


_COVERED = {
    "material": _speaks_of_material,
    "code": _speaks_of_code,
    "operation": _speaks_of_operation,
    "site": _speaks_of_site,
    "hazard_properties": _names_hazards,
}


def _ending(rule: Rule, case: Case) -> Warned | None:
    """The document that meets the rule longest, where even that ends soon."""
    if rule.paper is None:
        return None
    meeting = [d for d in _on_record(rule.paper, case) if _shortfall(rule.paper, d, case) is None]
    best = max(meeting, key=lambda d: (d.valid_until or date.max, d.number))
    if best.valid_until is None or best.valid_until > case.day + SOON:
        return None
    return Warned(rule.paper, best.number, best.valid_until)
