"""The cold solve over every compatible pair of a market, each listed only when a search needs it.

The same successive shortest paths as place.py, over arcs that are not there yet. Each offer holds a
list of the pairs found so far and `frontier`, which no pair left out is worth more than, net of the
need's price. Prices of needs only rise during a cold solve, so what a pair was worth net of price
when it was last sorted, and a frontier once found, stay upper bounds.

An offer reached by a search stands on the heap at the distance at which its next pair could begin
to matter; only when that comes up is the pair looked at, and only when the list is used up are the
next best pairs looked for in the trees, at the prices of that moment. The plan is the optimum over
all pairs, although but a small share of them was ever listed.

Reference: U, Yiu, Mouratidis, Mamoulis, Capacity constrained assignment in spatial databases, ACM
SIGMOD (2008) 15-28: arcs drawn into the residual graph as the search grows.
"""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import kernel, part
from symbiosis.core.kernels.lists import FAR, NONE, heap_pop, heap_push
from symbiosis.core.kernels.place import reroute, step_prices
from symbiosis.core.kernels.search import look
from symbiosis.core.kernels.tree import figures_of_worth

AT_ONCE = 12
LONGEST = 2_048
PATIENCE = 4
"""A list is sorted anew when this many times its length was looked at too early."""

REFRESH = 400
"""Look-ups between two refreshes of the trees' figures."""

NONE_LEFT = -(2**55)
"""Frontier of a list that holds every pair: farther below any value than a search reaches."""

BEST, END_SRC, END_DST, N_SRC, N_DST, N_NOW, N_HEAP = range(7)
"""What a search counts: its best end so far and the lengths of its stacks."""

ARCS, TAIL, LOOKS = range(3)
"""What the solve counts: arcs listed, end of the list entries in use, look-ups in the trees."""


@part
def sort_row(low, high, entry_key, entry_arc, value, dst_of, dst_price):
    """Sort a list by what its pairs are worth now net of price, the best first."""
    for x in range(low, high):
        arc = entry_arc[x]
        key = value[arc] - dst_price[dst_of[arc]]
        y = x
        while y > low and entry_key[y - 1] < key:
            entry_key[y] = entry_key[y - 1]
            entry_arc[y] = entry_arc[y - 1]
            y -= 1
        entry_key[y] = key
        entry_arc[y] = arc


@part
def make_room(k, more, start, end, room, entry_key, entry_arc, used):
    """Room for more entries in a list, at the tail where its own is used up; False for none."""
    length = end[k] - start[k]
    if length + more <= room[k]:
        return True
    tail = used[TAIL]
    wanted = 2 * (length + more)
    if tail + wanted > len(entry_key):
        return False
    for x in range(length):
        entry_key[tail + x] = entry_key[start[k] + x]
        entry_arc[tail + x] = entry_arc[start[k] + x]
    start[k], end[k], room[k] = tail, tail + length, wanted
    used[TAIL] = tail + wanted
    return True


@part
def enter_pairs(
    k, kept, kept_keys, kept_items, start, end, entry_key, entry_arc,
    src_of, dst_of, value, flow, dst_price, cursor, used,
):  # fmt: skip
    """List the pairs found for src row k; none of them lies before its cursor."""
    for x in range(kept):
        arc = used[ARCS]
        j = kept_items[x]
        src_of[arc] = k
        dst_of[arc] = j
        value[arc] = kept_keys[x] + dst_price[j]
        flow[arc] = 0
        at = end[k]
        low = start[k] + cursor[k]
        while at > low and entry_key[at - 1] < kept_keys[x]:
            entry_key[at] = entry_key[at - 1]
            entry_arc[at] = entry_arc[at - 1]
            at -= 1
        entry_key[at] = kept_keys[x]
        entry_arc[at] = arc
        end[k] += 1
        used[ARCS] = arc + 1


