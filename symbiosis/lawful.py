"""Exchanges weighed anew at each step that binds: opened, agreed, begun, reopened.

A proposal's verdict is of the day it was read. Papers lapse meanwhile, quantities change, names
become known; so whoever takes a binding step is told what holds now. What the law bars is refused
with the rule and the paper named, what only lacks a paper goes on with that paper named. Each such
look is kept as it was (LegalCheck), with the edition of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, Problem
from marketplace.exchanges.correspondence import Document
from marketplace.exchanges.models import Exchange, Terms
from marketplace.exchanges.roles import is_party
from marketplace.exchanges.selectors import agreed_terms_of
from marketplace.exchanges.services import NOTHING, MoveDetails, make_move
from marketplace.exchanges.words import Move
from marketplace.firms.viewers import Viewer
from symbiosis.catalogue import current_catalogue
from symbiosis.core.legality import Finding, Outcome, Verdict, decide
from symbiosis.legal_words import in_words
from symbiosis.legality import Pair, case_of, papers_told, rule_table, rules_edition
from symbiosis.models import LegalCheck

BINDING = frozenset({Move.OPEN, Move.ACCEPT_TERMS, Move.START, Move.REOPEN})
"""Moves at which the verdict is taken anew and kept."""

_DRAWN_UP = {Document.Kind.CONTRACT: "written-contract", Document.Kind.SAFETY: "safety-data-sheet"}
"""Papers of the deal that a document of the exchange shows."""


@transaction.atomic
def move_lawfully(
    *,
    viewer: Viewer,
    exchange: Exchange,
    move: Move,
    now: datetime,
    details: MoveDetails = NOTHING,
    expected_version: int | None = None,
) -> Exchange:
    """Make a move; a binding one only where the law does not bar it by what is on record now.

    Refusals as of ``make_move``, and Conflict ``barred_by_law`` naming the paper; nothing changes
    then.
    """
    moved = make_move(
        viewer=viewer,
        exchange=exchange,
        move=move,
        now=now,
        details=details,
        expected_version=expected_version,
    )
    if move in BINDING:
        check_lawful(moved, viewer, move=move, now=now)
    return moved


def check_lawful(exchange: Exchange, viewer: Viewer, *, move: Move, now: datetime) -> LegalCheck:
    """Weigh an exchange that has just made a binding move and keep what was found. Raises Conflict
    where the law bars it; the caller's transaction then undoes the move."""
    day = timezone.localdate(now)
    verdict = verdicts_of([exchange], viewer, day=day)[exchange.pk]
    if verdict.outcome is Outcome.BLOCKED:
        raise Conflict([Problem("exchange", "barred_by_law", _barred(verdict))])
    return LegalCheck.objects.create(
        exchange=exchange,
        move=move,
        number=exchange.version,
        outcome=verdict.outcome.value,
        day=day,
        rules_edition=rules_edition(),
        findings=_kept(verdict),
        at=now,
    )


def verdicts_of(exchanges: Sequence[Exchange], viewer: Viewer, *, day: date) -> dict[int, Verdict]:
    """The verdict on each exchange by id, by what the viewer may know and the papers on the day.

    Once both sides have shared their names their papers count in full. Exchanges must come with
    their parties (ExchangeQuerySet.with_parties).
    """
    if not exchanges:
        return {}
    terms = agreed_terms_of(exchanges)
    pairs = {exchange.pk: _pair(exchange, terms.get(exchange.pk)) for exchange in exchanges}
    papers = papers_told(pairs.values(), viewer)
    drawn_up = _drawn_up(exchanges)
    catalogue, table = current_catalogue(), rule_table()
    return {
        pk: decide(
            table,
            case_of(
                pair, viewer, catalogue, papers, day=day, drawn_up=drawn_up.get(pk, frozenset())
            ),
        )
        for pk, pair in pairs.items()
    }


def checks_of(exchange: Exchange, viewer: Viewer) -> QuerySet[LegalCheck]:
    """What was kept of an exchange, to its parties once they know each other; papers are the
    firms' own."""
    kept = LegalCheck.objects.filter(exchange=exchange).order_by("number")
    known = exchange.names_shared and is_party(viewer, exchange)
    return kept if known else kept.none()


def _pair(exchange: Exchange, terms: Terms | None) -> Pair:
    return Pair(
        offer=exchange.offer,
        need=exchange.need,
        base_quantity=terms.base_quantity if terms else exchange.proposed_base,
        opted_in=exchange.names_shared,
    )


def _drawn_up(exchanges: Iterable[Exchange]) -> dict[int, frozenset[str]]:
    """Papers of the deal that its documents show, by exchange."""
    attached = Document.objects.filter(exchange__in=list(exchanges), kind__in=list(_DRAWN_UP))
    found: dict[int, set[str]] = {}
    for exchange_id, kind in attached.values_list("exchange_id", "kind"):
        found.setdefault(exchange_id, set()).add(_DRAWN_UP[Document.Kind(kind)])
    return {pk: frozenset(keys) for pk, keys in found.items()}


def _barred(verdict: Verdict) -> str:
    """Why, in the active language: the missing paper with what is wrong with the one on record."""
    lines = in_words(verdict).blocking
    told = [
        " ".join(filter(None, (f"{line.name}." if line.name else "", line.detail, line.law)))
        + f" ({line.citation})"
        for line in lines
    ]
    return _("The law bars this exchange as things stand: %(why)s") % {"why": "; ".join(told)}


def _kept(verdict: Verdict) -> dict[str, Any]:
    """The verdict by stable keys, as it is kept for good."""
    return {
        "missing": [_finding(finding) for finding in verdict.missing],
        "accompanying": [rule.id for rule in verdict.accompanying],
        "held": [rule.id for rule in verdict.held],
        "ending": [
            {
                "paper": warned.paper.key,
                "number": warned.number,
                "valid_until": warned.valid_until.isoformat(),
            }
            for warned in verdict.warnings
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "paper": finding.paper.key if finding.paper else "",
        "why": finding.shortfall.name.lower() if finding.shortfall is not None else "",
        "number": finding.number,
    }
