"""The best counterparts of one listing at once, priced with the market's current dual prices.

A pair's rank is its value less what the counterpart already earns in the plan: what the pair would
add. A negative rank says that the counterpart is better used elsewhere at present.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from marketplace.listings.models import Listing, Need, Offer
from marketplace.registers.duplicates import held_back_sites
from symbiosis.catalogue import current_catalogue
from symbiosis.core.candidates import Index
from symbiosis.core.params import Params
from symbiosis.core.scoring import value_parts
from symbiosis.models import NeedPrice, OfferPrice, Proposal
from symbiosis.problems import LoadedMarket, market_of
from symbiosis.saving import Exchanges, proposals_from, save_plan

NEIGHBOURS = 2_000
"""Counterparts looked at, nearest first among compatible ones; a run prices every pair, so this
bounds only what an answer shows before the next run."""

RANKED = 20

SideT = TypeVar("SideT", Offer, Need)

_NO_FLOOR = -(2**40)


def rank_listing(listing: Listing, *, as_of: date, params: Params | None = None) -> list[Proposal]:
    """Save and return the listing's best proposals, in the caller's transaction.

    Planned proposals of the last run keep their place; alternatives are added beside them.
    """
    settings = params or Params()
    if isinstance(listing, Offer):
        needs = _counterparts(Need, listing, as_of)
        loaded = market_of([listing], needs, current_catalogue())
        prices = _known_prices(NeedPrice, "need_id", loaded.needs.ids)
        return _rank(loaded, prices, settings, from_offers=True)
    if isinstance(listing, Need):
        offers = _counterparts(Offer, listing, as_of)
        loaded = market_of(offers, [listing], current_catalogue())
        prices = _known_prices(OfferPrice, "offer_id", loaded.offers.ids)
        return _rank(loaded, prices, settings, from_offers=False)
    raise TypeError(f"{type(listing).__name__} is neither an offer nor a need")


def _counterparts(model: type[SideT], listing: Listing, as_of: date) -> list[SideT]:
    materials = current_catalogue().partners_of(
        listing.material_id, offered=isinstance(listing, Offer)
    )
    rows = (
        model.objects.open()
        .running_on(as_of)
        .not_inferred_at(held_back_sites())
        .filter(material_id__in=materials)
        .exclude(organisation_id=listing.organisation_id)
        .nearest_first(listing.public_location)
    )
    return list(rows[:NEIGHBOURS])


def _rank(
    loaded: LoadedMarket, prices: NDArray[np.int64], params: Params, *, from_offers: bool
) -> list[Proposal]:
    if not len(loaded.offers.ids) or not len(loaded.needs.ids):
        return []
    index = Index(loaded.market, params, from_offers=from_offers)
    found = index.search(RANKED, floor=np.array([_NO_FLOOR], np.int64), price=prices)
    offer, need = (found.row, found.other) if from_offers else (found.other, found.row)
    parts = value_parts(loaded.market, params, offer, need)
    worth = np.flatnonzero(parts.value > 0)
    offer, need, gain = offer[worth], need[worth], found.gain[worth]
    exchanges = Exchanges(
        offer=offer,
        need=need,
        kg=np.minimum(loaded.offers.listings.kg[offer], loaded.needs.listings.kg[need]),
        parts=value_parts(loaded.market, params, offer, need),
        gain_cents_per_t=gain,
        stage=Proposal.Stage.CANDIDATE,
    )
    known = set(
        Proposal.objects.planned()
        .filter(offer_id__in=loaded.offers.ids.tolist(), need_id__in=loaded.needs.ids.tolist())
        .values_list("offer_id", "need_id")
    )
    proposals = [
        proposal
        for proposal in proposals_from(loaded, exchanges, params=params, run=None)
        if (proposal.offer_id, proposal.need_id) not in known
    ]
    save_plan(proposals)
    return sorted(proposals, key=lambda proposal: -proposal.rank_cents_per_t)


def _known_prices(
    model: type[NeedPrice] | type[OfferPrice], column: str, ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The market's price of each listing, zero where the last run did not know it."""
    rows = model.objects.filter(**{f"{column}__in": ids.tolist()})
    known = dict(rows.values_list(column, "cents_per_t"))
    return np.array([known.get(pk, 0) for pk in ids.tolist()], np.int64)
