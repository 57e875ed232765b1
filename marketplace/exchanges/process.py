"""How an exchange is negotiated, as a table: who may do what, from where, to where, until when.

The service, the API, the pages, the tests and the diagram in the docs read these rows and nothing
else. Pure: no database and no clock; an act carries its day.

`advance(standing, act)` makes one step or raises IllegalMove and changes nothing; `fold(acts)` is
the standing that a history leaves, so the stored state can always be checked against its events.

>>> from datetime import date
>>> day = date(2026, 3, 2)
>>> history = [Act(Move.OPEN, Role.OFFER, day), Act(Move.INTEREST, Role.NEED, day)]
>>> fold(history).state.value, fold(history).next_action_on.isoformat()
('interest_one', '2026-03-16')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any

from marketplace.exchanges.words import (
    Condition,
    LossReason,
    Move,
    Outcome,
    Role,
    State,
)

GRACE_DAYS = 14
"""An exchange expires when its next action is so many days overdue."""

FURTHEST_DAYS = 365
"""No next action lies further ahead: an exchange nobody touches in a year is not open."""

PARTIES = frozenset({Role.OFFER, Role.NEED})
PEOPLE = PARTIES | {Role.FACILITATOR}
CLOCK = frozenset({Role.CLOCK})
FACILITATOR = frozenset({Role.FACILITATOR})

_TALKING = (State.DISCLOSED, State.CHECKING, State.TERMS)
_BEFORE_TALK = (State.OPENED, State.INTEREST_ONE, State.INTEREST_BOTH)
_NEGOTIATING = (*_BEFORE_TALK, *_TALKING)
_BOUND = (State.AGREED, State.RUNNING)

OPEN_STATES = (*_NEGOTIATING, *_BOUND)
"""States in which somebody has to act next, and a date says until when."""

FALLEN_STATES = (State.DECLINED, State.EXPIRED, State.LOST)
RESERVING_STATES = _BOUND
CLOSED_STATES = (State.COMPLETED, *FALLEN_STATES)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    ``target`` None stays where it is. ``deadline_days`` from the act the move ``then`` is due;
    None where nothing is due any more. ``needs`` must all hold.
    """

    move: Move
    actors: frozenset[Role]
    sources: tuple[State, ...]
    target: State | None
    deadline_days: int | None = None
    then: Move | None = None
    needs: tuple[Condition, ...] = ()


PROCESS: tuple[Row, ...] = (
    Row(Move.OPEN, PEOPLE, (State.PROPOSED,), State.OPENED, 14, Move.INTEREST,
        (Condition.LISTINGS_OPEN,)),
    Row(Move.INTEREST, PARTIES, (State.OPENED,), State.INTEREST_ONE, 14, Move.INTEREST),
    Row(Move.INTEREST, PARTIES, (State.INTEREST_ONE,), State.INTEREST_BOTH, 14, Move.SHARE,
        (Condition.NOT_YET_INTERESTED,)),
    Row(Move.SHARE, PARTIES, (State.INTEREST_BOTH,), State.INTEREST_BOTH, 14, Move.SHARE,
        (Condition.NOBODY_SHARED,)),
    Row(Move.SHARE, PARTIES, (State.INTEREST_BOTH,), State.DISCLOSED, 21, Move.PROPOSE_TERMS,
        (Condition.ONLY_OTHER_SHARED,)),
    Row(Move.ARRANGE_CHECK, PEOPLE, (State.DISCLOSED, State.TERMS), State.CHECKING, 30,
        Move.REPORT_CHECK),
    Row(Move.REPORT_CHECK, PARTIES, (State.CHECKING,), State.DISCLOSED, 14, Move.PROPOSE_TERMS,
        (Condition.OUTCOME, Condition.NO_TERMS)),
    Row(Move.REPORT_CHECK, PARTIES, (State.CHECKING,), State.TERMS, 14, Move.ACCEPT_TERMS,
        (Condition.OUTCOME, Condition.TERMS_ON_TABLE)),
    Row(Move.PROPOSE_TERMS, PARTIES, _TALKING, State.TERMS, 21, Move.ACCEPT_TERMS,
        (Condition.NEW_TERMS,)),
    Row(Move.ACCEPT_TERMS, PARTIES, (State.TERMS,), State.AGREED, 30, Move.START,
        (Condition.OTHERS_LATEST_TERMS, Condition.LISTINGS_OPEN, Condition.QUANTITY_FREE)),
    Row(Move.START, PEOPLE, (State.AGREED,), State.RUNNING, 90, Move.COMPLETE),
    Row(Move.COMPLETE, PEOPLE, (State.RUNNING,), State.COMPLETED),
    Row(Move.DECLINE, PARTIES, _NEGOTIATING, State.DECLINED, needs=(Condition.REASON,)),
    Row(Move.LOSE, PEOPLE, _BOUND, State.LOST, needs=(Condition.REASON,)),
    Row(Move.LOSE, FACILITATOR, _NEGOTIATING, State.LOST, needs=(Condition.REASON,)),
    Row(Move.EXPIRE, CLOCK, (*_NEGOTIATING, State.AGREED), State.EXPIRED,
        needs=(Condition.OVERDUE,)),
    Row(Move.REOPEN, PEOPLE | CLOCK, FALLEN_STATES, State.OPENED, 14, Move.INTEREST,
        (Condition.NAMES_NOT_SHARED, Condition.LISTINGS_OPEN)),
    Row(Move.REOPEN, PEOPLE | CLOCK, FALLEN_STATES, State.DISCLOSED, 21, Move.PROPOSE_TERMS,
        (Condition.NAMES_SHARED, Condition.LISTINGS_OPEN)),
    Row(Move.PLAN, PEOPLE, OPEN_STATES, None, needs=(Condition.NEXT_DATE,)),
)  # fmt: skip

