"""Every learned number of the text engine, with what it was learned from.

``bench/text_fit.py`` prints them: the concept weights by maximum likelihood of the right concept
for names held out of the index, half of them with a typing error and words of their trade around
them; the pair weights by listwise maximum likelihood over exchanges, cross-validated
(docs/algorithms/text-matching.md reports both).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConceptWeights:
    """What each view of a text adds to the log odds of a concept."""

    name: float = 4.0
    mass: float = 0.27
    pool: float = 0.07
    company: float = 0.10
    letters: float = 2.7
    use_offered: float = -1.5
    stream_needed: float = -0.2
    code: float = 2.0
    activity: float = 1.5
    kept: int = 24


@dataclass(frozen=True, slots=True)
class PairWeights:
    """What each kind of evidence adds to the log odds of a need for an offer."""

    graph: float = 1.0
    crowd: float = 0.15
    words: float = 2.0
    letters: float = 2.0
    activity: float = 0.6
    floor: float = 1e-3
