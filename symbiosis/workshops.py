"""Workshops of a regional chamber: inviting, seating so that the tables are worth most, logging.

An officer's own view of the market decides what a seating rests on: a pair with an anonymous side
weighs nothing, so that no plan of tables tells who stands behind a listing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count, F, Max, QuerySet, Sum
from django.utils.translation import gettext as _

from geo.models import Region
from marketplace.errors import Conflict, InvalidInput, NotPermitted, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.selectors import open_exchange_between
from marketplace.firms.viewers import Viewer
from marketplace.listings.disclosure import DisclosedListing, disclose
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.models import Organisation
from symbiosis.core.seating import Pair, seat
from symbiosis.map_rows import MapFlow
from symbiosis.models import Attendance, Proposal, Workshop, WorkshopMatch
from symbiosis.selectors import proposals_visible_to
from symbiosis.taking_up import open_from_proposal

MOST_INVITED = 120
CANDIDATES = 80


@dataclass(frozen=True, slots=True)
class WorkshopDraft:
    title: str
    held_on: date
    place: str = ""
    chairs: int = 4
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A firm worth inviting: planned exchanges in the open and their value in cents."""

    organisation: Organisation
    exchanges: int
    value_cents: int


@dataclass(frozen=True, slots=True)
class Card:
    """What a firm has and wants, as the officer may tell it to the room."""

    organisation: Organisation
    haves: list[DisclosedListing]
    wants: list[DisclosedListing]


@dataclass(frozen=True, slots=True)
class SeatedRound:
    number: int
    tables: list[list[Organisation]]
    value_cents: int
    bound_cents: int


def workshops_of(viewer: Viewer) -> QuerySet[Workshop]:
    """Workshops of the regions whose chamber the viewer serves."""
    shown = Workshop.objects.select_related("region")
    return shown if viewer.secretariat else shown.filter(region_id__in=viewer.chamber_region_ids)


def prepare_workshop(*, viewer: Viewer, region: Region, draft: WorkshopDraft) -> Workshop:
    _require_officer(viewer, region.pk)
    return Workshop.objects.create(
        region=region,
        title=draft.title,
        held_on=draft.held_on,
        place=draft.place,
        chairs=draft.chairs,
        rounds=draft.rounds,
    )


def candidates(viewer: Viewer, workshop: Workshop) -> list[Candidate]:
    """Firms with most at stake in exchanges that touch the workshop's region, by value."""
    flows = MapFlow.objects.visible_to(viewer)
    sums: dict[int, tuple[int, int]] = {}
    for side in ("offer", "need"):
        rows = (
            flows.filter(**{f"{side}_region_id": workshop.region_id})
            .order_by()
            .values_list(f"{side}_organisation_id")
            .annotate(exchanges=Count("pk"), cents=Sum("value_cents"))
        )
        for organisation_id, exchanges, cents in rows:
            before = sums.get(organisation_id, (0, 0))
            sums[organisation_id] = (before[0] + exchanges, before[1] + cents)
    best = sorted(sums, key=lambda pk: (-sums[pk][1], pk))[:CANDIDATES]
    firms = Organisation.objects.in_bulk(best)
    return [Candidate(firms[pk], *sums[pk]) for pk in best if pk in firms]


@transaction.atomic
def set_attendance(
    *,
    viewer: Viewer,
    workshop: Workshop,
    invited: Collection[int],
    present: Collection[int] = (),
) -> None:
    """Replace the list of those invited and of those who have come; the tables fall with it."""
    _require_officer(viewer, workshop.region_id)
    wanted = Organisation.objects.of_type(Organisation.Type.FIRM).filter(pk__in=invited)
    ids = set(wanted.values_list("pk", flat=True))
    if len(ids) > MOST_INVITED:
        message = _("At most %(count)d firms can be invited.") % {"count": MOST_INVITED}
        raise InvalidInput([Problem("invited", "too_many", message)])
    before = {row.organisation_id: row.present for row in workshop.attendances.all()}
    after = {pk: pk in set(present) for pk in ids}
    if before == after:
        return
    workshop.attendances.exclude(organisation_id__in=ids).delete()
    workshop.attendances.filter(organisation_id__in=ids).update(present=False)
    workshop.attendances.filter(organisation_id__in=ids & set(present)).update(present=True)
    Attendance.objects.bulk_create(
        Attendance(workshop=workshop, organisation_id=pk, present=after[pk])
        for pk in sorted(ids - before.keys())
    )
    Workshop.objects.filter(pk=workshop.pk).update(seating=[])


def seated_firms(workshop: Workshop) -> list[int]:
    """Those who have come; before the first is there, all who are invited."""
    rows = list(workshop.attendances.values_list("organisation_id", "present"))
    come = [pk for pk, present in rows if present]
    return come or [pk for pk, _present in rows]


