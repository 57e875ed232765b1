"""The best pairs of one listing: trees (tree.py) opened by the best bound first.

The search puts the roots of all materials the listing may deal with on one heap and opens the best
bound first; it ends when the best bound left is no better than the worst pair kept. Bounds are
reckoned in the plane, where no two places are farther apart than on the earth; only a pair whose
bound there could still be kept is looked at in full.

Arrays travel one by one: taking one out of a tuple costs a count of references, which is more than
looking at a pair.

Reference: Hjaltason and Samet, Distance browsing in spatial databases, ACM TODS 24 (1999).
"""

from __future__ import annotations

import math

import numpy as np

from symbiosis.core.kernels.geodesy import arc_km, within_km
from symbiosis.core.kernels.jit import kernel, part
from symbiosis.core.kernels.lists import heap_pop, heap_push
from symbiosis.core.kernels.tree import (
    EAST,
    FROM_CENTRE,
    LATITUDE,
    LEAST_PRICE,
    LEAST_WORTH,
    LONGITUDE,
    MOST_NET,
    MOST_WORTH,
    NORTH,
    WORTH,
)  # fmt: skip

FULL = 1_000
ROUNDING_CENTS = 2.0
NOTHING = np.int64(-(2**62))
NODE_BITS = 32
NODE_MASK = (1 << NODE_BITS) - 1

FIRM, FIRST_DAY, LAST_DAY, MONTHS, PAPERS, TRADE = range(6)
"""Columns of a side's marks."""

PERMILLE, PROCESSING, CENTS_KM, REACH, SAVED = range(5)
"""Columns of the terms of a pair of materials."""


@part
def node_bound(node, x, y, base, share, rate, reach, figures):
    """No place below the node is worth more than this to a listing at (x, y).

    What a place pays for a share of its worth is, net of its price, at most what it would pay for
    the whole, less the rest of the least worth: worth x share - price = (worth - price) - worth x
    (1 - share).
    """
    dx = max(figures[node, 0] - x, x - figures[node, 1], 0.0)
    dy = max(figures[node, 2] - y, y - figures[node, 3], 0.0)
    km = math.sqrt(dx * dx + dy * dy)
    if km > reach:
        return -np.inf
    net = figures[node, MOST_WORTH] * share - figures[node, LEAST_PRICE]
    if share <= 1.0:
        net = min(net, figures[node, MOST_NET] - figures[node, LEAST_WORTH] * (1.0 - share))
    return base + net - rate * km + ROUNDING_CENTS


@part
def eligible(i, q, src_marks, dst_marks, from_offers):
    """Whether windows, months, firms, trades and papers let src row i and dst row q deal."""
    if src_marks[i, FIRM] == dst_marks[q, FIRM]:
        return False
    if src_marks[i, TRADE] != 0 and src_marks[i, TRADE] == dst_marks[q, TRADE]:
        return False
    if src_marks[i, FIRST_DAY] > dst_marks[q, LAST_DAY]:
        return False
    if dst_marks[q, FIRST_DAY] > src_marks[i, LAST_DAY]:
        return False
    if src_marks[i, MONTHS] & dst_marks[q, MONTHS] == 0:
        return False
    if from_offers:
        return src_marks[i, PAPERS] & ~dst_marks[q, PAPERS] == 0
    return dst_marks[q, PAPERS] & ~src_marks[i, PAPERS] == 0


@part
def value_of(i, q, p, src, dst, terms, cents_gram, grams_km, from_offers):
    """Cents per tonne of a pair, as scoring.value_parts reckons it; NOTHING beyond its reach."""
    dx = src[i, FROM_CENTRE] - dst[q, FROM_CENTRE]
    dy = src[i, FROM_CENTRE + 1] - dst[q, FROM_CENTRE + 1]
    dz = src[i, FROM_CENTRE + 2] - dst[q, FROM_CENTRE + 2]
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    km = arc_km(chord)
    permille = np.int64(terms[p, PERMILLE])
    if from_offers:
        worth = np.int64(src[i, WORTH]) + np.int64(dst[q, WORTH]) * permille // FULL
    else:
        worth = np.int64(dst[q, WORTH]) + np.int64(src[i, WORTH]) * permille // FULL
    haulage = np.int64(np.rint(terms[p, CENTS_KM] * km))
    carbon = np.int64(np.rint(cents_gram * (terms[p, SAVED] - grams_km * km)))
    if not within_km(
        terms[p, REACH], chord,
        src[i, LATITUDE], src[i, LONGITUDE], dst[q, LATITUDE], dst[q, LONGITUDE],
    ):  # fmt: skip
        return NOTHING
    return worth - np.int64(terms[p, PROCESSING]) - haulage + carbon


@part
def keep(keys, items, kept, k, key, item):
    """Enter a pair among the k greatest, best first; returns how many are kept.

    Pairs come roughly best first, so that most enter near the end.
    """
    at = kept
    if kept == k:
        at -= 1
    else:
        kept += 1
    while at > 0 and keys[at - 1] < key:
        keys[at] = keys[at - 1]
        items[at] = items[at - 1]
        at -= 1
    keys[at] = key
    items[at] = item
    return kept


