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

    ``offer`` and ``need`` follow the order of ``index.View``. ``code`` and ``activity`` are for a
    full match; ``tail_*`` weigh the words after the first "from" or "for".
    """

    offer: tuple[float, ...] = (5.0, 0.27, 0.10, 0.09, 6.0)
    need: tuple[float, ...] = (2.5, 0.35, 0.16, 0.09, 6.0)
    use_offered: float = -2.2
    stream_needed: float = -1.1
    code: float = 2.0
    activity: float = 1.5
    tail_offered: float = 0.6
    tail_needed: float = 0.7
    kept: int = 24
    least: float = 0.02


@dataclass(frozen=True, slots=True)
class PairWeights:
    """What each kind of evidence adds to the log odds of a need for an offer."""

    graph: float = 1.0
    crowd: float = 0.15
    words: float = 2.4
    letters: float = 2.0
    taking: float = 0.8
    activity: float = 0.6
    floor: float = 1e-3
    unsaid: float = 0.02
