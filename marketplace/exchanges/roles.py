"""In which capacities a viewer stands to an exchange; who may look and who may act."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import Role
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import Viewer
from marketplace.listings.models import Need, Offer


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a move: in which role, for which organisation, which person (None: a program)."""

    role: Role
    organisation_id: int | None = None
    user_id: int | None = None


CALENDAR = Actor(Role.CLOCK)


def _parties(offer: Offer, need: Need, organisation_ids: frozenset[int]) -> set[Role]:
    found = set()
    if offer.organisation_id in organisation_ids:
        found.add(Role.OFFER)
    if need.organisation_id in organisation_ids:
        found.add(Role.NEED)
    return found


def _facilitates(viewer: Viewer, offer: Offer, need: Need) -> bool:
    regions = {offer.public_region_id, need.public_region_id}
    return viewer.secretariat or bool(regions & viewer.chamber_region_ids)


def _acting(viewer: Viewer, offer: Offer, need: Need) -> list[Role]:
    """Capacities to act on a pair, a party's before the chamber's.

    A party acts through those who may post for it; the secretariat and the chamber of either
    side's region facilitate, and never act for a party.
    """
    parties = _parties(offer, need, viewer.editable_ids)
    roles: list[Role] = [role for role in (Role.OFFER, Role.NEED) if role in parties]
    return [*roles, Role.FACILITATOR] if _facilitates(viewer, offer, need) else roles


def pair_actors(viewer: Viewer, offer: Offer, need: Need) -> list[Actor]:
    """Every capacity in which the viewer may act on a pair, each with its organisation."""
    own = {Role.OFFER: offer.organisation_id, Role.NEED: need.organisation_id}
    actors = []
    for role in _acting(viewer, offer, need):
        if role == Role.FACILITATOR:
            chamber = facilitating_chamber(viewer, offer, need)
            actors.append(Actor(role, chamber.pk if chamber else None, viewer.user_id))
        else:
            actors.append(Actor(role, own[role], viewer.user_id))
    return actors


def actors_of(viewer: Viewer, exchange: Exchange) -> list[Actor]:
    """Every capacity in which the viewer may act on an exchange."""
    return pair_actors(viewer, exchange.offer, exchange.need)


def acts_as(viewer: Viewer, exchange: Exchange) -> frozenset[Role]:
    """The capacities of ``actors_of``, without asking the database."""
    return frozenset(_acting(viewer, exchange.offer, exchange.need))


def seen_as(viewer: Viewer, exchange: Exchange) -> frozenset[Role]:
    """Capacities in which the viewer may look: acting for a party is not needed for that."""
    roles = _parties(exchange.offer, exchange.need, viewer.organisation_ids)
    if _facilitates(viewer, exchange.offer, exchange.need):
        roles.add(Role.FACILITATOR)
    return frozenset(roles)


def is_party(viewer: Viewer, exchange: Exchange) -> bool:
    """Whether the viewer reads what only the two sides read."""
    return bool(_parties(exchange.offer, exchange.need, viewer.organisation_ids))


def facilitating_chamber(viewer: Viewer, offer: Offer, need: Need) -> Organisation | None:
    """The chamber through which the viewer facilitates the pair, if it serves one."""
    regions = viewer.chamber_region_ids & {offer.public_region_id, need.public_region_id}
    found: Organisation | None = (
        Organisation.objects.filter(
            Q(pk__in=viewer.organisation_ids),
            type=Organisation.Type.CHAMBER,
            region_id__in=regions,
        )
        .order_by("pk")
        .first()
    )
    return found


def chamber_of(offer: Offer, need: Need) -> Organisation | None:
    """The chamber of the holder's region, else of the receiver's."""
    for region_id in (offer.public_region_id, need.public_region_id):
        if region_id is None:
            continue
        chambers = Organisation.objects.filter(type=Organisation.Type.CHAMBER, region_id=region_id)
        found: Organisation | None = chambers.order_by("pk").first()
        if found is not None:
            return found
    return None
