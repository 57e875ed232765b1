"""The best counterparts of one listing at once, priced with the market's current dual prices.

A pair's rank is its value less what the counterpart already earns in the plan: what the pair would
add. A negative rank says that the counterpart is better used elsewhere at present.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from marketplace.listings.models import Listing, Need, Offer
from symbiosis.catalogue import current_catalogue
from symbiosis.core.candidates import Index
from symbiosis.core.params import Params
from symbiosis.core.scoring import value_parts
from symbiosis.models import Proposal
from symbiosis.parameters import current_params
from symbiosis.problems import LoadedMarket, market_between, nearest_counterparts, side_of
from symbiosis.querysets import ProposalQuerySet
from symbiosis.saving import Exchanges, save_exchanges

NEIGHBOURS_EACH = 60
"""Counterparts looked at of every material that fits, nearest first; a run prices every pair, so
this bounds only what an answer shows until the matcher has taken the listing in."""

RANKED = 20

_NO_FLOOR = -(2**40)


def rank_listing(
    listing: Listing, *, as_of: date, params: Params | None = None
) -> ProposalQuerySet:
    """Save the listing's best proposals in the caller's transaction; asked for, they are read.

    A new listing has none yet; a revised one comes without its old ones.
    """
    settings = params or current_params()
    if not isinstance(listing, (Offer, Need)):
        raise TypeError(f"{type(listing).__name__} is neither an offer nor a need")
    if not listing.base_remaining:
        return Proposal.objects.none()
    catalogue = current_catalogue()
    mine = side_of(listing, catalogue)
    others, prices = nearest_counterparts(
        listing, each=NEIGHBOURS_EACH, as_of=as_of, catalogue=catalogue
    )
    from_offers = isinstance(listing, Offer)
    sides = (mine, others) if from_offers else (others, mine)
    loaded = market_between(*sides, catalogue, as_of=as_of)
    _rank(loaded, prices, settings, from_offers=from_offers)
    ranked = Proposal.objects.filter(**{"offer" if from_offers else "need": listing.pk})
    return ranked.order_by("-rank_cents_per_t", "id")


def _rank(
    loaded: LoadedMarket, prices: NDArray[np.int64], params: Params, *, from_offers: bool
) -> None:
    if not len(loaded.offers.ids) or not len(loaded.needs.ids):
        return
    index = Index(loaded.market, params.but(threads=1), from_offers=from_offers)
    found = index.search(RANKED, floor=np.array([_NO_FLOOR], np.int64), price=prices)
    offer, need = (found.row, found.other) if from_offers else (found.other, found.row)
    exchanges = Exchanges(
        offer=offer,
        need=need,
        kg=np.minimum(loaded.offers.listings.kg[offer], loaded.needs.listings.kg[need]),
        parts=value_parts(loaded.market, params, offer, need),
        gain_cents_per_t=found.gain,
        stage=Proposal.Stage.CANDIDATE,
    )
    save_exchanges(loaded, exchanges, params=params, run=None)
