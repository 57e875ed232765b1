"""Matching across markets: the same engine, over the general figures of both sides.

Both instances reckon from the same descriptors, so neither has to believe the other's figures.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from marketplace.listings.models import WasteStatus
from symbiosis.catalogue import Catalogue, current_catalogue
from symbiosis.copying import random_uids, read_columns, upsert_columns
from symbiosis.core.candidates import Index
from symbiosis.core.params import Params
from symbiosis.core.scoring import value_parts
from symbiosis.federation.models import CrossMatch, PartnerMarket
from symbiosis.models import Proposal
from symbiosis.problems import LISTING_KINDS, Side, market_between, side_from_columns
from symbiosis.saving import Exchanges, proposal_columns

MOST_EACH = 10
"""Counterparts kept for each listing of ours, the most valuable first."""

_OURS, _THEIRS = 1, 2

_UNKNOWN = list(WasteStatus.values).index(WasteStatus.UNKNOWN)

# The legal status stays open, as it is not told: what is barred whatever it be is left out, and
# the rest is for the two members to settle once they know each other.
_SELECTED = f"""
    id, {{firm}}::bigint, material_id, band_low, 0::bigint, 0::bigint, 0::bigint, 1::bigint,
    0::bigint, coalesce(first_day - date '0001-01-01' + 1, 1)::bigint,
    coalesce(last_day - date '0001-01-01' + 1, 3652059)::bigint,
    coalesce((SELECT bit_or(1 << (m - 1)) FROM unnest(months) AS m), 4095)::bigint,
    0::bigint, 0::bigint, lat, lon, 0::bigint,
    (ascii(country) * 256 + ascii(substr(country, 2)))::bigint, {_UNKNOWN}::bigint, 0::bigint
"""  # noqa: S608 - own names only


@transaction.atomic
def match_across(partner: PartnerMarket, *, today: date, params: Params | None = None) -> int:
    """Reckon the pairs with a partner's descriptors anew; returns how many there are.

    A known pair keeps its address. Pairs that fit no longer go, except those in which somebody
    is interested: they stay as they were when it was said.
    """
    settings = params or Params()
    catalogue = current_catalogue()
    found: list[int] = []
    for offering in (True, False):
        found += _matched(partner, catalogue, settings, today, offering=offering)
    stale = CrossMatch.objects.filter(foreign__partner=partner).exclude(pk__in=found)
    stale.filter(interested_at__isnull=True, their_interest_at__isnull=True, number=None).delete()
    return len(found)


def weighed(own_id: int, foreign_id: int, *, today: date) -> CrossMatch | None:
    """The pair of two descriptors by their rows' ids, saved; None where they do not fit."""
    catalogue, known = current_catalogue(), Q(own_id=own_id, foreign_id=foreign_id)
    for offering in (True, False):
        ours = _side("own", "id = %s", [own_id], catalogue, today, offering=offering)
        theirs = _side("foreign", "id = %s", [foreign_id], catalogue, today, offering=not offering)
        _saved(ours, theirs, catalogue, Params(), today, offering=offering)
    return CrossMatch.objects.filter(known).first()


def _matched(
    partner: PartnerMarket, catalogue: Catalogue, params: Params, today: date, *, offering: bool
) -> list[int]:
    ours = _side("own", "true", [], catalogue, today, offering=offering)
    where = "partner_id = %s AND material_id IS NOT NULL"
    theirs = _side("foreign", where, [partner.pk], catalogue, today, offering=not offering)
    pairs = _saved(ours, theirs, catalogue, params, today, offering=offering)
    held = CrossMatch.objects.filter(own_id__in=pairs[0].tolist(), foreign__partner=partner)
    wanted = set(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))
    rows = held.values_list("pk", "own_id", "foreign_id")
    return [pk for pk, own, foreign in rows if (own, foreign) in wanted]


def _saved(
    ours: Side,
    theirs: Side,
    catalogue: Catalogue,
    params: Params,
    today: date,
    *,
    offering: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The best pairs of two sides, written; ids of our and of their descriptors."""
    nothing = np.zeros(0, np.int64)
    if not len(ours.ids) or not len(theirs.ids):
        return nothing, nothing
    offers, needs = (ours, theirs) if offering else (theirs, ours)
    loaded = market_between(offers, needs, catalogue, as_of=today)
    index = Index(loaded.market, params.but(threads=1), from_offers=offering)
    found = index.search(MOST_EACH)
    offer, need = (found.row, found.other) if offering else (found.other, found.row)
    if not len(offer):
        return nothing, nothing
    pairs = Exchanges(
        offer=offer,
        need=need,
        kg=np.minimum(offers.listings.kg[offer], needs.listings.kg[need]),
        parts=value_parts(loaded.market, params, offer, need),
        gain_cents_per_t=found.gain,
        stage=Proposal.Stage.CANDIDATE,
    )
    columns = proposal_columns(loaded, pairs, params)
    own_ids, foreign_ids = (
        (columns["offer_id"], columns["need_id"])
        if offering
        else (columns["need_id"], columns["offer_id"])
    )
    figures = ("base_quantity", "road_m", "value_cents", "co2e_kg")
    count = len(own_ids)
    moment = [timezone.now().isoformat()] * count
    upsert_columns(
        CrossMatch._meta.db_table,
        {
            "own_id": own_ids.tolist(),
            "foreign_id": foreign_ids.tolist(),
            **{name: columns[name].tolist() for name in figures},
            "updated_at": moment,
        },
        keys=["own_id", "foreign_id"],
        fresh={"uid": random_uids(count), "created_at": moment},
    )
    return own_ids, foreign_ids


def _side(
    whose: str,
    where: str,
    params: list[int],
    catalogue: Catalogue,
    today: date,
    *,
    offering: bool,
) -> Side:
    selected = _SELECTED.format(firm=_OURS if whose == "own" else _THEIRS)
    query = (
        f"SELECT {selected} FROM symbiosis_{whose}descriptor"  # noqa: S608 - own names only
        f" WHERE {where} AND NOT gone AND side = %s AND (last_day IS NULL OR last_day >= %s)"
        " ORDER BY id"
    )
    side = "offer" if offering else "need"
    columns = read_columns(query, LISTING_KINDS, [*params, side, today])
    return side_from_columns(columns, catalogue, offering=offering)
