"""Arcs grouped by listing and sorted by value; the cold solve as a sequence of placements."""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import kernel, part
from symbiosis.core.kernels.order import SHORT, grouped
from symbiosis.core.kernels.place import place


@part
def sort_short(arcs, low, high, value):
    """Insertion sort of arcs[low:high] by falling value."""
    for x in range(low + 1, high):
        arc = arcs[x]
        worth = value[arc]
        y = x - 1
        while y >= low and value[arcs[y]] < worth:
            arcs[y + 1] = arcs[y]
            y -= 1
        arcs[y + 1] = arc


@kernel
def rows_by_value(side, value, rows):
    """Group arcs by the row they leave and sort each group by falling value.

    Returns (start, arcs): the arcs of row r are arcs[start[r]:start[r + 1]].
    """
    start, arcs = grouped(side, rows)
    for r in range(rows):
        low, high = start[r], start[r + 1]
        if high - low > SHORT:
            group = arcs[low:high].copy()
            arcs[low:high] = group[np.argsort(-value[group], kind="mergesort")]
        else:
            sort_short(arcs, low, high, value)
    return start, arcs


@part
def tight_price(row, start, end, order, dst_of, value, dst_price):
    """The least price of a listing that no arc of it exceeds."""
    price = np.int64(0)
    for p in range(start[row], end[row]):
        arc = p if order is None else order[p]
        if value[arc] <= price:
            break
        price = max(price, value[arc] - dst_price[dst_of[arc]])
    return price


@kernel
def place_all(
    sequence, start, end, dst_of, src_of, value, flow,
    src_price, src_free, dst_price, dst_free, dst_list, scratch,
):  # fmt: skip
    """Place listings one after another; returns what they gain in all."""
    gained = np.int64(0)
    for x in range(len(sequence)):
        row = sequence[x]
        src_price[row] = tight_price(row, start, end, None, dst_of, value, dst_price)
        gained += place(
            row, start, end, None, dst_of, src_of, value, flow,
            src_price, src_free, dst_price, dst_free, dst_list, None, scratch,
        )  # fmt: skip
    return gained
