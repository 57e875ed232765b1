"""Which letters are due to whom: reminders, questions and the weekly digest.

This module decides; how a letter reads and how it travels is the layer's above (``Post``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from django.db import transaction
from django.utils import timezone

from marketplace.deliveries.models import Delivery
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.process import moves_for
from marketplace.exchanges.words import Role
from marketplace.firms.models import Membership, Organisation
from marketplace.firms.users import User
from marketplace.firms.viewers import viewer_for
from marketplace.followup.models import ListingCheck, Notice
from marketplace.followup.queue import (
    CONTRACT_ENDS_WITHIN,
    SOON,
    Heading,
    QueueItem,
    facilitation_queue,
)

LETTERS_KEPT = timedelta(days=400)
"""More than a year: the key of a yearly letter must still be known."""
ANSWER_WITHIN = timedelta(days=2)
"""So long a delivery waits before its other side is reminded."""


class LetterKind(StrEnum):
    ACTION_DUE = "action_due"
    DELIVERY_AWAITS = "delivery_awaits"
    STILL_VALID = "still_valid"
    CONTRACT_ENDS = "contract_ends"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Digest:
    """A person's week: exchanges where its side acts next, deliveries to answer, listings asked
    about, and the queue of the chamber it serves."""

    week: str
    actions: tuple[Exchange, ...]
    deliveries: tuple[Delivery, ...]
    checks: tuple[ListingCheck, ...]
    queue: tuple[QueueItem, ...]
    today: date

    @property
    def empty(self) -> bool:
        return not (self.actions or self.deliveries or self.checks or self.queue)

    def queue_counts(self) -> list[tuple[str, int]]:
        """Headings with how many exchanges stand under them."""
        counts = [
            (str(heading.label), sum(item.heading is heading for item in self.queue))
            for heading in Heading
        ]
        return [(label, count) for label, count in counts if count]


@dataclass(frozen=True, slots=True)
class Letter:
    """``about`` is an Exchange, a Delivery, a ListingCheck or a Digest, by kind; ``key`` tells the
    occasion, so that the same letter is not sent twice."""

    kind: LetterKind
    user: User
    key: str
    about: Any


class Post(Protocol):
    """Takes a letter to its reader; raises where it cannot."""

    def send(self, letter: Letter) -> None: ...


def send_due(*, now: datetime, post: Post) -> int:
    """Send every letter that is due and was not sent; returns how many. A letter and its mark are
    written together, so a failure leaves it due."""
    sent = 0
    for letter in letters_due(now=now):
        with transaction.atomic():
            _notice, fresh = Notice.objects.get_or_create(
                user=letter.user,
                kind=letter.kind.value,
                key=letter.key,
                defaults={"sent_at": now},
            )
            if fresh:
                post.send(letter)
                sent += 1
    return sent


def letters_due(*, now: datetime) -> Iterator[Letter]:
    """Every letter whose occasion holds, sent before or not."""
    today = timezone.localdate(now)
    yield from _actions(today)
    yield from _deliveries(now)
    yield from _checks()
    yield from _contracts(today)
    yield from _digests(today)


def people_of(organisation_id: int) -> list[User]:
    """Those who may act for an organisation, whoever joined first first."""
    roles = (Membership.Role.OWNER, Membership.Role.MEMBER, Membership.Role.ADMINISTRATOR)
    return list(
        User.objects.filter(
            is_active=True,
            memberships__organisation_id=organisation_id,
            memberships__role__in=roles,
        ).order_by("pk")
    )


def sides_to_act(exchange: Exchange, today: date) -> list[Role]:
    """The sides that could take the next action, and are waited for."""
    return [
        role
        for role in (Role.OFFER, Role.NEED)
        if any(
            row.move == exchange.next_action
            for row in moves_for(exchange.standing, frozenset({role}), on=today)
        )
    ]


def _organisation_of(exchange: Exchange, role: str) -> int:
    offering = role == Role.OFFER
    return exchange.offer_organisation_id if offering else exchange.need_organisation_id


def _actions(today: date) -> Iterator[Letter]:
    """Three days before the date, and once more when it has passed."""
    for exchange in Exchange.objects.due_by(today + SOON).with_parties().order_by("pk"):
        due = exchange.next_action_on
        late = "late" if due < today else "soon"
        key = f"{exchange.uid.hex}:{exchange.next_action}:{due}:{late}"
        for role in sides_to_act(exchange, today):
            for user in people_of(_organisation_of(exchange, role)):
                yield Letter(LetterKind.ACTION_DUE, user, key, exchange)


def _deliveries(now: datetime) -> Iterator[Letter]:
    waiting = Delivery.objects.with_context().awaiting()
    for delivery in waiting.filter(recorded_at__lte=now - ANSWER_WITHIN).order_by("pk"):
        other = Role.NEED if delivery.recorded_role == Role.OFFER else Role.OFFER
        for user in people_of(_organisation_of(delivery.exchange, other)):
            yield Letter(LetterKind.DELIVERY_AWAITS, user, delivery.uid.hex, delivery)


def _checks() -> Iterator[Letter]:
    for check in ListingCheck.objects.filter(answer="").select_related(
        "offer__material", "need__material"
    ):
        for user in people_of(check.listing.organisation_id):
            yield Letter(LetterKind.STILL_VALID, user, check.uid.hex, check)


def _contracts(today: date) -> Iterator[Letter]:
    """Both sides hear sixty days before the agreed period ends."""
    for exchange in Exchange.objects.reserving().with_parties().order_by("pk"):
        terms = exchange.agreed_terms
        if terms is None or terms.ends_on is None:
            continue
        if not today <= terms.ends_on <= today + CONTRACT_ENDS_WITHIN:
            continue
        key = f"{exchange.uid.hex}:{terms.ends_on}"
        for role in (Role.OFFER, Role.NEED):
            for user in people_of(_organisation_of(exchange, role)):
                yield Letter(LetterKind.CONTRACT_ENDS, user, key, exchange)


def _digests(today: date) -> Iterator[Letter]:
    """One a week for everybody who has something to do; the first tick of the week sends it."""
    year, number, _weekday = today.isocalendar()
    week = f"{year}-W{number:02d}"
    sent = Notice.objects.filter(kind=LetterKind.WEEKLY, key=week).values("user")
    people = User.objects.filter(is_active=True, memberships__isnull=False).exclude(pk__in=sent)
    for user in people.distinct().order_by("pk"):
        digest = digest_for(user, today=today, week=week)
        if not digest.empty:
            yield Letter(LetterKind.WEEKLY, user, week, digest)


def digest_for(user: User, *, today: date, week: str = "") -> Digest:
    """What a person has to do, as its weekly letter tells it."""
    viewer = viewer_for(user)
    own = viewer.editable_ids & _firms(viewer.organisation_ids)
    actions = Exchange.objects.open().of_organisations(own).with_parties()
    checks = ListingCheck.objects.filter(answer="").select_related(
        "offer__material", "need__material"
    )
    return Digest(
        week=week,
        actions=tuple(
            exchange
            for exchange in actions.order_by("next_action_on", "pk")
            if any(
                _organisation_of(exchange, role) in own for role in sides_to_act(exchange, today)
            )
        ),
        deliveries=tuple(
            Delivery.objects.with_context().awaiting_answer_of(own).order_by("delivered_on")
        ),
        checks=tuple(check for check in checks if check.listing.organisation_id in own),
        queue=tuple(facilitation_queue(viewer, today=today)) if viewer.chamber_region_ids else (),
        today=today,
    )


def _firms(organisation_ids: Iterable[int]) -> frozenset[int]:
    firms = Organisation.objects.filter(pk__in=organisation_ids)
    return frozenset(firms.exclude(type=Organisation.Type.SECRETARIAT).values_list("pk", flat=True))


def forget_letters(*, now: datetime) -> int:
    """Forget who was sent what longer ago than ``LETTERS_KEPT``; returns how many."""
    forgotten, _rows = Notice.objects.filter(sent_at__lt=now - LETTERS_KEPT).delete()
    return forgotten
