"""The cold solve over listed arcs: place.py's successive shortest paths, for a market from nothing.

Prices of dst rows only rise here. So what an arc was worth net of that price when it was last
looked at stays an upper bound, and each src row keeps its arcs sorted by such bounds, as entries
`bound << shift | arc`: a search reads only the entries that could lie at the distance it has
reached, corrects a bound that has grown stale, and comes back to the row when its next entry is
due. Rows are records, a cache line each: columns PRICE to FREE below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.kernels.jit import inlined, kernel
from symbiosis.core.kernels.lists import FAR, NONE, heap_pop, heap_push, link, unlink

PRICE, DIST, WAY, FREE, START, END, CURSOR, HEAD = range(8)
"""Columns of a row. WAY: the arc by which a search came; HEAD: first arc that carries (dst)."""

COLUMNS = 8


def empty_rows(count: int) -> NDArray[np.int64]:
    """Records of a side before anything is placed."""
    rows = np.zeros((count, COLUMNS), np.int64)
    rows[:, DIST], rows[:, HEAD] = FAR, NONE
    return rows


@inlined
def corrected(x, end, entry, entries):
    """Move the entry at x, its bound lower now, to where it belongs in its list."""
    while x + 1 < end and entries[x + 1] > entry:
        entries[x] = entries[x + 1]
        x += 1
    entries[x] = entry


@inlined
def tight_from(row, entries, shift, mask, ends, value, src, dst):
    """The least price of a src row that no arc of it exceeds."""
    price = np.int64(0)
    for x in range(src[row, START], src[row, END]):
        entry = entries[x]
        if entry >> shift <= price:
            break
        arc = entry & mask
        price = max(price, value[arc] - dst[ends[arc, 1], PRICE])
    return price


@inlined
def look_along(k, at, best, end_arc, entries, shift, mask, ends, value, src, dst,
               seen_dst, now, n_dst, n_now, keys, items, n_heap):  # fmt: skip
    """Read the list of src row k as far as distance `at`, and say when to come back."""
    base = src[k, DIST] + src[k, PRICE]
    end = src[k, END]
    x = src[k, CURSOR]
    while x < end:
        entry = entries[x]
        reached = base - (entry >> shift)
        if reached >= best:
            break
        arc = entry & mask
        j = ends[arc, 1]
        bound = value[arc] - dst[j, PRICE]
        if bound != entry >> shift:
            corrected(x, end, (bound << shift) | arc, entries)
            continue
        if dst[j, FREE] > 0:
            best = reached
            end_arc = arc
            break
        if reached > at:
            n_heap = heap_push(keys, items, n_heap, reached, k)
            break
        x += 1
        if dst[j, DIST] == FAR:
            dst[j, DIST] = at
            dst[j, WAY] = arc
            seen_dst[n_dst] = j
            n_dst += 1
            now[n_now] = j
            n_now += 1
    src[k, CURSOR] = x
    return best, end_arc, n_dst, n_now, n_heap


@inlined
def find_way(source, entries, shift, mask, ends, value, src, dst, following,
             seen_src, seen_dst, now, keys, items):  # fmt: skip
    """The cheapest way to place one more kilogram of `source`.

    Returns (best, end_src, end_arc, n_src, n_dst): its distance; its end, an arc to a dst row with
    something free or (end_arc NONE) a src row that steps back; and how many rows were seen.
    """
    best = src[source, PRICE]
    end_src = np.int64(source)
    end_arc = np.int64(NONE)
    src[source, DIST] = 0
    src[source, CURSOR] = src[source, START]
    seen_src[0] = source
    n_src = 1
    n_dst = 0
    n_now = 0
    n_heap = 0
    opened = 0
    at = np.int64(0)
    while True:
        if opened < n_src:
            k = np.int64(seen_src[opened])
            opened += 1
            if at + src[k, PRICE] < best:
                best = at + src[k, PRICE]
                end_src = k
                end_arc = np.int64(NONE)
        elif n_now > 0:
            n_now -= 1
            arc = dst[now[n_now], HEAD]
            while arc != NONE:
                k = np.int64(ends[arc, 0])
                if src[k, DIST] == FAR:
                    src[k, DIST] = at
                    src[k, WAY] = arc
                    src[k, CURSOR] = src[k, START]
                    seen_src[n_src] = k
                    n_src += 1
                arc = np.int64(following[arc])
            continue
        elif n_heap > 0 and keys[0] < best:
            at = keys[0]
            k = np.int64(items[0])
            n_heap = heap_pop(keys, items, n_heap)
        else:
            break
        best, end_arc, n_dst, n_now, n_heap = look_along(
            k, at, best, end_arc, entries, shift, mask, ends, value, src, dst,
            seen_dst, now, n_dst, n_now, keys, items, n_heap,
        )  # fmt: skip
        if at >= best:
            break
    return best, end_src, end_arc, n_src, n_dst


@inlined
def settle_prices(best, n_src, n_dst, src, dst, seen_src, seen_dst):
    """Move prices by what the search learnt and wipe its distances."""
    for x in range(n_src):
        k = seen_src[x]
        src[k, PRICE] -= max(np.int64(0), best - src[k, DIST])
        src[k, DIST] = FAR
    for x in range(n_dst):
        j = seen_dst[x]
        dst[j, PRICE] += max(np.int64(0), best - dst[j, DIST])
        dst[j, DIST] = FAR


@inlined
def send(source, end_src, end_arc, ends, flow, src, dst, head, following, previous):
    """Send as much as the way found can take along it."""
    amount = src[source, FREE]
    tail = end_src
    if end_arc != NONE:
        amount = min(amount, dst[ends[end_arc, 1], FREE])
        tail = np.int64(ends[end_arc, 0])
    k = tail
    while k != source:
        arc = src[k, WAY]
        amount = min(amount, flow[arc])
        k = np.int64(ends[dst[ends[arc, 1], WAY], 0])
    src[source, FREE] -= amount
    if end_arc != NONE:
        j = ends[end_arc, 1]
        dst[j, FREE] -= amount
        if flow[end_arc] == 0:
            link(head, following, previous, j, end_arc)
        flow[end_arc] += amount
    else:
        src[end_src, FREE] += amount
    k = tail
    while k != source:
        arc = src[k, WAY]
        j = ends[arc, 1]
        flow[arc] -= amount
        if flow[arc] == 0:
            unlink(head, following, previous, j, arc)
        arc = dst[j, WAY]
        if flow[arc] == 0:
            link(head, following, previous, j, arc)
        flow[arc] += amount
        k = np.int64(ends[arc, 0])


@kernel
def place_from_lists(sequence, entries, shift, ends, value, flow, src, dst, following, previous):
    """Place src rows one after another.

    src, dst   `empty_rows` with what each row has FREE and where its list lies
    """
    mask = (np.int64(1) << shift) - 1
    head = dst[:, HEAD]
    seen_src = np.empty(len(src), np.int32)
    seen_dst = np.empty(len(dst), np.int32)
    now = np.empty(len(dst), np.int32)
    keys = np.empty(len(src) + 1, np.int64)
    items = np.empty(len(src) + 1, np.int32)
    for turn in range(len(sequence)):
        source = np.int64(sequence[turn])
        src[source, PRICE] = tight_from(source, entries, shift, mask, ends, value, src, dst)
        while src[source, FREE] > 0 and src[source, PRICE] > 0:
            best, end_src, end_arc, n_src, n_dst = find_way(
                source, entries, shift, mask, ends, value, src, dst, following,
                seen_src, seen_dst, now, keys, items,
            )  # fmt: skip
            settle_prices(best, n_src, n_dst, src, dst, seen_src, seen_dst)
            if end_arc == NONE and end_src == source:
                break
            send(source, end_src, end_arc, ends, flow, src, dst, head, following, previous)
