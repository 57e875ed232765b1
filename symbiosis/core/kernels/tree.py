"""A packed tree of places by material, searched by worth instead of nearness.

Places of one material are laid along a Hilbert curve, eight to a leaf, eight leaves to a node. Each
node knows the box its places lie in and the most that any of them is worth net of its price, so
that a node's bound is worth - haulage to the nearest edge of the box. The search for one listing
puts the roots of all materials it may deal with on one heap and opens the best bound first; it ends
when the best bound left is no better than the worst pair kept.

Reference: Kamel and Faloutsos, On packing R-trees, CIKM (1993); Hjaltason and Samet, Distance
browsing in spatial databases, ACM TODS 24 (1999).
"""

from __future__ import annotations

import math

import numpy as np

from symbiosis.core.kernels.geodesy import arc_km, chord_km, within_km
from symbiosis.core.kernels.jit import kernel, part
from symbiosis.core.kernels.lists import heap_pop, heap_push

FANOUT = 8
HILBERT_BITS = 16
FULL = 1_000
ROUNDING_CENTS = 2.0
NOTHING = np.int64(-(2**62))
NODE_BITS = 32


@kernel
def hilbert(x, y):
    """Position along a Hilbert curve over the bounding square of the points."""
    key = np.empty(len(x), np.int64)
    if not len(x):
        return key
    low_x, low_y = x.min(), y.min()
    span = max(x.max() - low_x, y.max() - low_y, 1e-9)
    most = (1 << HILBERT_BITS) - 1
    for i in range(len(x)):
        px = np.int64((x[i] - low_x) / span * most)
        py = np.int64((y[i] - low_y) / span * most)
        d = np.int64(0)
        s = np.int64(1 << (HILBERT_BITS - 1))
        while s > 0:
            rx = np.int64(1) if px & s else np.int64(0)
            ry = np.int64(1) if py & s else np.int64(0)
            d += s * s * ((3 * rx) ^ ry)
            if ry == 0:
                if rx == 1:
                    px = most - px
                    py = most - py
                px, py = py, px
            s >>= 1
        key[i] = d
    return key


@part
def nodes_for(count):
    """How many nodes trees over so many places take."""
    total = 0
    for c in range(len(count)):
        n = count[c]
        while n > 0:
            n = (n + FANOUT - 1) // FANOUT
            total += n
            if n == 1:
                break
    return total


@kernel
def pack(count, x, y):
    """Trees over places sorted by material (count[material] each) and along the curve.

    Returns (first, last, box, root, leaves). Nodes below `leaves` hold the places first..last - 1,
    the others the nodes first..last - 1; box is least x, most x, least y, most y.
    """
    total = nodes_for(count)
    first = np.empty(total, np.int32)
    last = np.empty(total, np.int32)
    box = np.empty((total, 4))
    root = np.full(len(count), -1, np.int64)
    run = np.zeros(len(count), np.int64)
    left = count.copy()
    for c in range(1, len(count)):
        run[c] = run[c - 1] + count[c - 1]
    node = 0
    leaves = -1
    while node < total:
        for c in range(len(count)):
            begin = node
            for low in range(run[c], run[c] + left[c], FANOUT):
                high = min(low + FANOUT, run[c] + left[c])
                first[node] = low
                last[node] = high
                if leaves < 0:
                    box[node, 0] = x[low:high].min()
                    box[node, 1] = x[low:high].max()
                    box[node, 2] = y[low:high].min()
                    box[node, 3] = y[low:high].max()
                else:
                    box[node, 0] = box[low:high, 0].min()
                    box[node, 1] = box[low:high, 1].max()
                    box[node, 2] = box[low:high, 2].min()
                    box[node, 3] = box[low:high, 3].max()
                node += 1
            run[c] = begin
            left[c] = node - begin
            if left[c] == 1:
                root[c] = begin
                left[c] = 0
        if leaves < 0:
            leaves = node
    return first, last, box, root, max(leaves, 0)


@kernel
def bounds_of_worth(first, last, leaves, worth, price):
    """Per node the most worth, the least price and the most worth - price below it."""
    nodes = len(first)
    best = np.empty((nodes, 3), np.int64)
    for node in range(nodes):
        most, least, net = NOTHING, -NOTHING, NOTHING
        for c in range(first[node], last[node]):
            if node < leaves:
                most = max(most, worth[c])
                least = min(least, price[c])
                net = max(net, worth[c] - price[c])
            else:
                most = max(most, best[c, 0])
                least = min(least, best[c, 1])
                net = max(net, best[c, 2])
        best[node, 0] = most
        best[node, 1] = least
        best[node, 2] = net
    return best


@part
def node_bound(node, x, y, base, permille, rate, reach, box, best):
    """No place below the node is worth more than this to a listing at (x, y)."""
    dx = max(box[node, 0] - x, x - box[node, 1], 0.0)
    dy = max(box[node, 2] - y, y - box[node, 3], 0.0)
    km = math.sqrt(dx * dx + dy * dy)
    if km > reach:
        return -np.inf
    net = best[node, 0] * permille // FULL - best[node, 1]
    if permille <= FULL:
        net = min(net, best[node, 2])
    return base + net - rate * km + ROUNDING_CENTS


@part
def eligible(i, q, src, dst, asks_papers):
    """Whether windows, months, firms, trades and papers let src row i and dst row q deal."""
    src_int, dst_int = src[3], dst[3]
    if src_int[i, 0] == dst_int[q, 0]:
        return False
    if src_int[i, 5] != 0 and src_int[i, 5] == dst_int[q, 5]:
        return False
    if src_int[i, 1] > dst_int[q, 2] or dst_int[q, 1] > src_int[i, 2]:
        return False
    if src_int[i, 3] & dst_int[q, 3] == 0:
        return False
    if asks_papers:
        return src_int[i, 4] & ~dst_int[q, 4] == 0
    return dst_int[q, 4] & ~src_int[i, 4] == 0