@part
def base_of(worth, p, terms, cents_gram, from_offers):
    """What a pair is worth but for the other end and the way: (base, share of the other's worth)"""
    base = cents_gram * terms[p, SAVED] - terms[p, PROCESSING]
    share = terms[p, PERMILLE] / FULL
    if from_offers:
        return base + worth, share
    return base + worth * share, 1.0


@part
def look(
    i, floor, k, material, src, src_marks, dst, dst_marks, price,
    first, last, leaves, figures, root,
    pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers,
    passed, mark, heap_keys, heap_items, kept_keys, kept_items,
):  # fmt: skip
    """The k pairs of greatest value - price of src row i above its floor, best first in kept_*.

    price         of the dst rows; the figures may rest on lower ones
    passed, mark  dst rows q with passed[q] == mark are left out
    Returns how many were kept.
    """
    x, y, worth = src[i, EAST], src[i, NORTH], src[i, WORTH]
    least = floor
    heap = 0
    kept = 0
    for at in range(pair_start[material], pair_start[material + 1]):
        node = root[pair_to[at]]
        if node < 0:
            continue
        p = pair_row[at]
        base, share = base_of(worth, p, terms, cents_gram, from_offers)
        rate = terms[p, CENTS_KM] + cents_gram * grams_km
        bound = node_bound(node, x, y, base, share, rate, terms[p, REACH], figures)
        if bound > least:
            item = (np.int64(at) << NODE_BITS) | node
            heap = heap_push(heap_keys, heap_items, heap, -bound, item)
    while heap > 0 and -heap_keys[0] > least:
        item = heap_items[0]
        heap = heap_pop(heap_keys, heap_items, heap)
        node = item & NODE_MASK
        tag = item - node
        p = pair_row[item >> NODE_BITS]
        base, share = base_of(worth, p, terms, cents_gram, from_offers)
        rate = terms[p, CENTS_KM] + cents_gram * grams_km
        if node >= leaves:
            for child in range(first[node], last[node]):
                bound = node_bound(child, x, y, base, share, rate, terms[p, REACH], figures)
                if bound > least:
                    heap = heap_push(heap_keys, heap_items, heap, -bound, tag | child)
            continue
        base += ROUNDING_CENTS
        for q in range(first[node], last[node]):
            dx = dst[q, EAST] - x
            dy = dst[q, NORTH] - y
            bound = base + dst[q, WORTH] * share - price[q] - rate * math.sqrt(dx * dx + dy * dy)
            if bound <= least or passed[q] == mark:
                continue
            if not eligible(i, q, src_marks, dst_marks, from_offers):
                continue
            value = value_of(i, q, p, src, dst, terms, cents_gram, grams_km, from_offers)
            if value > 0 and value - price[q] > least:
                kept = keep(kept_keys, kept_items, kept, k, value - price[q], q)
                if kept == k:
                    least = max(least, kept_keys[k - 1])
    return kept


@kernel
def best_pairs(rows, floor, k, source, sought, price, tree, table, found, gain, kept):
    """For each src row the k pairs of greatest value - price of the other side, above its floor.

    source, sought   (material, places (n, 8), marks (n, 6)) of a side
    price            of the sought rows
    tree             (first, last, leaves, figures, root of material) over the sought rows
    table            (start by src material, pair and sought material of each entry, terms of the
                     pairs, cents per gram, grams per km, whether src rows are offers)
    found, gain      out: dst rows and value - price, best first; only the first kept[s] are set
    """
    material, src, src_marks = source
    _, dst, dst_marks = sought
    first, last, leaves, figures, root = tree
    pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers = table
    heap_keys = np.empty(len(first) + 1, np.float64)
    heap_items = np.empty(len(first) + 1, np.int64)
    kept_keys = np.empty(k + 1, np.int64)
    kept_items = np.empty(k + 1, np.int64)
    nobody = np.zeros(len(price), np.int8)
    for s in range(len(rows)):
        i = rows[s]
        kept[s] = look(
            i, floor[i], k, material[i], src, src_marks, dst, dst_marks, price,
            first, last, leaves, figures, root,
            pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers,
            nobody, 1, heap_keys, heap_items, kept_keys, kept_items,
        )  # fmt: skip
        for x in range(kept[s]):
            gain[s, x] = kept_keys[x]
            found[s, x] = kept_items[x]


@kernel
def listed(rows, order, found, gain, kept):
    """What best_pairs found, one pair after another: src rows, dst rows by `order`, gains."""
    pairs = kept.sum()
    row = np.empty(pairs, np.int32)
    other = np.empty(pairs, np.int32)
    worth = np.empty(pairs, np.int64)
    e = 0
    for s in range(len(rows)):
        for x in range(kept[s]):
            row[e] = rows[s]
            other[e] = order[found[s, x]]
            worth[e] = gain[s, x]
            e += 1
    return row, other, worth