def plan_seating(*, viewer: Viewer, workshop: Workshop) -> None:
    """Work out the rounds for those who are there and keep them; Conflict with fewer than two."""
    _require_officer(viewer, workshop.region_id)
    firms = seated_firms(workshop)
    if len(firms) < 2:
        message = _("Invite two firms at least, then the tables can be worked out.")
        raise Conflict([Problem("invited", "too_few", message)])
    weights = pair_values(viewer, firms)
    rounds = seat(firms, weights, chairs=workshop.chairs, rounds=workshop.rounds)
    Workshop.objects.filter(pk=workshop.pk).update(
        seating=[
            {
                "tables": [list(table) for table in one.tables],
                "value": one.value,
                "bound": one.bound,
            }
            for one in rounds
        ]
    )


def pair_values(viewer: Viewer, firms: Collection[int]) -> dict[Pair, int]:
    """Cents that two firms could exchange for: what is planned between them, else their best
    alternative, in both directions together."""
    found = (
        proposals_visible_to(viewer)
        .filter(offer__organisation_id__in=firms, need__organisation_id__in=firms)
        .filter(offer__status="open", need__status="open", value_cents__gt=0)
        .exclude(offer__organisation_id=F("need__organisation_id"))
        .select_related(None)
        .order_by()
        .values_list("offer__organisation_id", "need__organisation_id", "stage")
        .annotate(total=Sum("value_cents"), best=Max("value_cents"))
    )
    planned: dict[Pair, int] = {}
    spare: dict[Pair, int] = {}
    for one, other, stage, total, best in found:
        pair = (min(one, other), max(one, other))
        if stage == Proposal.Stage.PLANNED:
            planned[pair] = planned.get(pair, 0) + total
        else:
            spare[pair] = max(spare.get(pair, 0), best)
    return spare | planned


def seating_of(workshop: Workshop) -> list[SeatedRound]:
    """The rounds last worked out, with names."""
    ids = {pk for one in workshop.seating for table in one["tables"] for pk in table}
    firms = Organisation.objects.in_bulk(ids)
    return [
        SeatedRound(
            number,
            [[firms[pk] for pk in table if pk in firms] for table in one["tables"]],
            one["value"],
            one["bound"],
        )
        for number, one in enumerate(workshop.seating, start=1)
    ]


def cards_of(viewer: Viewer, workshop: Workshop) -> list[Card]:
    """What each firm has and wants; listings that hide their holder are nobody's card."""
    firms = Organisation.objects.in_bulk(seated_firms(workshop))
    haves: dict[int, list[DisclosedListing]] = {pk: [] for pk in firms}
    wants: dict[int, list[DisclosedListing]] = {pk: [] for pk in firms}
    for rows, cards in ((offers_visible_to(viewer), haves), (needs_visible_to(viewer), wants)):
        for listing in rows.open().filter(organisation_id__in=firms).order_by("origin", "id"):
            told = disclose(listing, viewer)
            if told.organisation is not None:
                cards[told.organisation.pk].append(told)
    order = sorted(firms.values(), key=lambda firm: firm.name)
    return [Card(firm, haves[firm.pk], wants[firm.pk]) for firm in order]


def proposals_among(viewer: Viewer, workshop: Workshop, *, most: int = 60) -> list[Proposal]:
    """Proposals between those who are there, best first: what can be logged on the spot."""
    firms = seated_firms(workshop)
    found = (
        proposals_visible_to(viewer)
        .filter(offer__organisation_id__in=firms, need__organisation_id__in=firms, inferred=False)
        .filter(offer__status="open", need__status="open")
        .order_by("-stage", "-value_cents", "id")
    )
    return found.rows(0, most)


@transaction.atomic
def log_match(
    *, viewer: Viewer, workshop: Workshop, proposal: Proposal, note: str, now: datetime
) -> Exchange:
    """Open the proposal's exchange, or take the one already open, and note it with the workshop."""
    _require_officer(viewer, workshop.region_id)
    exchange = open_exchange_between(viewer, proposal.offer, proposal.need)
    if exchange is None:
        exchange = open_from_proposal(viewer=viewer, proposal=proposal, now=now)
    WorkshopMatch.objects.update_or_create(
        workshop=workshop, exchange=exchange, defaults={"note": note, "logged_at": now}
    )
    return exchange


def _require_officer(viewer: Viewer, region_id: int) -> None:
    if not viewer.secretariat and region_id not in viewer.chamber_region_ids:
        message = _("Only the chamber of this region may do this.")
        raise NotPermitted([Problem("workshop", "not_permitted", message)])
