"""Opening exchanges and moving them along the process table, each act whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.exchanges.process import Act, IllegalMove, Row, advance, row_for
from marketplace.exchanges.refusals import refusal_of
from marketplace.exchanges.reservation import release, require_open, reserve
from marketplace.exchanges.roles import (
    CALENDAR,
    Actor,
    actors_of,
    chamber_of,
    pair_actors,
)
from marketplace.exchanges.rules import (
    LONGEST_NOTE,
    TermsDraft,
    base_quantity_of,
)
from marketplace.exchanges.signals import exchange_moved
from marketplace.exchanges.words import Condition, LossReason, Move, Outcome, Role
from marketplace.firms.viewers import Viewer
from marketplace.listings.locking import LockedPair, lock_pair, locked_rows
from marketplace.listings.models import Need, Offer
from marketplace.text_rules import text_problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the matcher says of the pair, copied: its own row is gone with the next plan.

    Base units, metres, cents for the whole quantity; prices in cents per 1,000 base units.
    """

    base_quantity: int
    proposal_uid: UUID | None = None
    road_m: int = 0
    value_cents: int = 0
    haulage_cents: int = 0
    co2e_kg: int = 0
    price_low_cents: int | None = None
    price_high_cents: int | None = None
    reasons: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDetails:
    """What a move carries beside its name. ``role`` says for which side somebody of both acts."""

    reason: LossReason | None = None
    outcome: Outcome | None = None
    terms_number: int | None = None
    due_on: Any = None
    next_action_note: str = ""
    note: str = ""
    role: Role | None = None


NOTHING = MoveDetails()


@transaction.atomic
def open_exchange(
    *, viewer: Viewer, offer: Offer, need: Need, found: Found, now: datetime
) -> Exchange:
    """Take up a pair. A party that opens is interested by that; a chamber only opens.

    Raises NotPermitted to everybody else, and Conflict where the pair has an open exchange
    already or a side is no longer open.
    """
    actors = pair_actors(viewer, offer, need)
    if not actors:
        raise NotPermitted(
            [Problem("proposal", "not_permitted", _("You may not open this exchange."))]
        )
    pair = lock_pair(offer_id=offer.pk, need_id=need.pk)
    require_open(pair, timezone.localdate(now))
    actor = actors[0]
    facilitating = actor.role == Role.FACILITATOR and actor.organisation_id
    exchange = Exchange(
        offer=pair.offer,
        need=pair.need,
        offer_organisation_id=pair.offer.organisation_id,
        need_organisation_id=pair.need.organisation_id,
        proposal_uid=found.proposal_uid,
        proposed_base=found.base_quantity,
        road_m=found.road_m,
        value_cents=found.value_cents,
        haulage_cents=found.haulage_cents,
        co2e_kg=found.co2e_kg,
        price_low_cents=found.price_low_cents,
        price_high_cents=found.price_high_cents,
        reasons=found.reasons,
        opened_at=now,
        state="proposed",
        version=0,
    )
    if facilitating:
        exchange.facilitator_id = actor.organisation_id
    else:
        exchange.facilitator = chamber_of(pair.offer, pair.need)
    steps = [Move.OPEN] if actor.role == Role.FACILITATOR else [Move.OPEN, Move.INTEREST]
    _keep(exchange, [_advanced(exchange, actor, move, NOTHING, now, pair) for move in steps])
    return exchange


@transaction.atomic
def make_move(
    *,
    viewer: Viewer,
    exchange: Exchange,
    move: Move,
    now: datetime,
    details: MoveDetails = NOTHING,
    expected_version: int | None = None,
) -> Exchange:
    """Make one move of the table, but for proposing terms, which carries them (propose_terms).

    Raises NotPermitted, Conflict or InvalidInput, and changes nothing then.
    """
    if move in (Move.OPEN, Move.PROPOSE_TERMS):
        raise InvalidInput([Problem("move", "unknown_choice", _("This move has its own door."))])
    locked = _locked(exchange, expected_version)
    actor = _actor(viewer, locked, move, details, now)
    _step(locked, actor, move, details, now)
    return locked


@transaction.atomic
def propose_terms(
    *,
    viewer: Viewer,
    exchange: Exchange,
    draft: TermsDraft,
    now: datetime,
    role: Role | None = None,
    expected_version: int | None = None,
) -> Terms:
    """Put new terms on the table; the other side may accept them as they are, or answer with its
    own. Raises NotPermitted, Conflict or InvalidInput."""
    locked = _locked(exchange, expected_version)
    number = (locked.terms_number or 0) + 1
    details = MoveDetails(terms_number=number, role=role)
    actor = _actor(viewer, locked, Move.PROPOSE_TERMS, details, now)
    terms = Terms(
        exchange=locked,
        number=number,
        role=actor.role,
        user_id=actor.user_id,
        quantity_value=draft.quantity_value,
        quantity_unit=draft.quantity_unit,
        quantity_basis=draft.quantity_basis,
        base_quantity=base_quantity_of(draft, locked.offer.material),
        price_cents=draft.price_cents,
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        incoterm=draft.incoterm,
        haulage_borne_by=draft.haulage_borne_by,
        carrier=draft.carrier.strip(),
        quality=draft.quality.strip(),
        note=draft.note.strip(),
        created_at=now,
    )
    terms.save()
    _step(locked, actor, Move.PROPOSE_TERMS, details, now)
    return terms


