"""Erasing a person without breaking the record (GDPR Art. 17).

Records of exchanges, deliveries and the audit trail know people by number only and are append-only.
So erasing empties the person's row and removes what hangs on it; the number stays and leads to
nobody. What the person wrote for its organisation at the table of an exchange is the organisation's
record and stays without its name (Art. 17(3)(b) and (e)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, Problem
from marketplace.exchanges.models import Exchange
from marketplace.firms.models import Membership, Organisation
from marketplace.firms.users import User
from marketplace.followup.models import Notice
from marketplace.listings.models import ListingStatus, Need, Offer, Service
from marketplace.people.personal_data import sessions_of

person_erased = Signal()
"""Sent inside the erasing transaction with ``user``, before its row is emptied: layers above remove
what they keep of the person."""

GOVERNING = (Membership.Role.OWNER, Membership.Role.ADMINISTRATOR)
ERASED_DOMAIN = "erased.invalid"
"""Mail to a domain of RFC 2606 reaches nobody."""


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """An organisation that nobody would govern without the person.

    ``others``: members who could take it over. ``open_exchanges``: how many of its exchanges wait
    for somebody; none may be left alone.
    """

    organisation: Organisation
    others: tuple[Membership, ...]
    open_exchanges: int


def left_behind(user: User) -> list[LeftBehind]:
    """Organisations whose only owner or administrator the person is."""
    found = []
    for own in user.memberships.filter(role__in=GOVERNING).select_related("organisation"):
        others = own.organisation.memberships.exclude(user=user).select_related("user")
        if others.filter(role__in=GOVERNING, user__is_active=True).exists():
            continue
        members = tuple(others.filter(user__is_active=True).order_by("id"))
        found.append(LeftBehind(own.organisation, members, _open(own.organisation).count()))
    return found


def _open(organisation: Organisation) -> QuerySet[Exchange]:
    return Exchange.objects.open().of_organisations(frozenset({organisation.pk}))


@transaction.atomic
def erase_person(*, user: User, successors: Mapping[int, int] | None = None) -> None:
    """Erase the person; the record of what firms agreed and delivered stays, and names nobody.

    ``successors``: the membership that takes over, by organisation, for each one left behind that
    has other members. Where nobody is left, the organisation's listings are withdrawn. Raises
    Conflict, and changes nothing, where an organisation with other members has no successor, or
    one without has open exchanges.
    """
    row = User.objects.select_for_update().get(pk=user.pk)
    problems: list[Problem] = []
    for left in left_behind(row):
        heir = next(
            (m for m in left.others if m.pk == (successors or {}).get(left.organisation.pk)), None
        )
        problem = _in_the_way(left, heir)
        if problem is not None:
            problems.append(problem)
        elif heir is not None:
            heir.role = Membership.Role.OWNER
            heir.save()
        else:
            _close(left.organisation)
    if problems:
        raise Conflict(problems)
    person_erased.send(sender=User, user=row)
    for session in sessions_of(row):
        session.delete()
    EmailAddress.objects.filter(user=row).delete()
    Notice.objects.filter(user=row).delete()
    row.memberships.all().delete()
    row.groups.clear()
    row.user_permissions.clear()
    _forget_in_administration(row)
    row.email = f"{row.uid}@{ERASED_DOMAIN}"
    row.full_name = ""
    row.last_login = None
    row.is_active = row.is_staff = row.is_superuser = False
    row.set_unusable_password()
    row.save()


def _in_the_way(left: LeftBehind, heir: Membership | None) -> Problem | None:
    name = left.organisation.label
    if left.others and heir is None:
        detail = _("You alone govern %(name)s: say which member takes it over.") % {"name": name}
        return Problem(f"successors.{left.organisation.public_id}", "last_owner", detail)
    if not left.others and left.open_exchanges:
        detail = _("%(name)s has open exchanges and nobody but you: finish them first.")
        return Problem("", "open_exchanges", detail % {"name": name})
    return None


def _close(organisation: Organisation) -> None:
    """Take off the market what nobody answers for any more."""
    for model in (Offer, Need, Service):
        model._default_manager.filter(
            organisation=organisation, status__in=(ListingStatus.OPEN, ListingStatus.PAUSED)
        ).update(status=ListingStatus.WITHDRAWN)


def _forget_in_administration(user: User) -> None:
    """The administration's log writes addresses out; it keeps the number alone."""
    about = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    )
    about.update(object_repr=f"#{user.pk}")
    LogEntry.objects.filter(object_repr__icontains=user.email).update(object_repr="")
    LogEntry.objects.filter(change_message__icontains=user.email).update(change_message="")