@part
def ask(
    k, material, src, src_marks, dst, dst_marks, first, last, leaves, figures, root,
    pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers,
    start, end, room, entry_key, entry_arc, src_of, dst_of, value, flow, dst_price, frontier,
    cursor, passed, heap_keys, heap_items, kept_keys, kept_items, used,
):  # fmt: skip
    """List the next best pairs of src row k; False where the arrays are too short for them."""
    more = min(max(AT_ONCE, end[k] - start[k]), LONGEST)
    if used[ARCS] + more > len(value):
        return False
    if not make_room(k, more, start, end, room, entry_key, entry_arc, used):
        return False
    used[LOOKS] += 1
    if used[LOOKS] % REFRESH == 0:
        figures_of_worth(first, last, leaves, dst, dst_price, figures)
    for x in range(start[k], end[k]):
        passed[dst_of[entry_arc[x]]] = k + 1
    kept = look(
        k, np.int64(0), more, material[k], src, src_marks, dst, dst_marks, dst_price,
        first, last, leaves, figures, root,
        pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers,
        passed, k + 1, heap_keys, heap_items, kept_keys, kept_items,
    )  # fmt: skip
    frontier[k] = kept_keys[kept - 1] if kept == more else NONE_LEFT
    enter_pairs(
        k, kept, kept_keys, kept_items, start, end, entry_key, entry_arc,
        src_of, dst_of, value, flow, dst_price, cursor, used,
    )  # fmt: skip
    return True


@part
def advance(
    k, at, base, start, end, entry_key, entry_arc, cursor, waste, frontier,
    dst_of, value, dst_price, dst_free, dst_dist, dst_way, seen_dst, now, keys, items, found,
):  # fmt: skip
    """Look at the pairs of src row `k` that may lie at distance `at`, and say when to come back.

    Returns whether the list is used up and a pair not listed may lie there.
    """
    x = start[k] + cursor[k]
    while x < end[k] and base - entry_key[x] <= at:
        arc = entry_arc[x]
        x += 1
        j = dst_of[arc]
        reached = base - value[arc] + dst_price[j]
        if reached > at:
            waste[k] += 1
        if reached >= found[BEST] or reached >= dst_dist[j]:
            continue
        if dst_dist[j] == FAR:
            seen_dst[found[N_DST]] = j
            found[N_DST] += 1
        dst_dist[j] = reached
        dst_way[j] = arc
        if dst_free[j] > 0:
            found[BEST] = reached
            found[END_DST] = j
        elif reached == at:
            now[found[N_NOW]] = j
            found[N_NOW] += 1
        else:
            found[N_HEAP] = heap_push(keys, items, found[N_HEAP], reached, j)
    cursor[k] = x - start[k]
    bound = frontier[k]
    if base - bound <= at:
        return True
    if x < end[k]:
        bound = max(bound, entry_key[x])
    if base - bound < found[BEST]:
        found[N_HEAP] = heap_push(keys, items, found[N_HEAP], base - bound, np.int32(-2 - k))
    return False


@part
def reach(k, at, src_price, cursor, waste, start, end, entry_key, entry_arc, value, dst_of,
          dst_price, found):  # fmt: skip
    """Open src row k at distance `at`: it may step back itself; its list is sorted when stale."""
    if at + src_price[k] < found[BEST]:
        found[BEST] = at + src_price[k]
        found[END_SRC] = k
        found[END_DST] = NONE
    cursor[k] = 0
    if waste[k] > PATIENCE * (end[k] - start[k]):
        sort_row(start[k], end[k], entry_key, entry_arc, value, dst_of, dst_price)
        waste[k] = 0


@part
def next_on_heap(at, dst_dist, now, keys, items, found):
    """The next dst row (>= 0) or src row (-2 - row) to look behind, NONE at the end; how far."""
    if found[N_NOW] > 0:
        found[N_NOW] -= 1
        return now[found[N_NOW]], at
    while found[N_HEAP] > 0 and keys[0] < found[BEST]:
        at = keys[0]
        item = items[0]
        found[N_HEAP] = heap_pop(keys, items, found[N_HEAP])
        if item < NONE or dst_dist[item] == at:
            return item, at
    return NONE, at


@part
def holders_of(j, at, src_dist, src_way, seen_src, src_of, dst_head, dst_next, found):
    """Reach the src rows that carry into dst row j."""
    arc = dst_head[j]
    while arc != NONE:
        k = src_of[arc]
        if src_dist[k] == FAR:
            src_dist[k] = at
            src_way[k] = arc
            seen_src[found[N_SRC]] = k
            found[N_SRC] += 1
        arc = dst_next[arc]


@part
def begin(origin, src_price, src_dist, src_way, seen_src, found):
    """A search from src row `origin`, which may at worst stay where it is."""
    found[:] = 0
    found[BEST] = src_price[origin]
    found[END_SRC] = origin
    found[END_DST] = NONE
    src_dist[origin] = 0
    src_way[origin] = NONE
    seen_src[0] = origin
    found[N_SRC] = 1


