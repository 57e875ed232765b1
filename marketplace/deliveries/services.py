"""Recording, answering and correcting deliveries; each act whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.distances import RoadEstimate
from marketplace.catalogue.models import WasteCode
from marketplace.deliveries.models import OPERATIONS, Delivery, Transport
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.roles import Actor, actors_of
from marketplace.exchanges.services import MoveDetails, make_move
from marketplace.exchanges.words import Move, Role, State
from marketplace.firms.models import Site
from marketplace.firms.viewers import Viewer
from marketplace.impact.booking import book_impact
from marketplace.listings.locking import locked_rows
from marketplace.listings.models import WasteStatus
from marketplace.text_rules import text_problems
from marketplace.units import ResourceKind, to_base

DELIVERING = (State.AGREED, State.RUNNING, State.COMPLETED)
"""States in which deliveries are recorded; the first one starts an agreed exchange."""

LONGEST_ROAD_M = 10_000_000
_PARTIES = (Role.OFFER, Role.NEED)
_OPERATIONS = frozenset(code for code, _label in OPERATIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDraft:
    """What one side says has moved. ``road_m`` None: estimated between the sites;
    ``waste_code`` None: the offer's."""

    delivered_on: date
    quantity_value: Decimal
    quantity_unit: str
    waste_code: WasteCode | None = None
    operation: str = ""
    transport: str = Transport.ROAD
    road_m: int | None = None
    paper: str = ""
    note: str = ""


@transaction.atomic
def record_delivery(
    *,
    viewer: Viewer,
    exchange: Exchange,
    draft: DeliveryDraft,
    now: datetime,
    role: Role | None = None,
) -> Delivery:
    """Tell of a delivery; the other side is asked to confirm it. The first one starts an agreed
    exchange. Raises NotPermitted, Conflict or InvalidInput; nothing is written then."""
    locked = _locked(exchange)
    actor = _party(viewer, locked, role)
    if locked.state not in DELIVERING:
        raise Conflict(
            [Problem("exchange", "not_agreed", _("Deliveries need an agreed exchange."))]
        )
    delivery = _prepared(locked, actor, draft, now)
    delivery.chain = delivery.uid
    if locked.state == State.AGREED:
        make_move(
            viewer=viewer,
            exchange=locked,
            move=Move.START,
            now=now,
            details=MoveDetails(role=actor.role),
        )
    delivery.save()
    return delivery


@transaction.atomic
def confirm_delivery(*, viewer: Viewer, delivery: Delivery, now: datetime) -> Delivery:
    """The other side agrees to what was told; from now on it counts, and its impact is booked."""
    found = _answerable(viewer, delivery)
    _answer(found.delivery, found.actor, now, confirmed=True)
    _recount(found.delivery.exchange, now)
    if found.delivery.kind != Delivery.Kind.WITHDRAWAL:
        book_impact(found.delivery, now=now)
    return found.delivery


@transaction.atomic
def contest_delivery(
    *, viewer: Viewer, delivery: Delivery, objection: str, now: datetime
) -> Delivery:
    """The other side says that it was not so; either side may then record a correction."""
    problems = text_problems("objection", objection, limit=500, required=True)
    if problems:
        raise InvalidInput(problems)
    found = _answerable(viewer, delivery)
    found.delivery.objection = objection.strip()
    _answer(found.delivery, found.actor, now, confirmed=False)
    return found.delivery


@transaction.atomic
def correct_delivery(
    *,
    viewer: Viewer,
    delivery: Delivery,
    draft: DeliveryDraft | None,
    now: datetime,
    role: Role | None = None,
) -> Delivery:
    """Put another row in the place of the latest one of its chain; a draft of None withdraws it.

    The row corrected stays and counts until the other side confirms the new one.
    """
    locked = _locked(delivery.exchange)
    actor = _party(viewer, locked, role)
    old = Delivery.objects.get(pk=delivery.pk)
    if not old.latest:
        raise Conflict([Problem("corrects", "superseded", _("This entry was corrected already."))])
    if old.kind == Delivery.Kind.WITHDRAWAL and old.confirmed:
        raise Conflict([Problem("corrects", "withdrawn", _("This delivery was withdrawn."))])
    new = _prepared(locked, actor, draft or _draft_of(old), now)
    new.kind = Delivery.Kind.CORRECTION if draft else Delivery.Kind.WITHDRAWAL
    new.corrects, new.chain = old, old.chain
    new.save()
    return new


@dataclass(frozen=True, slots=True)
class _Answerable:
    delivery: Delivery
    actor: Actor


def _answerable(viewer: Viewer, delivery: Delivery) -> _Answerable:
    """The delivery under its exchange's lock, with the actor of the side that must answer."""
    exchange = _locked(delivery.exchange)
    other = Role.NEED if delivery.recorded_role == Role.OFFER else Role.OFFER
    actor = _party(viewer, exchange, None if _only_other(viewer, exchange, other) else other)
    current = Delivery.objects.get(pk=delivery.pk)
    if actor.role != other:
        raise NotPermitted(
            [Problem("delivery", "own_record", _("The other side confirms what yours recorded."))]
        )
    if current.confirmed is not None:
        raise Conflict([Problem("delivery", "answered", _("This entry was answered already."))])
    if not current.latest:
        raise Conflict([Problem("delivery", "superseded", _("This entry was corrected already."))])
    current.exchange = exchange
    return _Answerable(current, actor)


