"""No tonne twice: what an agreed exchange holds of an offer and of a need.

A listing's ``base_reserved`` is the sum of what exchanges hold of it. It changes only here, under
the pair's lock. Behind the lock stands the database: it adds to what the row holds at that moment
and refuses more than there is (constraints ``*_no_tonne_twice``), whoever forgot to lock.
"""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from marketplace.errors import Conflict, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.words import State
from marketplace.listings.locking import LockedPair
from marketplace.listings.models import Listing, ListingStatus, QuantityBasis


def reserve(exchange: Exchange, pair: LockedPair, *, base_quantity: int) -> None:
    """Hold so much of both listings for the exchange; raises Conflict where less is free."""
    if min(pair.offer.base_remaining, pair.need.base_remaining) < base_quantity:
        raise _not_free()
    try:
        with transaction.atomic():
            _hold(pair.offer, base_quantity)
            _hold(pair.need, base_quantity)
    except IntegrityError as error:
        if "no_tonne_twice" not in str(error):
            raise
        raise _not_free() from error
    exchange.offer_reserved += base_quantity
    exchange.need_reserved += base_quantity


def _not_free() -> Conflict:
    return Conflict(
        [Problem("quantity", "not_free", _("So much is no longer free on both sides."))]
    )


def release(exchange: Exchange, pair: LockedPair) -> None:
    """Give back what the exchange no longer needs, now that it has left its reserving states.

    A flow (so much a year) is free again as a whole. Of a one-off stock, what was delivered is
    gone; a completed exchange without recorded deliveries has used all that it held.
    """
    delivered = exchange.delivered_base
    exchange.offer_reserved = _give_back(pair.offer, exchange, exchange.offer_reserved, delivered)
    exchange.need_reserved = _give_back(pair.need, exchange, exchange.need_reserved, delivered)


def _give_back(listing: Listing, exchange: Exchange, held: int, delivered: int) -> int:
    used = 0
    if listing.quantity_basis == QuantityBasis.TOTAL:
        all_of_it = exchange.state == State.COMPLETED and not delivered
        used = held if all_of_it else min(held, delivered)
    _hold(listing, used - held)
    return used


def _hold(listing: Listing, change: int) -> None:
    if not change:
        return
    listing.base_reserved = F("base_reserved") + change
    listing.version = F("version") + 1
    listing.save(update_fields=["base_reserved", "version", "updated_at"])
    listing.refresh_from_db(fields=["base_reserved", "version"])


def require_open(pair: LockedPair, day: date) -> None:
    """Raises Conflict unless both listings are open, not over on the day and posted by firms."""
    for listing, field in ((pair.offer, "offer"), (pair.need, "need")):
        over = listing.available_until is not None and listing.available_until < day
        if listing.status != ListingStatus.OPEN or over:
            raise Conflict([Problem(field, "not_open", _("This listing is no longer open."))])
        if listing.inferred:
            raise Conflict(
                [
                    Problem(
                        field,
                        "inferred",
                        _(
                            "This side is inferred from a register: its firm has posted nothing"
                            " yet. Ask its chamber to invite it."
                        ),
                    )
                ]
            )
