"""Taking up a proposal: what the matcher found is copied into the exchange."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.errors import InvalidInput, Problem
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import Found, open_exchange
from marketplace.exchanges.words import Move
from marketplace.firms.viewers import Viewer
from symbiosis.lawful import check_lawful
from symbiosis.models import Proposal


@transaction.atomic
def open_from_proposal(*, viewer: Viewer, proposal: Proposal, now: datetime) -> Exchange:
    """Open the exchange of a proposal the viewer may see; refusals as of ``open_exchange``, and
    Conflict ``barred_by_law`` where what the viewer may know bars it by now.

    A proposal led through services is two or three contracts, none of them between its two ends:
    InvalidInput.
    """
    if proposal.route:
        led = _("It is led through services; agree with each of them.")
        raise InvalidInput([Problem("proposal", "led_through_services", led)])
    exchange = open_exchange(
        viewer=viewer,
        offer=proposal.offer,
        need=proposal.need,
        found=Found(
            base_quantity=proposal.base_quantity,
            proposal_uid=proposal.uid,
            road_m=proposal.road_m,
            value_cents=proposal.value_cents,
            haulage_cents=proposal.haulage_cents,
            co2e_kg=proposal.co2e_kg,
            price_low_cents=proposal.price_low_cents_per_t,
            price_high_cents=proposal.price_high_cents_per_t,
            reasons=proposal.reasons,
        ),
        now=now,
    )
    check_lawful(exchange, viewer, move=Move.OPEN, now=now)
    return exchange