@part
def gain_of(i, q, p, least, src, dst, price, pairs, cents_gram, grams_km, from_offers):
    """Value of a pair less the price of its dst row; NOTHING where it may not be or is no better
    than `least`."""
    permille, processing, cents_km, reach_km, saved = pairs
    if not eligible(i, q, src, dst, from_offers):
        return NOTHING
    chord = chord_km(src[2], i, dst[2], q)
    km = arc_km(chord)
    if from_offers:
        worth = src[4][i] + dst[4][q] * permille[p] // FULL
    else:
        worth = dst[4][q] + src[4][i] * permille[p] // FULL
    haulage = np.int64(np.rint(cents_km[p] * km))
    carbon = np.int64(np.rint(cents_gram * (saved[p] - grams_km * km)))
    value = worth - processing[p] - haulage + carbon
    if value <= 0 or value - price[q] <= least:
        return NOTHING
    if not within_km(reach_km[p], chord, src[1][i, 0], src[1][i, 1], dst[1][q, 0], dst[1][q, 1]):
        return NOTHING
    return value - price[q]


@part
def keep(keys, items, kept, k, key, item):
    """Keep the k greatest; returns how many are kept."""
    if kept == k:
        kept = heap_pop(keys, items, kept)
    return heap_push(keys, items, kept, key, item)


@part
def unload(keys, items, kept, gain, found):
    """Write what was kept, best first."""
    while kept > 0:
        gain[kept - 1] = keys[0]
        found[kept - 1] = items[0]
        kept = heap_pop(keys, items, kept)


@kernel
def best_pairs(
    rows, floor, k, src, dst, tree, pair_start, pair_row, pair_to, pairs, carbon, from_offers,
    found, gain,
):  # fmt: skip
    """For each src row the k pairs of greatest value - price of the other side, above its floor.

    src, dst      (material, degrees (n, 2), earth-centred and planar (n, 5), attributes (n, 6),
                  worth): planar km in columns 3 and 4; attributes firm, first day, last day,
                  months, papers, trade
    tree          (first, last, leaves, box, best, root of material, price of dst)
    pair_start, pair_row, pair_to   pairs of materials by src material
    pairs         (permille, processing, cents per km, reach, saved grams) by pair
    carbon        (cents per gram, grams per km)
    found, gain   out: dst rows and value - price; -1 where there are fewer
    """
    first, last, leaves, box, best, root, price = tree
    permille, processing, cents_km, reach_km, saved = pairs
    cents_gram, grams_km = carbon
    src_material, _, src_place, _, src_worth = src
    heap_keys = np.empty(len(first) + 1, np.float64)
    heap_items = np.empty(len(first) + 1, np.int64)
    kept_keys = np.empty(k + 1, np.int64)
    kept_items = np.empty(k + 1, np.int64)
    for s in range(len(rows)):
        i = rows[s]
        x, y = src_place[i, 3], src_place[i, 4]
        least = floor[i]
        heap = 0
        kept = 0
        for at in range(pair_start[src_material[i]], pair_start[src_material[i] + 1]):
            node = root[pair_to[at]]
            if node < 0:
                continue
            heap = push_node(
                heap_keys, heap_items, heap, node, at, i, x, y, least, src_worth, pair_row,
                permille, processing, cents_km, reach_km, saved, cents_gram, grams_km,
                from_offers, box, best,
            )  # fmt: skip
        while heap > 0 and -heap_keys[0] > least:
            item = heap_items[0]
            heap = heap_pop(heap_keys, heap_items, heap)
            node = item & ((1 << NODE_BITS) - 1)
            at = item >> NODE_BITS
            if node >= leaves:
                for child in range(first[node], last[node]):
                    heap = push_node(
                        heap_keys, heap_items, heap, child, at, i, x, y, least, src_worth, pair_row,
                        permille, processing, cents_km, reach_km, saved, cents_gram, grams_km,
                        from_offers, box, best,
                    )  # fmt: skip
                continue
            p = pair_row[at]
            for q in range(first[node], last[node]):
                net = gain_of(
                    i, q, p, least, src, dst, price, pairs, cents_gram, grams_km, from_offers
                )
                if net > least:
                    kept = keep(kept_keys, kept_items, kept, k, net, q)
                    if kept == k:
                        least = max(least, kept_keys[0])
        unload(kept_keys, kept_items, kept, gain[s], found[s])


@part
def push_node(
    heap_keys, heap_items, heap, node, at, i, x, y, least, src_worth, pair_row,
    permille, processing, cents_km, reach_km, saved, cents_gram, grams_km, from_offers, box, best,
):  # fmt: skip
    """Put a node on the heap with its bound if anything below it may still be kept."""
    p = pair_row[at]
    carbon_free = cents_gram * saved[p] - processing[p]
    rate = cents_km[p] + cents_gram * grams_km
    if from_offers:
        bound = node_bound(
            node, x, y, src_worth[i] + carbon_free, permille[p], rate, reach_km[p], box, best
        )
    else:
        base = src_worth[i] * permille[p] // FULL + carbon_free
        bound = node_bound(node, x, y, base, FULL, rate, reach_km[p], box, best)
    if bound <= least:
        return heap
    return heap_push(heap_keys, heap_items, heap, -bound, (np.int64(at) << NODE_BITS) | node)