@part
def forget(src_dist, dst_dist, seen_src, seen_dst, found):
    """Wipe the distances of a search that was broken off."""
    for x in range(found[N_SRC]):
        src_dist[seen_src[x]] = FAR
    for x in range(found[N_DST]):
        dst_dist[seen_dst[x]] = FAR


@kernel
def place_over_all(
    sequence, done, supply, source, sought, tree, table,
    src_state, dst_state, lists, arcs, used, work,
):  # fmt: skip
    """Place src rows one after another; returns how many of the sequence are placed.

    Fewer than all means that arrays ran out of room: call again from there with longer ones.

    source, sought, tree, table   as of search.best_pairs
    src_state    (price, free, frontier, entered, waste, cursor)
    dst_state    (price, free, head, next, previous), the last three the arcs that carry
    lists        (start, end, room, entry keys, entry arcs)
    arcs         (src_of, dst_of, value, flow)
    used         arcs, entries and look-ups so far
    work         (src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items,
                 passed, heap keys, heap items, kept keys, kept items)
    """
    material, src, src_marks = source
    _, dst, dst_marks = sought
    first, last, leaves, figures, root = tree
    pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers = table
    src_price, src_free, frontier, entered, waste, cursor = src_state
    dst_price, dst_free, dst_head, dst_next, dst_prev = dst_state
    start, end, room, entry_key, entry_arc = lists
    src_of, dst_of, value, flow = arcs
    (src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items,
     passed, heap_keys, heap_items, kept_keys, kept_items) = work  # fmt: skip
    dst_list = (dst_head, dst_next, dst_prev)
    found = np.zeros(7, np.int64)
    for turn in range(done, len(sequence)):
        origin = sequence[turn]
        if not entered[origin]:
            cursor[origin] = 0
            if not ask(
                origin, material, src, src_marks, dst, dst_marks, first, last, leaves, figures,
                root, pair_start, pair_row, pair_to, terms, cents_gram, grams_km, from_offers,
                start, end, room, entry_key, entry_arc, src_of, dst_of, value, flow, dst_price,
                frontier, cursor, passed, heap_keys, heap_items, kept_keys, kept_items, used,
            ):  # fmt: skip
                return turn
            entered[origin] = True
            src_free[origin] = supply[origin]
            if end[origin] > start[origin]:
                src_price[origin] = entry_key[start[origin]]
        while src_free[origin] > 0 and src_price[origin] > 0:
            begin(origin, src_price, src_dist, src_way, seen_src, found)
            at = np.int64(0)
            opened = 0
            k = NONE
            while True:
                if k == NONE and opened < found[N_SRC] and at < found[BEST]:
                    k = seen_src[opened]
                    opened += 1
                    reach(k, at, src_price, cursor, waste, start, end, entry_key, entry_arc,
                          value, dst_of, dst_price, found)  # fmt: skip
                if k != NONE:
                    base = src_dist[k] + src_price[k]
                    if not advance(
                        k, at, base, start, end, entry_key, entry_arc, cursor, waste, frontier,
                        dst_of, value, dst_price, dst_free, dst_dist, dst_way, seen_dst,
                        now, keys, items, found,
                    ):  # fmt: skip
                        k = NONE
                    elif not ask(
                        k, material, src, src_marks, dst, dst_marks, first, last, leaves,
                        figures, root, pair_start, pair_row, pair_to, terms, cents_gram,
                        grams_km, from_offers, start, end, room, entry_key, entry_arc, src_of,
                        dst_of, value, flow, dst_price, frontier, cursor, passed, heap_keys,
                        heap_items, kept_keys, kept_items, used,
                    ):  # fmt: skip
                        forget(src_dist, dst_dist, seen_src, seen_dst, found)
                        return turn
                    continue
                if at >= found[BEST]:
                    break
                item, at = next_on_heap(at, dst_dist, now, keys, items, found)
                if item == NONE:
                    break
                if item < NONE:
                    k = np.int32(-2 - item)
                else:
                    holders_of(
                        item, at, src_dist, src_way, seen_src, src_of, dst_head, dst_next, found
                    )
            step_prices(
                found[BEST], found[N_SRC], found[N_DST], src_price, dst_price,
                src_dist, dst_dist, seen_src, seen_dst,
            )  # fmt: skip
            if found[END_DST] == NONE and found[END_SRC] == origin:
                break
            reroute(
                origin, found[END_SRC], found[END_DST], dst_of, src_of, flow, src_free, dst_free,
                src_way, dst_way, dst_list, None,
            )  # fmt: skip
    return len(sequence)