CHECKED_BY_SERVICE = frozenset({Condition.LISTINGS_OPEN, Condition.QUANTITY_FREE})
"""What only locked rows can answer; everything else is decided here."""


class IllegalMove(Exception):
    """The table has no row for this act in this standing; ``code`` and the missing condition."""

    def __init__(self, code: str, condition: Condition | None = None) -> None:
        self.code, self.condition = code, condition
        super().__init__(f"{code}: {condition}" if condition else code)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a history amounts to.

    ``terms`` is the number of the last terms ever proposed, ``terms_by`` whose stand on the table
    (None where none do), ``agreed_terms`` the number that was accepted. ``round`` counts openings.
    """

    state: State = State.PROPOSED
    interested: frozenset[Role] = frozenset()
    shared: frozenset[Role] = frozenset()
    terms: int | None = None
    terms_by: Role | None = None
    agreed_terms: int | None = None
    reason: LossReason | None = None
    next_action: Move | None = None
    next_action_on: date | None = None
    round: int = 0

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Act:
    """One move as it was made: by whom, when, and what it carried.

    ``terms`` numbers the terms proposed or accepted. ``due_on`` overrides the table's deadline.
    """

    move: Move
    role: Role
    on: date
    reason: LossReason | None = None
    outcome: Outcome | None = None
    terms: int | None = None
    due_on: date | None = None
    note: str = field(default="", compare=False)


def _shared_by_both(standing: Standing) -> bool:
    return standing.shared == PARTIES


_HOLDS: dict[Condition, Callable[[Standing, Act], bool]] = {
    Condition.NOT_YET_INTERESTED: lambda at, act: act.role not in at.interested,
    Condition.NOBODY_SHARED: lambda at, act: not at.shared,
    Condition.ONLY_OTHER_SHARED: lambda at, act: at.shared == PARTIES - {act.role},
    Condition.NAMES_SHARED: lambda at, act: _shared_by_both(at),
    Condition.NAMES_NOT_SHARED: lambda at, act: not _shared_by_both(at),
    Condition.OUTCOME: lambda at, act: act.outcome is not None,
    Condition.REASON: lambda at, act: act.reason is not None,
    Condition.NO_TERMS: lambda at, act: at.terms_by is None,
    Condition.TERMS_ON_TABLE: lambda at, act: at.terms_by is not None,
    Condition.NEW_TERMS: lambda at, act: act.terms is not None and act.terms > (at.terms or 0),
    Condition.OTHERS_LATEST_TERMS: lambda at, act: (
        act.terms == at.terms and at.terms_by not in (None, act.role)
    ),
    Condition.OVERDUE: lambda at, act: overdue(at, act.on),
    Condition.NEXT_DATE: lambda at, act: act.due_on is not None,
}

_GIVEN_WITH_THE_ACT = frozenset(
    {Condition.REASON, Condition.OUTCOME, Condition.NEW_TERMS, Condition.NEXT_DATE}
)
"""Conditions that the actor meets in making the move; the others decide whether it is offered."""


def overdue(standing: Standing, day: date) -> bool:
    """Whether the next action is past its date by more than the grace."""
    due = standing.next_action_on
    return due is not None and day > due + timedelta(days=GRACE_DAYS)


def row_for(standing: Standing, act: Act) -> Row:
    """The table's row for an act, or IllegalMove with the nearest reason.

    At most one row fits: rows of one move from one state exclude each other (tested).
    """
    of_move = [row for row in PROCESS if row.move == act.move]
    here = [row for row in of_move if standing.state in row.sources]
    if not here:
        raise IllegalMove("wrong_state")
    by_actor = [row for row in here if act.role in row.actors]
    if not by_actor:
        raise IllegalMove("wrong_actor")
    missing: Condition | None = None
    for row in by_actor:
        unmet = _unmet(row, standing, act)
        if unmet is None:
            _check_due_date(row, act)
            return row
        missing = unmet
    raise IllegalMove("condition", missing)


def _unmet(row: Row, standing: Standing, act: Act) -> Condition | None:
    for condition in row.needs:
        if condition not in CHECKED_BY_SERVICE and not _HOLDS[condition](standing, act):
            return condition
    return None


def _check_due_date(row: Row, act: Act) -> None:
    if act.due_on is None:
        return
    if row.deadline_days is None and row.target is not None:
        raise IllegalMove("no_next_action")
    if not act.on <= act.due_on <= act.on + timedelta(days=FURTHEST_DAYS):
        raise IllegalMove("due_date_out_of_range")


def advance(standing: Standing, act: Act) -> Standing:
    """The standing after the act. Raises IllegalMove."""
    row = row_for(standing, act)
    target = row.target or standing.state
    moved = replace(standing, state=target, **_noted(standing, act))
    if row.target is None:
        return replace(moved, next_action_on=act.due_on)
    if row.deadline_days is None:
        return replace(moved, next_action=None, next_action_on=None)
    due = act.due_on or act.on + timedelta(days=row.deadline_days)
    return replace(moved, next_action=row.then, next_action_on=due)


def _noted(standing: Standing, act: Act) -> dict[str, Any]:
    """What the act leaves behind beside its state."""
    match act.move:
        case Move.OPEN:
            return {"round": 1}
        case Move.INTEREST:
            return {"interested": standing.interested | {act.role}}
        case Move.SHARE:
            return {"shared": standing.shared | {act.role}}
        case Move.PROPOSE_TERMS:
            return {"terms": act.terms, "terms_by": act.role}
        case Move.ACCEPT_TERMS:
            return {"agreed_terms": act.terms}
        case Move.DECLINE | Move.LOSE:
            return {"reason": act.reason}
        case Move.EXPIRE:
            return {"reason": LossReason.NO_ANSWER}
        case Move.REOPEN:
            return _afresh(standing)
    return {}


def _afresh(standing: Standing) -> dict[str, Any]:
    """A new round: names once shared stay known, all else is asked again."""
    known = _shared_by_both(standing)
    both = PARTIES if known else frozenset()
    return {
        "interested": both,
        "shared": both,
        "terms_by": None,
        "agreed_terms": None,
        "reason": None,
        "round": standing.round + 1,
    }


def fold(acts: Iterable[Act]) -> Standing:
    """The standing a whole history leaves. Raises IllegalMove where it could not have happened."""
    return reduce(advance, acts, Standing())


def moves_for(standing: Standing, roles: frozenset[Role], *, on: date) -> tuple[Row, ...]:
    """Rows somebody in these roles could take now, once he gives what the row asks for."""
    found = []
    for row in PROCESS:
        if standing.state not in row.sources:
            continue
        if any(_offered(row, standing, role, on) for role in row.actors & roles):
            found.append(row)
    return tuple(found)


def _offered(row: Row, standing: Standing, role: Role, on: date) -> bool:
    act = Act(row.move, role, on, terms=standing.terms)
    return all(
        condition in CHECKED_BY_SERVICE
        or condition in _GIVEN_WITH_THE_ACT
        or _HOLDS[condition](standing, act)
        for condition in row.needs
    )
