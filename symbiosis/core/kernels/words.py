"""Texts meet names: the best name of every concept without a dense block of texts x names."""

from __future__ import annotations

import numpy as np

from symbiosis.core.kernels.jit import kernel


@kernel
def best_of_groups(starts, terms, weights, post_starts, post_items, post_weights, group, out):
    """out[text, group] = largest sum, over the items of a group, of weights of shared terms.

    Texts are rows (starts, terms, weights); postings give for each term its items; `group[item]`
    is the row an item speaks for. Weights are positive; `out` comes in filled with zeros.
    """
    total = np.zeros(len(group), np.float32)
    met = np.empty(len(group), np.int32)
    for text in range(len(starts) - 1):
        count = 0
        for at in range(starts[text], starts[text + 1]):
            term = terms[at]
            weight = weights[at]
            for post in range(post_starts[term], post_starts[term + 1]):
                item = post_items[post]
                if total[item] == 0.0:
                    met[count] = item
                    count += 1
                total[item] += weight * post_weights[post]
        for n in range(count):
            item = met[n]
            if total[item] > out[text, group[item]]:
                out[text, group[item]] = total[item]
            total[item] = 0.0
