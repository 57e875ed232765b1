"""The exact kernel: successive shortest paths on prices, from either side of the market.

State of a market, arcs sorted by falling value within each listing:

    value[e], flow[e]             what arc e is worth (cents per tonne) and carries (kg)
    price[i] >= 0                 dual price of a listing; price[offer] + price[need] >= value
    free[i] >= 0                  kilograms of a listing not placed

and, between two calls, the three conditions that make an allocation optimal: no arc is worth more
than the prices of its ends, an arc that carries is worth exactly that, and a listing with a price
above zero has nothing free. `place` takes one listing that has something free at a price and places
it along the cheapest ways of re-routing, restoring the three conditions; everything else (a cold
solve, an arrival, a removal) is a sequence of such calls. The listing's own side is called `src`,
the other `dst`, so one kernel serves offers and needs.

Each search is Dijkstra's on reduced costs, kept local by three cuts: it never looks further than
the best end found so far, a scan of sorted arcs stops at the first hopeless one, and nodes at the
current distance go on a stack instead of the heap.

Reference: Ahuja, Magnanti, Orlin, Network Flows (1993), section 9.7.
"""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import part
from symbiosis.core.kernels.lists import FAR, NONE, heap_pop, heap_push, link, unlink


@part
def open_src(
    k, at, best, end_src, end_dst, n_dst, n_now, n_heap,
    start, end, order, dst_of, value, src_price, dst_price, dst_free,
    dst_dist, dst_way, seen_dst, now, keys, items,
):  # fmt: skip
    """Look along the arcs of src node `k`, reached at distance `at`."""
    base = at + src_price[k]
    if base < best:
        best = base
        end_src = k
        end_dst = NONE
    for p in range(start[k], end[k]):
        arc = p if order is None else order[p]
        ahead = base - value[arc]
        if ahead >= best:
            break
        j = dst_of[arc]
        reached = ahead + dst_price[j]
        if reached >= best or reached >= dst_dist[j]:
            continue
        if dst_dist[j] == FAR:
            seen_dst[n_dst] = j
            n_dst += 1
        dst_dist[j] = reached
        dst_way[j] = arc
        if dst_free[j] > 0:
            best = reached
            end_dst = j
        elif reached == at:
            now[n_now] = j
            n_now += 1
        else:
            n_heap = heap_push(keys, items, n_heap, reached, j)
    return best, end_src, end_dst, n_dst, n_now, n_heap


@part
def next_dst(best, at, n_now, n_heap, dst_dist, now, keys, items):
    """The next dst node to look behind, or NONE; returns (node, distance, n_now, n_heap)."""
    if n_now > 0:
        return now[n_now - 1], at, n_now - 1, n_heap
    while n_heap > 0 and keys[0] < best:
        at = keys[0]
        j = items[0]
        n_heap = heap_pop(keys, items, n_heap)
        if dst_dist[j] == at:
            return j, at, n_now, n_heap
    return NONE, at, n_now, n_heap


@part
def search(
    source, start, end, order, dst_of, src_of, value,
    src_price, dst_price, dst_free, dst_head, dst_next,
    src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items,
):  # fmt: skip
    """The cheapest way to place one more kilogram of `source`.

    Returns (best, end_src, end_dst, n_src, n_dst): its distance; its end, a dst row with something
    free or a src row that steps back (NONE marks the other); and how many rows were seen.
    """
    best = src_price[source]
    end_src = source
    end_dst = NONE
    src_dist[source] = 0
    src_way[source] = NONE
    seen_src[0] = source
    n_src = 1
    n_dst = 0
    n_now = 0
    n_heap = 0
    at = np.int64(0)
    opened = 0
    while True:
        while opened < n_src and at < best:
            k = seen_src[opened]
            opened += 1
            best, end_src, end_dst, n_dst, n_now, n_heap = open_src(
                k, at, best, end_src, end_dst, n_dst, n_now, n_heap,
                start, end, order, dst_of, value, src_price, dst_price, dst_free,
                dst_dist, dst_way, seen_dst, now, keys, items,
            )  # fmt: skip
        if at >= best:
            break
        j, at, n_now, n_heap = next_dst(best, at, n_now, n_heap, dst_dist, now, keys, items)
        if j == NONE:
            break
        arc = dst_head[j]
        while arc != NONE:
            k = src_of[arc]
            if src_dist[k] == FAR:
                src_dist[k] = at
                src_way[k] = arc
                seen_src[n_src] = k
                n_src += 1
            arc = dst_next[arc]
    return best, end_src, end_dst, n_src, n_dst


