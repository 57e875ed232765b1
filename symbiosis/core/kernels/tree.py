"""A packed tree of places by material, to be searched by worth instead of nearness (search.py).

Places of one material are laid along a Hilbert curve, five to a leaf, five leaves to a node. Each
node knows the box its places lie in and the most that any of them is worth net of its price, so
that a node's bound is worth - haulage to the nearest edge of the box.

Reference: Kamel and Faloutsos, On packing R-trees, CIKM (1993); Hjaltason and Samet, Distance
browsing in spatial databases, ACM TODS 24 (1999).
"""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import kernel, part

FANOUT = 5
HILBERT_BITS = 16
BOX = 4
MOST_WORTH, LEAST_WORTH, LEAST_PRICE, MOST_NET = 4, 5, 6, 7
FIGURES = 8

LATITUDE, LONGITUDE, FROM_CENTRE, EAST, NORTH, WORTH = 0, 1, 2, 5, 6, 7
"""Columns of a side's places: degrees, three earth-centred km, planar km, cents per tonne."""


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

    Returns (first, last, figures, root, leaves). Nodes below `leaves` hold the places
    first..last - 1, the others the nodes first..last - 1. The first four figures of a node are its
    box, least x, most x, least y, most y; `figures_of_worth` fills in the others.
    """
    total = nodes_for(count)
    first = np.empty(total, np.int32)
    last = np.empty(total, np.int32)
    box = np.empty((total, FIGURES))
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
def figures_of_worth(first, last, leaves, places, price, figures):
    """Fill in, per node, the most and least worth, the least price and the most worth - price."""
    for node in range(len(first)):
        most, least, cheapest, net = -np.inf, np.inf, np.inf, -np.inf
        for c in range(first[node], last[node]):
            if node < leaves:
                own = places[c, WORTH]
                most = max(most, own)
                least = min(least, own)
                cheapest = min(cheapest, np.float64(price[c]))
                net = max(net, own - price[c])
            else:
                most = max(most, figures[c, MOST_WORTH])
                least = min(least, figures[c, LEAST_WORTH])
                cheapest = min(cheapest, figures[c, LEAST_PRICE])
                net = max(net, figures[c, MOST_NET])
        figures[node, MOST_WORTH] = most
        figures[node, LEAST_WORTH] = least
        figures[node, LEAST_PRICE] = cheapest
        figures[node, MOST_NET] = net
