"""Two firms with an offer and a need, and shortcuts along the process table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marketplace.exchanges.rules import TermsDraft
from marketplace.exchanges.services import (
    Found,
    MoveDetails,
    make_move,
    open_exchange,
    propose_terms,
)
from marketplace.exchanges.words import Move
from marketplace.firms.viewers import Viewer, viewer_for_organisation
from marketplace.models import Exchange, Need, Offer, Terms
from tests.factories import NeedFactory, OfferFactory

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


@dataclass
class Pair:
    """An offer and a need with a viewer for each side."""

    offer: Offer
    need: Need

    @property
    def holder(self) -> Viewer:
        return viewer_for_organisation(self.offer.organisation)

    @property
    def receiver(self) -> Viewer:
        return viewer_for_organisation(self.need.organisation)

    def opened(self, viewer: Viewer | None = None, **found: Any) -> Exchange:
        """Taken up by the holder, or by the viewer."""
        return open_exchange(
            viewer=viewer or self.holder,
            offer=self.offer,
            need=self.need,
            found=Found(**{"base_quantity": 10_000, **found}),
            now=NOW,
        )

    def disclosed(self) -> Exchange:
        exchange = self.opened()
        for viewer, move in (
            (self.receiver, Move.INTEREST),
            (self.holder, Move.SHARE),
            (self.receiver, Move.SHARE),
        ):
            exchange = make_move(viewer=viewer, exchange=exchange, move=move, now=NOW)
        return exchange

    def with_terms(self, tonnes: int = 10) -> Exchange:
        """The holder's terms on the table."""
        exchange = self.disclosed()
        propose_terms(viewer=self.holder, exchange=exchange, draft=draft(tonnes), now=NOW)
        exchange.refresh_from_db()
        return exchange

    def agreed(self, tonnes: int = 10) -> Exchange:
        return accept(self.receiver, self.with_terms(tonnes))


def pair(**fields: Any) -> Pair:
    """An offer and a need of 100 t a year each; ``offer__`` and ``need__`` prefix their fields."""
    offered = {k.removeprefix("offer__"): v for k, v in fields.items() if k.startswith("offer__")}
    needed = {k.removeprefix("need__"): v for k, v in fields.items() if k.startswith("need__")}
    return Pair(OfferFactory(**offered), NeedFactory(**needed))


def draft(tonnes: int = 10, **changes: Any) -> TermsDraft:
    return TermsDraft(
        **{
            "quantity_value": Decimal(tonnes),
            "quantity_unit": "t",
            "price_cents": 1_250,
            "starts_on": date(2026, 4, 1),
            **changes,
        }
    )


def accept(viewer: Viewer, exchange: Exchange, terms: Terms | None = None) -> Exchange:
    number = terms.number if terms else exchange.terms_number
    return make_move(
        viewer=viewer,
        exchange=exchange,
        move=Move.ACCEPT_TERMS,
        now=NOW,
        details=MoveDetails(terms_number=number),
    )