@part
def step_prices(best, n_src, n_dst, src_price, dst_price, src_dist, dst_dist, seen_src, seen_dst):
    """Move prices by what the search learnt and wipe its distances."""
    for x in range(n_src):
        k = seen_src[x]
        src_price[k] -= max(0, best - src_dist[k])
        src_dist[k] = FAR
    for x in range(n_dst):
        j = seen_dst[x]
        dst_price[j] += max(0, best - dst_dist[j])
        dst_dist[j] = FAR


@part
def carry_more(arc, amount, flow, src_of, dst_of, dst_list, src_list):
    """Add to the flow of an arc, entering it in the lists where it begins to carry."""
    if flow[arc] == 0:
        link(dst_list[0], dst_list[1], dst_list[2], dst_of[arc], arc)
        if src_list is not None:
            link(src_list[0], src_list[1], src_list[2], src_of[arc], arc)
    flow[arc] += amount


@part
def carry_less(arc, amount, flow, src_of, dst_of, dst_list, src_list):
    """Take from the flow of an arc, taking it out of the lists where nothing is left."""
    flow[arc] -= amount
    if flow[arc] == 0:
        unlink(dst_list[0], dst_list[1], dst_list[2], dst_of[arc], arc)
        if src_list is not None:
            unlink(src_list[0], src_list[1], src_list[2], src_of[arc], arc)


@part
def reroute(
    source, end_src, end_dst, dst_of, src_of, flow, src_free, dst_free, src_way, dst_way,
    dst_list, src_list,
):  # fmt: skip
    """Send as much as the way found can take along it."""
    amount = src_free[source]
    tail = end_src
    if end_dst != NONE:
        amount = min(amount, dst_free[end_dst])
        tail = src_of[dst_way[end_dst]]
    k = tail
    while k != source:
        arc = src_way[k]
        amount = min(amount, flow[arc])
        k = src_of[dst_way[dst_of[arc]]]
    src_free[source] -= amount
    if end_dst != NONE:
        dst_free[end_dst] -= amount
        carry_more(dst_way[end_dst], amount, flow, src_of, dst_of, dst_list, src_list)
    else:
        src_free[end_src] += amount
    k = tail
    while k != source:
        arc = src_way[k]
        carry_less(arc, amount, flow, src_of, dst_of, dst_list, src_list)
        arc = dst_way[dst_of[arc]]
        carry_more(arc, amount, flow, src_of, dst_of, dst_list, src_list)
        k = src_of[arc]


@part
def place(
    source, start, end, order, dst_of, src_of, value, flow,
    src_price, src_free, dst_price, dst_free, dst_list, src_list, scratch,
):  # fmt: skip
    """Place the free quantity of `source`; returns what that adds to the objective.

    Each kilogram placed adds what the source's price has fallen to.

    start, end   the arcs of row r are order[start[r]:end[r]], the range itself without an order
    dst_list, src_list   (head, next, previous) of the carrying arcs by row; src_list may be None
    scratch      working arrays of one search; distances are FAR on entry and on return
    """
    src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items = scratch
    gained = np.int64(0)
    while src_free[source] > 0 and src_price[source] > 0:
        best, end_src, end_dst, n_src, n_dst = search(
            source, start, end, order, dst_of, src_of, value,
            src_price, dst_price, dst_free, dst_list[0], dst_list[1],
            src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items,
        )  # fmt: skip
        step_prices(
            best, n_src, n_dst, src_price, dst_price, src_dist, dst_dist, seen_src, seen_dst
        )
        if end_dst == NONE and end_src == source:
            break
        free = src_free[source]
        reroute(
            source, end_src, end_dst, dst_of, src_of, flow, src_free, dst_free, src_way, dst_way,
            dst_list, src_list,
        )  # fmt: skip
        gained += (free - src_free[source]) * src_price[source]
    return gained
