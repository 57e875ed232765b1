"""Every learned number of the text engine, with what it was learned from.

Learned by ``python -m bench.fit_text_weights`` over the development sets of exchanges, at once for
both languages; docs/algorithms/text-matching.md reports what each set gives when left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConceptWeights:
    """What each view of a text adds to the log odds of a concept.

    ``offer`` and ``need`` follow the order of ``index.View``. ``code``, ``activity`` (the donor's
    gives the stream off) and ``activity_asked`` (the receiver's would ask for it) are for a full
    match; ``trade_name`` weighs the words of the activity's name and ``tail_*`` the words after
    the first "from" or "for".
    """

    offer: tuple[float, ...] = (2.71, 0.339, 0.0875, 0.0324, 6.27)
    need: tuple[float, ...] = (1.56, 0.217, 0.372, 0.0578, 6.39)
    use_offered: float = -2.82
    stream_needed: float = -0.69
    code: float = 4.58
    activity: float = 1.33
    activity_asked: float = 1.37
    trade_name: float = 0.3
    tail_offered: float = 0.6
    tail_needed: float = 0.7
    kept: int = 24
    least: float = 0.02


@dataclass(frozen=True, slots=True)
class PairWeights:
    """What each kind of evidence adds to the log odds of a need for an offer."""

    graph: float = 1.6
    crowd: float = 0.29
    words: float = 1.3
    letters: float = 1.09
    taking: float = 0.72
    activity: float = 0.54
    floor: float = 1.4e-3
    unsaid: float = 0.022


CONCEPT_KNOTS = (
    (0.000, 0.000), (0.006, 0.014), (0.010, 0.023), (0.013, 0.027), (0.021, 0.028), (0.042, 0.030),
    (0.056, 0.038), (0.064, 0.067), (0.072, 0.068), (0.082, 0.099), (0.107, 0.116), (0.143, 0.163),
    (0.187, 0.241), (0.233, 0.261), (0.274, 0.333), (0.313, 0.385), (0.405, 0.447), (0.527, 0.531),
    (0.601, 0.577), (0.671, 0.600), (0.772, 0.633), (0.861, 0.810), (0.924, 0.822), (0.973, 0.878),
    (0.991, 0.963), (1.000, 0.982),
)  # fmt: skip
"""Share of texts for which a concept of this softmax weight was the right one: isotonic, from
``python -m bench.text_reliability``, on names of the catalogue and no documented exchange."""
