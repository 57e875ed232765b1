"""Who is looking: the one value that every visibility rule takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from marketplace.firms.models import Affiliation, Membership, Organisation

_EDITING_ROLES = (Membership.Role.OWNER, Membership.Role.MEMBER, Membership.Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or a program, reduced to what decides what it may see and do.

    ``organisation_ids``: organisations it acts for; ``editable_ids``: those it may post for;
    ``delegated_ids``: those of both that only let it act for them, by an affiliation's consent;
    ``chamber_region_ids``: regions whose chamber it serves as an officer.
    """

    user_id: int | None = None
    organisation_ids: frozenset[int] = field(default_factory=frozenset)
    editable_ids: frozenset[int] = field(default_factory=frozenset)
    delegated_ids: frozenset[int] = field(default_factory=frozenset)
    chamber_region_ids: frozenset[int] = field(default_factory=frozenset)
    secretariat: bool = False

    @property
    def member(self) -> bool:
        """Signed in for at least one organisation: may see what is for members only."""
        return bool(self.organisation_ids) or self.secretariat

    def acts_for(self, organisation_id: int) -> bool:
        return organisation_id in self.organisation_ids

    def may_edit(self, organisation_id: int) -> bool:
        return self.secretariat or organisation_id in self.editable_ids

    def may_govern(self, organisation_id: int) -> bool:
        """May change the organisation itself and whom it trusts: consent does not reach that."""
        return self.may_edit(organisation_id) and organisation_id not in self.delegated_ids


ANYONE = Viewer()
"""A visitor who has not signed in."""


def viewer_for(user: Any) -> Viewer:
    """The viewer behind a request's user (anonymous users included)."""
    if not getattr(user, "is_authenticated", False):
        return ANYONE
    memberships = list(user.memberships.select_related("organisation"))
    return Viewer(
        user_id=user.pk,
        organisation_ids=frozenset(m.organisation_id for m in memberships),
        editable_ids=frozenset(m.organisation_id for m in memberships if m.role in _EDITING_ROLES),
        chamber_region_ids=frozenset(
            m.organisation.region_id
            for m in memberships
            if m.role == Membership.Role.OFFICER
            and m.organisation.type == Organisation.Type.CHAMBER
            and m.organisation.region_id
        ),
        secretariat=user.is_superuser
        or any(
            m.role == Membership.Role.ADMINISTRATOR
            and m.organisation.type == Organisation.Type.SECRETARIAT
            for m in memberships
        ),
    )


def viewer_for_organisation(
    organisation: Organisation, *, consenting_ids: Iterable[int] | None = None
) -> Viewer:
    """The viewer behind a program that acts for an organisation (a partner's API client), and for
    the affiliated firms that consent; read here where the caller has not read them already."""
    if consenting_ids is None:
        consenting_ids = consenting_members(organisation.pk)
    delegated = frozenset(consenting_ids)
    acting = delegated | {organisation.pk}
    return Viewer(organisation_ids=acting, editable_ids=acting, delegated_ids=delegated)


def consenting_members(host: Any) -> QuerySet[Affiliation, int]:
    """Ids of the firms that let a host act for them; the host's id may be an expression."""
    return Affiliation.objects.filter(host=host, consent_given_at__isnull=False).values_list(
        "member_id", flat=True
    )