@transaction.atomic
def move_by_calendar(*, exchange: Exchange, move: Move, now: datetime, note: str = "") -> Exchange:
    """A move nobody makes: an overdue exchange expires, a cleared blocker reopens.

    Raises Conflict where the table does not allow it (any more).
    """
    locked = _locked(exchange, None)
    _step(locked, CALENDAR, move, MoveDetails(note=note), now)
    return locked


def _locked(exchange: Exchange, expected_version: int | None) -> Exchange:
    rows = Exchange.objects.select_related("offer__material", "need__material")
    locked: Exchange = locked_rows(rows, [exchange.pk])[exchange.pk]
    if expected_version is not None and locked.version != expected_version:
        raise Conflict([Problem("version", "stale", _("The exchange has changed meanwhile."))])
    return locked


def _actor(
    viewer: Viewer, exchange: Exchange, move: Move, details: MoveDetails, now: datetime
) -> Actor:
    """The capacity in which the viewer can make the move; the first that the table lets."""
    actors = actors_of(viewer, exchange)
    if details.role is not None:
        actors = [actor for actor in actors if actor.role == details.role]
    if not actors:
        raise NotPermitted(
            [Problem("exchange", "not_permitted", _("You may not act on this exchange."))]
        )
    refusal: IllegalMove | None = None
    for actor in actors:
        try:
            row_for(exchange.standing, _act(actor, move, details, now))
        except IllegalMove as illegal:
            refusal = refusal or illegal
        else:
            return actor
    assert refusal is not None  # noqa: S101 - the loop ran at least once
    raise refusal_of(refusal, exchange.standing, move)


def _act(actor: Actor, move: Move, details: MoveDetails, now: datetime) -> Act:
    return Act(
        move=move,
        role=actor.role,
        on=timezone.localdate(now),
        reason=details.reason,
        outcome=details.outcome,
        terms=details.terms_number,
        due_on=details.due_on,
        note=details.note,
    )


def _step(
    exchange: Exchange, actor: Actor, move: Move, details: MoveDetails, now: datetime
) -> None:
    """One step of a locked exchange, saved with its event."""
    _keep(exchange, [_advanced(exchange, actor, move, details, now)])


def _advanced(
    exchange: Exchange,
    actor: Actor,
    move: Move,
    details: MoveDetails,
    now: datetime,
    pair: LockedPair | None = None,
) -> Event:
    """The exchange one step on, with the effects on its listings; its event, not yet saved."""
    _check_texts(details)
    before = exchange.standing
    act = _act(actor, move, details, now)
    try:
        row = row_for(before, act)
        after = advance(before, act)
    except IllegalMove as illegal:
        raise refusal_of(illegal, before, move) from illegal
    exchange.stand_at(after)
    exchange.next_action_note = details.next_action_note.strip() if after.open else ""
    exchange.moved_at = now
    exchange.version += 1
    _settle(exchange, row, act, pair)
    return Event(
        number=exchange.version,
        move=move,
        role=actor.role,
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
        source=before.state,
        target=after.state,
        reason=act.reason or "",
        outcome=act.outcome or "",
        terms_number=act.terms,
        due_on=act.due_on,
        note=act.note.strip(),
        on=act.on,
        at=now,
    )


def _keep(exchange: Exchange, events: list[Event]) -> None:
    """Save the exchange once, and each step that led here."""
    _save(exchange)
    for event in events:
        event.exchange = exchange
        event.save()
        _tell_on_commit(exchange.pk, event.pk)


def _tell_on_commit(exchange_id: int, event_id: int) -> None:
    transaction.on_commit(
        lambda: exchange_moved.send(Exchange, exchange_id=exchange_id, event_id=event_id)
    )


def _settle(exchange: Exchange, row: Row, act: Act, pair: LockedPair | None) -> None:
    """Check and change the two listings as the row asks, under their lock."""
    asks = set(row.needs) & {Condition.LISTINGS_OPEN, Condition.QUANTITY_FREE}
    leaves = act.move in (Move.LOSE, Move.EXPIRE, Move.COMPLETE)
    if not asks and not leaves:
        return
    pair = pair or lock_pair(offer_id=exchange.offer_id, need_id=exchange.need_id)
    if Condition.LISTINGS_OPEN in asks:
        require_open(pair, act.on)
    if Condition.QUANTITY_FREE in asks:
        terms = exchange.all_terms.get(number=act.terms or 0)
        reserve(exchange, pair, base_quantity=terms.base_quantity)
    if leaves:
        release(exchange, pair)
    exchange.offer, exchange.need = pair.offer, pair.need


def _check_texts(details: MoveDetails) -> None:
    problems = text_problems("note", details.note, limit=LONGEST_NOTE)
    problems += text_problems("next_action_note", details.next_action_note, limit=300)
    if problems:
        raise InvalidInput(problems)


def _save(exchange: Exchange) -> None:
    try:
        with transaction.atomic():
            exchange.save()
    except IntegrityError as error:
        if "exchange_pair_open_once" not in str(error):
            raise
        raise Conflict(
            [Problem("proposal", "already_open", _("This pair has an open exchange already."))]
        ) from error
