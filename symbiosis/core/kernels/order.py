"""Numbers for listings such that those that trade with one another lie near in memory.

A cold solve visits partners of partners; with the numbers that come with a market these are spread
over all of memory, and waiting for it is most of the work.
"""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import kernel, part

SHORT = 48


@part
def grouped(side, rows):
    """Arcs by row, in their order: the arcs of row r are arcs[start[r]:start[r + 1]]."""
    start = np.zeros(rows + 1, np.int64)
    for e in range(len(side)):
        start[side[e] + 1] += 1
    for r in range(rows):
        start[r + 1] += start[r]
    filled = start[:-1].copy()
    arcs = np.empty(len(side), np.int32)
    for e in range(len(side)):
        r = side[e]
        arcs[filled[r]] = e
        filled[r] += 1
    return start, arcs


@kernel
def walk(src_of, dst_of, src_rows, dst_rows):
    """Number both sides in the order of a walk through the market, depth first.

    Returns (src_at, dst_place, start, arcs): the src row with number x, the number of each dst row,
    and the arcs grouped by src row.
    """
    start, arcs = grouped(src_of, src_rows)
    dst_start, dst_arcs = grouped(dst_of, dst_rows)
    src_at = np.empty(src_rows, np.int32)
    numbered = np.zeros(src_rows, np.bool_)
    dst_place = np.full(dst_rows, -1, np.int32)
    stack = np.empty(src_rows, np.int32)
    src_count = 0
    dst_count = 0
    for root in range(src_rows):
        if numbered[root]:
            continue
        numbered[root] = True
        stack[0] = root
        depth = 1
        src_at[src_count] = root
        src_count += 1
        while depth > 0:
            depth -= 1
            i = stack[depth]
            for p in range(start[i], start[i + 1]):
                j = dst_of[arcs[p]]
                if dst_place[j] >= 0:
                    continue
                dst_place[j] = dst_count
                dst_count += 1
                for q in range(dst_start[j], dst_start[j + 1]):
                    k = src_of[dst_arcs[q]]
                    if not numbered[k]:
                        numbered[k] = True
                        stack[depth] = k
                        depth += 1
                        src_at[src_count] = k
                        src_count += 1
    for j in range(dst_rows):
        if dst_place[j] < 0:
            dst_place[j] = dst_count
            dst_count += 1
    return src_at, dst_place, start, arcs


@kernel
def listed(src_at, dst_place, start, arcs, dst_of, value, shift):
    """Lists by falling value in the new numbers, each entry `value << shift | arc`.

    Returns (start, entries, ends, worth, given): arc p of the new numbering runs from src row
    ends[p, 0] to dst row ends[p, 1], is worth worth[p] and was arc given[p].
    """
    rows = len(src_at)
    mask = (np.int64(1) << shift) - 1
    at = np.zeros(rows + 1, np.int64)
    entries = np.empty(len(arcs), np.int64)
    ends = np.empty((len(arcs), 2), np.int32)
    worth = np.empty(len(arcs), np.int64)
    given = np.empty(len(arcs), np.int32)
    p = 0
    for x in range(rows):
        i = src_at[x]
        low = p
        for q in range(start[i], start[i + 1]):
            arc = arcs[q]
            entry = (value[arc] << shift) | np.int64(arc)
            y = p
            if p - low < SHORT:
                while y > low and entries[y - 1] < entry:
                    entries[y] = entries[y - 1]
                    y -= 1
            entries[y] = entry
            p += 1
        if p - low > SHORT:
            entries[low:p] = np.sort(entries[low:p])[::-1]
        for y in range(low, p):
            arc = entries[y] & mask
            given[y] = arc
            ends[y, 0] = x
            ends[y, 1] = dst_place[dst_of[arc]]
            worth[y] = value[arc]
            entries[y] = (value[arc] << shift) | y
        at[x + 1] = p
    return at, entries, ends, worth, given
