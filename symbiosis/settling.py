"""A price to start talking from: the middle of the band in which both gain, and who gains what.

Both follow from what the proposal stores, which rests on no more of a listing than any reader of
the pair may know; nothing here looks at a listing.
"""

from __future__ import annotations

from dataclasses import dataclass

from symbiosis.core.params import Params
from symbiosis.models import Proposal
from symbiosis.parameters import current_params

FULL = 1_000


@dataclass(frozen=True, slots=True)
class Settlement:
    """Cents. The price per tonne (MWh, m3) is what the taker pays the holder, below zero the other
    way round; the gains are for the whole quantity and add up to the proposal's value."""

    low_cents_per_t: int
    suggested_cents_per_t: int
    high_cents_per_t: int
    holder_gain_cents: int
    taker_gain_cents: int

    def holds(self, asking_cents: int) -> bool:
        """Whether a listing's asking price lies in the band."""
        return self.low_cents_per_t <= asking_cents <= self.high_cents_per_t


def settlement_of(proposal: Proposal, *, params: Params | None = None) -> Settlement | None:
    """The suggestion for a proposal; None for an alternative, which the plan has no price for.

    ``params`` where many are asked for; by default the installation's own, by a query.
    """
    low, high = proposal.price_low_cents_per_t, proposal.price_high_cents_per_t
    if low is None or high is None:
        return None
    share = (params or current_params()).offer_share_permille
    suggested = low + (share * (high - low) + FULL // 2) // FULL
    paid = (suggested * proposal.base_quantity + 500) // 1_000
    holder = proposal.disposal_cents + paid
    return Settlement(low, suggested, high, holder, proposal.value_cents - holder)
