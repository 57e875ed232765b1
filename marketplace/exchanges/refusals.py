"""How an illegal move is told: which field, which code, in which words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from marketplace.errors import Conflict, InvalidInput, MarketplaceError, NotPermitted, Problem
from marketplace.exchanges.process import IllegalMove, Standing
from marketplace.exchanges.words import CONDITION_WORDS, Condition, Move

_FIELD_OF = {
    Condition.REASON: "reason",
    Condition.OUTCOME: "outcome",
    Condition.NEW_TERMS: "terms",
    Condition.NEXT_DATE: "due_on",
}
"""Conditions that the caller meets by giving a value."""


def refusal_of(illegal: IllegalMove, standing: Standing, move: Move) -> MarketplaceError:
    """The refusal that a caller is told for a move the table does not allow."""
    if illegal.code == "wrong_actor":
        return NotPermitted([Problem("move", "wrong_actor", _("This is for another to do."))])
    if illegal.code == "due_date_out_of_range":
        return InvalidInput(
            [Problem("due_on", illegal.code, _("Give a day from today to a year ahead."))]
        )
    if illegal.code == "no_next_action":
        return InvalidInput(
            [Problem("due_on", illegal.code, _("After this move nothing is due any more."))]
        )
    condition = illegal.condition
    if condition is None:
        words = _("Not possible while the exchange is: %(state)s.")
        return Conflict([Problem("move", "wrong_state", words % {"state": standing.state.label})])
    told = str(CONDITION_WORDS[condition])
    if condition in _FIELD_OF:
        return InvalidInput([Problem(_FIELD_OF[condition], "required", told)])
    return Conflict([Problem("move", condition.value, told)])
