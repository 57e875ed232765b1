"""A binary heap on two arrays, and lists of the arcs that carry, threaded through arrays."""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import part

FAR = np.int64(2**62)
NONE = np.int32(-1)


@part
def heap_push(keys, items, size, key, item):
    """Put an item on a binary heap of `size` entries; returns the new size."""
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if keys[up] <= key:
            break
        keys[i] = keys[up]
        items[i] = items[up]
        i = up
    keys[i] = key
    items[i] = item
    return size + 1


@part
def heap_pop(keys, items, size):
    """Drop the least entry of a binary heap; the caller has read keys[0] and items[0]."""
    size -= 1
    if size == 0:
        return 0
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
    keys[i] = key
    items[i] = item
    return size


@part
def link(head, following, previous, node, arc):
    """Enter an arc that begins to carry in its node's list."""
    first = head[node]
    following[arc] = first
    previous[arc] = NONE
    if first != NONE:
        previous[first] = arc
    head[node] = arc


@part
def unlink(head, following, previous, node, arc):
    """Take an arc that carries no more out of its node's list."""
    before = previous[arc]
    after = following[arc]
    if before == NONE:
        head[node] = after
    else:
        following[before] = after
    if after != NONE:
        previous[after] = before
