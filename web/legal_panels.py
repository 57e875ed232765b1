"""What a page of an exchange says of papers and law: today, and when it was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.exchanges.models import Exchange
from marketplace.firms.viewers import Viewer
from symbiosis.core.legality import Outcome
from symbiosis.lawful import checks_of, verdicts_of
from symbiosis.legal_words import OUTCOMES, in_words, named_paper
from symbiosis.models import LegalCheck


@dataclass(frozen=True, slots=True)
class PastCheck:
    """A look that was kept: at which step, the outcome, and the papers that were missing."""

    day: date
    step: str
    label: str
    missing: tuple[str, ...]


def legal_panel(exchange: Exchange, viewer: Viewer, *, day: date) -> dict[str, Any]:
    """Context of ``_legal.html``: the verdict of the day while it is open, and what was kept."""
    verdict = verdicts_of([exchange], viewer, day=day).get(exchange.pk) if exchange.open else None
    return {
        "legal": None if verdict is None else in_words(verdict),
        "checks": [_told(check) for check in checks_of(exchange, viewer)],
    }


def _told(check: LegalCheck) -> PastCheck:
    missing = (named_paper(line["paper"]) for line in check.findings["missing"])
    return PastCheck(
        day=check.day,
        step=str(check.get_move_display()),
        label=str(OUTCOMES[Outcome(check.outcome)]),
        missing=tuple(dict.fromkeys(missing)),
    )
