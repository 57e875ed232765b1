"""An exchange as its page shows it: where it stands, what can be done, what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from marketplace.exchanges.correspondence import Document, Message
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.exchanges.process import FALLEN_STATES
from marketplace.exchanges.selectors import (
    DisclosedExchange,
    disclose_exchange,
    documents_of,
    events_of,
    messages_of,
    terms_of,
)
from marketplace.exchanges.words import Move, Role, State
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import QuantityBasis
from web import presentation
from web.forms.exchanges import DocumentForm, MessageForm, MoveForm, TermsForm

PATH = (
    State.OPENED,
    State.INTEREST_BOTH,
    State.DISCLOSED,
    State.TERMS,
    State.AGREED,
    State.RUNNING,
    State.COMPLETED,
)
"""The straight way, as the page draws it; a sample or visit belongs to knowing each other."""

_STEP_OF = {State.INTEREST_ONE: State.OPENED, State.CHECKING: State.DISCLOSED}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True)
class TermsLine:
    """Terms in words."""

    number: int
    by: str
    amount: str
    price: str
    period: str
    incoterm: str
    haulage: str
    carrier: str
    quality: str
    note: str
    latest: bool
    agreed: bool


@dataclass(frozen=True, slots=True)
class PastMove:
    label: str
    by: str
    at: datetime
    detail: str
    note: str


@dataclass(frozen=True, slots=True)
class ExchangePage:
    told: DisclosedExchange
    band: str
    price_band: str
    state_label: str
    steps: tuple[Step, ...]
    fallen: bool
    next_label: str
    next_by: str
    moves: list[MoveForm]
    terms: list[TermsLine]
    terms_form: TermsForm | None
    history: list[PastMove]
    letters: list[Message]
    documents: list[Document]
    message_form: MessageForm
    document_form: DocumentForm

    @property
    def exchange(self) -> Exchange:
        return self.told.exchange


def exchange_page(
    exchange: Exchange, viewer: Viewer, *, on: date, bound: dict[str, Any] | None = None
) -> ExchangePage:
    """``bound``: forms that were refused, by name (a move's value, terms, message, document)."""
    told = disclose_exchange(exchange, viewer, on=on)
    forms = bound or {}
    rows = [row for row in told.moves if row.move != Move.PROPOSE_TERMS]
    may_propose = len(rows) < len(told.moves)
    return ExchangePage(
        told=told,
        band=presentation.band_amount(told.band, told.offer.material.kind),
        price_band=_price_band(told),
        state_label=exchange.get_state_display(),
        steps=_steps(State(exchange.state)),
        fallen=exchange.state in FALLEN_STATES,
        next_label=exchange.get_next_action_display(),
        next_by=_awaited(exchange),
        moves=[forms.get(row.move.value) or _move_form(row, exchange) for row in rows],
        terms=[_in_words(terms, exchange) for terms in reversed(terms_of(exchange, viewer))],
        terms_form=(forms.get("terms") or new_terms_form(exchange)) if may_propose else None,
        history=[_past(event, told.party) for event in events_of(exchange)],
        letters=list(messages_of(exchange, viewer)),
        documents=list(documents_of(exchange, viewer)),
        message_form=forms.get("message") or MessageForm(),
        document_form=forms.get("document") or DocumentForm(),
    )


def _move_form(row: Any, exchange: Exchange) -> MoveForm:
    form = MoveForm(row=row, version=exchange.version)
    if "terms" in form.fields:
        form.initial["terms"] = exchange.terms_number
    return form


def new_terms_form(exchange: Exchange) -> TermsForm:
    """Empty but for what the listings already say of period and quality."""
    offer = exchange.offer
    initial = {"version": exchange.version, "quantity_basis": offer.quantity_basis}
    return TermsForm(kind=offer.material.kind, initial=initial)


def _steps(state: State) -> tuple[Step, ...]:
    at = _STEP_OF.get(state, state)
    reached = PATH.index(at) if at in PATH else -1
    return tuple(
        Step(str(step.label), index < reached, index == reached) for index, step in enumerate(PATH)
    )


def _awaited(exchange: Exchange) -> str:
    """Who is waited for, where the standing tells."""
    standing = exchange.standing
    waiting = {
        Move.INTEREST: standing.interested,
        Move.SHARE: standing.shared,
        Move.ACCEPT_TERMS: frozenset({standing.terms_by}),
    }.get(standing.next_action or Move.PLAN, frozenset())
    left = [role for role in (Role.OFFER, Role.NEED) if role not in waiting]
    return str(left[0].label) if len(left) == 1 else ""


def _in_words(terms: Terms, exchange: Exchange) -> TermsLine:
    kind = exchange.offer.material.kind
    amount = presentation.base_amount(terms.base_quantity, kind)
    pattern = "one_off" if terms.quantity_basis == QuantityBasis.TOTAL else "continuous"
    return TermsLine(
        number=terms.number,
        by=terms.get_role_display(),
        amount=presentation.per_period(amount, pattern),
        price=_price(terms.price_cents, kind),
        period=_period(terms),
        incoterm=terms.get_incoterm_display(),
        haulage=terms.get_haulage_borne_by_display(),
        carrier=terms.carrier,
        quality=terms.quality,
        note=terms.note,
        latest=terms.number == exchange.terms_number and bool(exchange.terms_by),
        agreed=terms.number == exchange.agreed_number,
    )


def _price(price_cents: int, kind: str) -> str:
    words = _("%(price)s per %(unit)s") % {
        "price": presentation.euros(abs(price_cents), 2),
        "unit": presentation.unit_name(kind),
    }
    if price_cents < 0:
        return _("%(price)s, paid by the holder") % {"price": words}
    return words


def _price_band(told: DisclosedExchange) -> str:
    figures, kind = told.figures, told.offer.material.kind
    if figures is None or figures.price_low_cents is None or figures.price_high_cents is None:
        return ""
    return _("from %(low)s to %(high)s per %(unit)s") % {
        "low": presentation.euros(figures.price_low_cents),
        "high": presentation.euros(figures.price_high_cents),
        "unit": presentation.unit_name(kind),
    }


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _period(terms: Terms) -> str:
    start = _day(terms.starts_on)
    if terms.ends_on is None:
        return _("from %(start)s on") % {"start": start}
    return _("%(start)s to %(end)s") % {"start": start, "end": _day(terms.ends_on)}


def _past(event: Event, party: bool) -> PastMove:
    detail = event.get_reason_display() or event.get_outcome_display()
    return PastMove(
        label=event.get_move_display(),
        by=event.get_role_display(),
        at=event.at,
        detail=detail,
        note=event.note if party else "",
    )