def _only_other(viewer: Viewer, exchange: Exchange, other: Role) -> bool:
    """Whether the viewer acts for the recording side alone: told so, rather than not permitted."""
    return all(actor.role != other for actor in actors_of(viewer, exchange))


def _answer(delivery: Delivery, actor: Actor, now: datetime, *, confirmed: bool) -> None:
    delivery.confirmed = confirmed
    delivery.answered_role = actor.role
    delivery.answered_by_id = actor.user_id
    delivery.answered_at = now
    delivery.save(
        update_fields=[
            "confirmed", "objection", "answered_role", "answered_by", "answered_at",
        ]
    )  # fmt: skip


def _recount(exchange: Exchange, now: datetime) -> None:
    """What deliveries have confirmed, anew from the rows that count."""
    counting = exchange.deliveries.counting()
    exchange.delivered_base = counting.aggregate(base=Sum("base_quantity", default=0))["base"]
    exchange.save(update_fields=["delivered_base", "updated_at"])


def _locked(exchange: Exchange) -> Exchange:
    rows = Exchange.objects.select_related(
        "offer__material", "offer__site", "offer__waste_code", "need__material", "need__site"
    )
    locked: Exchange = locked_rows(rows, [exchange.pk])[exchange.pk]
    return locked


def _party(viewer: Viewer, exchange: Exchange, role: Role | None) -> Actor:
    """The side for which the viewer acts; the chamber looks on and records nothing."""
    actors = [actor for actor in actors_of(viewer, exchange) if actor.role in _PARTIES]
    if role is not None:
        actors = [actor for actor in actors if actor.role == role]
    if not actors:
        raise NotPermitted(
            [Problem("exchange", "not_permitted", _("Only the two sides record deliveries."))]
        )
    return actors[0]


def _prepared(exchange: Exchange, actor: Actor, draft: DeliveryDraft, now: datetime) -> Delivery:
    """A validated row that is not saved. Raises InvalidInput with every problem at once."""
    problems = _problems(exchange, draft, timezone.localdate(now))
    base = 0
    try:
        base = to_base(
            draft.quantity_value,
            draft.quantity_unit,
            ResourceKind(exchange.offer.material.kind),
            density_kg_m3=exchange.offer.material.density_kg_m3,
            field="quantity.value",
        )
    except InvalidInput as refusal:
        problems.extend(refusal.problems)
    if problems:
        raise InvalidInput(problems)
    offer_site, need_site = exchange.offer.site, exchange.need.site
    return Delivery(
        exchange=exchange,
        delivered_on=draft.delivered_on,
        quantity_value=draft.quantity_value,
        quantity_unit=draft.quantity_unit,
        base_quantity=base,
        offer_site=offer_site,
        need_site=need_site,
        waste_code=draft.waste_code or exchange.offer.waste_code,
        operation=draft.operation,
        transport=draft.transport,
        road_m=_road_m(offer_site, need_site) if draft.road_m is None else draft.road_m,
        paper=draft.paper.strip(),
        note=draft.note.strip(),
        recorded_role=actor.role,
        recorded_by_id=actor.user_id,
        recorded_at=now,
    )


def _road_m(offer_site: Site, need_site: Site) -> int:
    start, end = offer_site.location, need_site.location
    return int(RoadEstimate().pairs_m(start.x, start.y, end.x, end.y))


def _problems(exchange: Exchange, draft: DeliveryDraft, today: date) -> list[Problem]:
    problems = text_problems("paper", draft.paper, limit=120)
    problems += text_problems("note", draft.note, limit=500)
    if draft.delivered_on > today:
        problems.append(Problem("delivered_on", "future", _("This day has not come yet.")))
    if draft.delivered_on < timezone.localdate(exchange.opened_at):
        problems.append(
            Problem("delivered_on", "before_exchange", _("The exchange did not exist then."))
        )
    for name, known in (("transport", frozenset(Transport.values)), ("operation", _OPERATIONS)):
        if (value := getattr(draft, name)) and value not in known:
            problems.append(
                Problem(name, "unknown_choice", _("This value is not one of the choices."))
            )
    if draft.road_m is not None and not 0 <= draft.road_m <= LONGEST_ROAD_M:
        problems.append(Problem("road_km", "out_of_range", _("No road is that long.")))
    return problems + _waste_problems(exchange, draft)


def _waste_problems(exchange: Exchange, draft: DeliveryDraft) -> list[Problem]:
    """A record book takes waste only with its code and operation (Ordinance no. 1 of 2014)."""
    if exchange.offer.waste_status != WasteStatus.WASTE:
        return []
    problems = []
    if draft.waste_code is None and exchange.offer.waste_code is None:
        problems.append(Problem("waste_code", "required", _("Waste moves under its code.")))
    if not draft.operation:
        problems.append(
            Problem("operation", "required", _("Say for which recovery or disposal operation."))
        )
    return problems


def _draft_of(delivery: Delivery) -> DeliveryDraft:
    return DeliveryDraft(
        delivered_on=delivery.delivered_on,
        quantity_value=delivery.quantity_value,
        quantity_unit=delivery.quantity_unit,
        waste_code=delivery.waste_code,
        operation=delivery.operation,
        transport=delivery.transport,
        road_m=delivery.road_m,
        paper=delivery.paper,
        note=delivery.note,
    )
