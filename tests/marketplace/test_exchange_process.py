"""The process table by itself: no row in doubt, no state without a way out, no illegal step."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges.diagram import process_page
from marketplace.exchanges.process import (
    CLOSED_STATES,
    FALLEN_STATES,
    OPEN_STATES,
    PARTIES,
    PROCESS,
    Act,
    IllegalMove,
    Standing,
    advance,
    fold,
    moves_for,
    row_for,
)
from marketplace.exchanges.words import (
    CONDITION_WORDS,
    Condition,
    LossReason,
    Move,
    Outcome,
    Role,
    State,
)

DAY = date(2026, 3, 2)

acts = st.builds(
    Act,
    move=st.sampled_from(Move),
    role=st.sampled_from(Role),
    on=st.integers(0, 400).map(lambda days: DAY + timedelta(days=days)),
    reason=st.none() | st.sampled_from(LossReason),
    outcome=st.none() | st.sampled_from(Outcome),
    terms=st.none() | st.integers(1, 4),
    due_on=st.none() | st.integers(-5, 800).map(lambda days: DAY + timedelta(days=days)),
)


def legal_prefix(tried: list[Act]) -> tuple[list[Act], Standing]:
    """The acts of a random list that the table lets happen one after the other."""
    done, standing = [], Standing()
    for act in tried:
        try:
            standing = advance(standing, act)
        except IllegalMove:
            continue
        done.append(act)
    return done, standing


def test_every_state_is_reached_and_every_open_one_is_left() -> None:
    targets = {row.target for row in PROCESS if row.target}
    assert targets == set(State) - {State.PROPOSED}
    for state in OPEN_STATES:
        assert {r.target for r in PROCESS if state in r.sources} & set(CLOSED_STATES), state


def test_every_open_state_says_what_is_next_and_by_when() -> None:
    for row in PROCESS:
        if row.target in OPEN_STATES:
            assert row.deadline_days is not None, row
            assert row.then is not None, row
            follow = [r for r in PROCESS if r.move == row.then and row.target in r.sources]
            assert follow, f"{row.then} is due in {row.target}, where it is impossible"
        elif row.target is not None:
            assert (row.deadline_days, row.then) == (None, None), row


def test_every_condition_has_words_and_is_asked_for() -> None:
    asked = {condition for row in PROCESS for condition in row.needs}
    assert asked == set(Condition) == set(CONDITION_WORDS)


def test_rows_of_one_move_from_one_state_exclude_each_other() -> None:
    """So that the row of an act never depends on the order of the table."""
    doubtful = [
        key
        for key, count in Counter(
            (row.move, source, role)
            for row in PROCESS
            for source in row.sources
            for role in row.actors
        ).items()
        if count > 1
    ]
    pairs = {(move, source) for move, source, _role in doubtful}
    assert pairs == {
        (Move.SHARE, State.INTEREST_BOTH),
        (Move.REPORT_CHECK, State.CHECKING),
        *((Move.REOPEN, state) for state in FALLEN_STATES),
    }
    subsets = (frozenset(), frozenset({Role.OFFER}), frozenset({Role.NEED}), PARTIES)
    for (move, source), shared, by, role in product(
        pairs, subsets, (None, Role.OFFER, Role.NEED), Role
    ):
        at = Standing(source, shared=shared, terms=1, terms_by=by)
        act = Act(move, role, DAY, outcome=Outcome.FITS)
        fitting = [
            row
            for row in PROCESS
            if row.move == move and source in row.sources and role in row.actors
            if row in moves_for(at, frozenset({role}), on=DAY)
        ]
        assert len(fitting) <= 1
        if fitting:
            assert row_for(at, act) == fitting[0]


@given(st.lists(acts, max_size=60))
def test_names_are_known_only_when_both_sides_said_so(tried: list[Act]) -> None:
    done, standing = legal_prefix(tried)
    by = {act.role for act in done if act.move == Move.SHARE}
    if standing.state in (State.DISCLOSED, State.CHECKING, State.TERMS, State.AGREED):
        assert by == PARTIES
    assert standing.shared <= by


@given(st.lists(acts, max_size=60))
def test_open_has_a_next_action_and_closed_has_none(tried: list[Act]) -> None:
    _done, standing = legal_prefix(tried)
    is_open = standing.state in OPEN_STATES
    assert (standing.next_action is not None) == is_open
    assert (standing.next_action_on is not None) == is_open
    assert (standing.reason is not None) == (standing.state in FALLEN_STATES)


@given(st.lists(acts, max_size=60))
def test_a_history_folds_to_where_it_ended(tried: list[Act]) -> None:
    done, standing = legal_prefix(tried)
    assert fold(done) == standing
    assert fold(replace(act, note="seen") for act in done) == standing


@given(st.lists(acts, max_size=60), acts)
def test_what_is_offered_is_possible_and_what_is_possible_is_offered(
    tried: list[Act], act: Act
) -> None:
    _done, standing = legal_prefix(tried)
    offered = {row.move for row in moves_for(standing, frozenset({act.role}), on=act.on)}
    try:
        advance(standing, act)
    except IllegalMove:
        return
    assert act.move in offered


@pytest.mark.parametrize("days", [-1, 366])
def test_a_due_date_lies_within_a_year(days: int) -> None:
    standing = fold([Act(Move.OPEN, Role.OFFER, DAY)])
    with pytest.raises(IllegalMove, match="due_date_out_of_range"):
        advance(standing, Act(Move.PLAN, Role.OFFER, DAY, due_on=DAY + timedelta(days=days)))


def test_nobody_accepts_his_own_terms() -> None:
    at = Standing(State.TERMS, shared=PARTIES, terms=2, terms_by=Role.OFFER)
    for role, terms in ((Role.OFFER, 2), (Role.NEED, 1), (Role.FACILITATOR, 2)):
        with pytest.raises(IllegalMove):
            advance(at, Act(Move.ACCEPT_TERMS, role, DAY, terms=terms))
    assert advance(at, Act(Move.ACCEPT_TERMS, Role.NEED, DAY, terms=2)).agreed_terms == 2


def test_the_page_in_the_docs_is_drawn_from_these_rows() -> None:
    page = Path(settings.BASE_DIR) / "docs" / "exchange-process.md"
    with translation.override("en"):
        assert page.read_text(encoding="utf-8") == process_page()
