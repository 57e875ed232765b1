"""One listing changes, the optimum is repaired round it: withdraw, settle, place again.

A side of the market is a tuple (start, end, arcs, row_of, price, free, quantity, head, next,
previous): row r's arcs are arcs[start[r]:end[r]] by falling value, row_of maps an arc to the
side's row, and the last three list the carrying arcs of each row. Every kernel takes the side of
the listing that changes first, so the same code serves offers and needs. A row that left keeps its
arcs and a quantity of zero. Each kernel returns by how much the objective changed.
"""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.build import tight_price
from symbiosis.core.kernels.jit import kernel, part
from symbiosis.core.kernels.lists import NONE, unlink
from symbiosis.core.kernels.place import place


@part
def place_row(row, src, dst, value, flow, scratch):
    """Place what a row has free at its price."""
    start, end, arcs, src_of, src_price, src_free, _, src_head, src_next, src_prev = src
    _, _, _, dst_of, dst_price, dst_free, _, dst_head, dst_next, dst_prev = dst
    return place(
        row, start, end, arcs, dst_of, src_of, value, flow,
        src_price, src_free, dst_price, dst_free,
        (dst_head, dst_next, dst_prev), (src_head, src_next, src_prev), scratch,
    )  # fmt: skip


@part
def mirrored(scratch):
    """The same working arrays for a search from the other side."""
    src_dist, src_way, dst_dist, dst_way, seen_src, seen_dst, now, keys, items = scratch
    return dst_dist, dst_way, src_dist, src_way, seen_dst, seen_src, now, keys, items


@part
def withdraw(arc, amount, src, dst, value, flow):
    """Take an amount off an arc; both ends have it free again. Returns the (negative) change."""
    flow[arc] -= amount
    i = src[3][arc]
    j = dst[3][arc]
    src[5][i] += amount
    dst[5][j] += amount
    if flow[arc] == 0:
        unlink(src[7], src[8], src[9], i, arc)
        unlink(dst[7], dst[8], dst[9], j, arc)
    return -amount * value[arc]


@part
def settle(touched, count, src, dst, value, flow, scratch):
    """Let the partners of a withdrawal find others for what they have free at a price."""
    change = np.int64(0)
    for x in range(count):
        j = touched[x]
        if dst[5][j] > 0 and dst[4][j] > 0:
            change += place_row(j, dst, src, value, flow, mirrored(scratch))
    return change


@part
def take_off(row, amount, free_partners, src, dst, value, flow, touched, count):
    """Withdraw up to `amount` of a row, only from partners with no price where asked.

    Returns (amount left, change, count of touched partners).
    """
    change = np.int64(0)
    arc = src[7][row]
    while arc != NONE and amount > 0:
        after = src[8][arc]
        j = dst[3][arc]
        if not free_partners or dst[4][j] == 0:
            taken = min(amount, flow[arc])
            change += withdraw(arc, taken, src, dst, value, flow)
            amount -= taken
            touched[count] = j
            count += 1
        arc = after
    return amount, change, count


@kernel
def resize(row, quantity, src, dst, value, flow, scratch, touched):
    """Give a row another quantity, zero to take it off the market."""
    _, _, _, _, src_price, src_free, src_quantity, _, _, _ = src
    more = quantity - src_quantity[row]
    src_quantity[row] = quantity
    change = np.int64(0)
    count = 0
    if more < 0:
        missing = max(np.int64(0), -more - src_free[row])
        missing, lost, count = take_off(row, missing, True, src, dst, value, flow, touched, count)
        change += lost
        missing, lost, count = take_off(row, missing, False, src, dst, value, flow, touched, count)
        change += lost
    src_free[row] += more
    change += settle(touched, count, src, dst, value, flow, scratch)
    if src_free[row] > 0 and src_price[row] > 0:
        change += place_row(row, src, dst, value, flow, scratch)
    return change


@kernel
def enter(row, quantity, src, dst, value, flow, scratch):
    """Bring a row that has no quantity to the market, at the least price its arcs allow."""
    start, end, arcs, _, src_price, src_free, src_quantity, _, _, _ = src
    src_quantity[row] = quantity
    src_free[row] = quantity
    src_price[row] = tight_price(row, start, end, arcs, dst[3], value, dst[4])
    return place_row(row, src, dst, value, flow, scratch)


@kernel
def leave_and_enter(rows, src, dst, value, flow, scratch, touched):
    """Take rows off the market and bring them back, after they were given better arcs.

    All of them leave, at prices that their new arcs do not exceed, before any partner is settled:
    a search must not meet an arc worth more than the prices of its ends.
    """
    start, end, arcs, _, src_price, src_free, _, _, _, _ = src
    change = np.int64(0)
    count = 0
    held = np.empty(len(rows), np.int64)
    for x in range(len(rows)):
        row = rows[x]
        held[x] = src[6][row]
        _, lost, count = take_off(row, held[x], False, src, dst, value, flow, touched, count)
        change += lost
        src_free[row] = 0
        src_price[row] = tight_price(row, start, end, arcs, dst[3], value, dst[4])
    change += settle(touched, count, src, dst, value, flow, scratch)
    for x in range(len(rows)):
        row = rows[x]
        src_free[row] = held[x]
        src_price[row] = tight_price(row, start, end, arcs, dst[3], value, dst[4])
        change += place_row(row, src, dst, value, flow, scratch)
    return change


@part
def into_row(row, arc, start, end, room, arcs, tail, value):
    """Enter an arc in its row's sorted range, moving the range to the tail when it is full.

    Returns the new tail; `arcs` must have room for twice the range beyond it.
    """
    low, high = start[row], end[row]
    if high - low == room[row]:
        length = high - low
        arcs[tail : tail + length] = arcs[low:high]
        start[row], end[row] = tail, tail + length
        room[row] = max(4, 2 * length)
        low, high = tail, tail + length
        tail += room[row]
    at = high
    worth = value[arc]
    while at > low and value[arcs[at - 1]] < worth:
        arcs[at] = arcs[at - 1]
        at -= 1
    arcs[at] = arc
    end[row] = high + 1
    return tail


@kernel
def add_to_rows(new, start, end, room, arcs, tail, row_of, value):
    """Enter new arcs in the ranges of their rows; returns the new tail."""
    for x in range(len(new)):
        arc = new[x]
        tail = into_row(row_of[arc], arc, start, end, room, arcs, tail, value)
    return tail


@kernel
def reorder(rows, start, end, arcs, value):
    """Sort the ranges of rows whose arcs changed in value (nearly sorted: insertion)."""
    for r in range(len(rows)):
        row = rows[r]
        for x in range(start[row] + 1, end[row]):
            arc = arcs[x]
            worth = value[arc]
            y = x - 1
            while y >= start[row] and value[arcs[y]] < worth:
                arcs[y + 1] = arcs[y]
                y -= 1
            arcs[y + 1] = arc
