"""The one way to lock rows: inside a transaction, in one order, before anything is checked.

Order everywhere: exchanges, then offers, then needs, each by primary key. Two transactions that
lock through here can wait for each other but never in a circle. ``FOR NO KEY UPDATE`` lets the
matcher write proposals that point at a locked listing meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Model, QuerySet

from marketplace.listings.models import Need, Offer

ModelT = TypeVar("ModelT", bound=Model)


class LockOutsideTransaction(RuntimeError):
    """A lock taken outside a transaction is gone before the check that it should protect."""


def locked_rows(rows: QuerySet[ModelT], ids: Iterable[int]) -> dict[int, ModelT]:
    """The rows with these ids, locked in primary-key order and read after the lock is held.

    Raises LockOutsideTransaction, and ObjectDoesNotExist where an id has no row.
    """
    if not connection.in_atomic_block:
        raise LockOutsideTransaction(f"{rows.model.__name__}: lock inside a transaction")
    wanted = sorted(set(ids))
    found = {
        row.pk: row
        for row in rows.filter(pk__in=wanted)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    }
    if missing := set(wanted) - set(found):
        raise ObjectDoesNotExist(f"{rows.model.__name__} {sorted(missing)}")
    return found


@dataclass(frozen=True, slots=True)
class LockedPair:
    """An offer and a need as they are now, until the transaction ends."""

    offer: Offer
    need: Need


def lock_pair(*, offer_id: int, need_id: int) -> LockedPair:
    """Lock an offer and a need, the offer first."""
    offer = locked_rows(Offer.objects.select_related("material"), [offer_id])[offer_id]
    need = locked_rows(Need.objects.select_related("material"), [need_id])[need_id]
    return LockedPair(offer, need)
