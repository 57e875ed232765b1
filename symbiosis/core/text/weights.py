"""Every learned number of the text engine, with what it was learned from.

Learned by listwise maximum likelihood over two development sets of exchanges in both languages,
at once for both languages; docs/algorithms/text-matching.md says how and reports what each set
gives when it is left out of the learning.
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

    offer: tuple[float, ...] = (3.4, 0.47, 0.086, 0.032, 10.0)
    need: tuple[float, ...] = (1.7, 0.23, 0.35, 0.057, 7.8)
    use_offered: float = -3.0
    stream_needed: float = -0.8
    code: float = 2.0
    activity: float = 1.5
    activity_asked: float = 1.5
    trade_name: float = 0.3
    tail_offered: float = 0.6
    tail_needed: float = 0.7
    kept: int = 24
    least: float = 0.02


@dataclass(frozen=True, slots=True)
class PairWeights:
    """What each kind of evidence adds to the log odds of a need for an offer."""

    graph: float = 1.2
    crowd: float = 0.25
    words: float = 1.3
    letters: float = 1.1
    taking: float = 1.0
    activity: float = 0.4
    floor: float = 1.3e-3
    unsaid: float = 0.02


CONCEPT_KNOTS = (
    (0.0, 0.0), (0.003, 0.022), (0.008, 0.047), (0.044, 0.057), (0.086, 0.082), (0.116, 0.113),
    (0.151, 0.158), (0.197, 0.176), (0.241, 0.237), (0.291, 0.258), (0.379, 0.352),
    (0.599, 0.446), (0.860, 0.605), (0.951, 0.756), (0.983, 0.761), (0.997, 0.882), (1.0, 0.963),
)  # fmt: skip
"""Share of texts for which a concept of this softmax weight was the right one: isotonic, from
``python -m bench.text_reliability``, on names of the catalogue and no documented exchange."""
