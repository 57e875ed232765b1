"""A verdict in the reader's words: each missing paper by name, who holds it, why, by which law."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketplace.catalogue.green_list import GreenEntry, entries_named
from symbiosis.core.legality import (
    Finding,
    Outcome,
    Paper,
    Role,
    Rule,
    Shortfall,
    Verdict,
    Warned,
)
from symbiosis.legality import rule_table

OUTCOMES = {
    Outcome.ALLOWED: gettext_lazy("All papers on record"),
    Outcome.CONDITIONAL: gettext_lazy("Possible once papers are there"),
    Outcome.BLOCKED: gettext_lazy("Barred by law"),
}
ROLES = {
    Role.HOLDER: gettext_lazy("holder of the stream"),
    Role.RECEIVER: gettext_lazy("receiver"),
    Role.CARRIER: gettext_lazy("whoever carries"),
    Role.DEAL: gettext_lazy("both sides together"),
}
_WHY = {
    Shortfall.ABSENT: gettext_lazy("No such paper is on record."),
    Shortfall.MATERIAL: gettext_lazy("%(number)s does not cover this material."),
    Shortfall.CODE: gettext_lazy("%(number)s does not list this waste code."),
    Shortfall.OPERATION: gettext_lazy("%(number)s does not cover this operation."),
    Shortfall.SITE: gettext_lazy("%(number)s is for another site."),
    Shortfall.HAZARD_PROPERTIES: gettext_lazy("%(number)s names no hazard property (HP1-HP15)."),
    Shortfall.EXPIRED: gettext_lazy("%(number)s has expired."),
    Shortfall.NOT_YET_VALID: gettext_lazy("%(number)s is not valid yet."),
    Shortfall.TONNES: gettext_lazy("%(number)s allows only %(tonnes)s t of this code a year."),
    Shortfall.NOT_TOLD: gettext_lazy("This side has not shown its papers yet."),
}


@dataclass(frozen=True, slots=True)
class LegalLine:
    """One rule of a verdict in the active language; ``paper`` and ``why`` are stable codes."""

    rule: str
    paper: str
    name: str
    held_by: str
    holder: str
    issuer: str
    why: str
    detail: str
    law: str
    citation: str
    dated: date
    to_verify: bool


@dataclass(frozen=True, slots=True)
class EndingPaper:
    """A paper that is there and ends soon."""

    paper: str
    name: str
    number: str
    valid_until: date
    detail: str


@dataclass(frozen=True, slots=True)
class LegalWords:
    outcome: str
    label: str
    blocking: tuple[LegalLine, ...]
    missing: tuple[LegalLine, ...]
    accompanying: tuple[LegalLine, ...]
    ending_soon: tuple[EndingPaper, ...]
    green_list: tuple[GreenEntry, ...] = ()

    @property
    def to_verify(self) -> bool:
        """Whether some rule here rests on a text that is still to be checked."""
        return any(line.to_verify for line in (*self.blocking, *self.missing, *self.accompanying))


def in_words(verdict: Verdict) -> LegalWords:
    """The verdict in the active language; one line a paper, the first rule that asks for it."""
    return LegalWords(
        outcome=verdict.outcome.value,
        label=str(OUTCOMES[verdict.outcome]),
        blocking=_lines(verdict.blocks),
        missing=_lines(verdict.missing),
        accompanying=_lines(Finding(rule, rule.paper) for rule in verdict.accompanying),
        ending_soon=tuple(_ending(warned) for warned in verdict.warnings),
        green_list=entries_named(verdict.green),
    )


def _lines(findings: Iterable[Finding]) -> tuple[LegalLine, ...]:
    by_paper: dict[str, LegalLine] = {}
    for finding in findings:
        key = finding.paper.key if finding.paper else finding.rule.id
        by_paper.setdefault(key, _line(finding))
    return tuple(by_paper.values())


def _line(finding: Finding) -> LegalLine:
    rule, paper = finding.rule, finding.paper
    return LegalLine(
        rule=rule.id,
        paper=paper.key if paper else "",
        name=paper_name(paper) if paper else "",
        held_by=paper.role.value if paper else "",
        holder=str(ROLES[paper.role]) if paper else "",
        issuer=(paper.issuer_bg if _bulgarian() else paper.issuer_en) if paper else "",
        why="" if finding.shortfall is None else finding.shortfall.name.lower(),
        detail=_why(finding),
        law=rule_words(rule),
        citation=rule.citation,
        dated=rule.dated,
        to_verify=rule.to_verify,
    )


def paper_name(paper: Paper) -> str:
    return paper.name_bg if _bulgarian() else paper.name_en


def named_paper(key: str) -> str:
    """The name of a paper of the table; the key where it has left the table since."""
    paper = rule_table().papers.get(key)
    return key if paper is None else paper_name(paper)


def rule_words(rule: Rule) -> str:
    return rule.bg if _bulgarian() else rule.en


def _why(finding: Finding) -> str:
    if finding.shortfall is None:
        return ""
    tonnes = number_format((finding.allowed_kg or 0) // 1000, force_grouping=True)
    return str(_WHY[finding.shortfall]) % {"number": finding.number, "tonnes": tonnes}


def _ending(warned: Warned) -> EndingPaper:
    until = date_format(warned.valid_until, "SHORT_DATE_FORMAT")
    return EndingPaper(
        paper=warned.paper.key,
        name=paper_name(warned.paper),
        number=warned.number,
        valid_until=warned.valid_until,
        detail=_("%(number)s is valid only until %(date)s.")
        % {"number": warned.number, "date": until},
    )


def _bulgarian() -> bool:
    return get_language() == "bg"
