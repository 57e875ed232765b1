"""How long a listing is believed: asked after 90 days of silence, paused after 120.

>>> trust_permille(0), trust_permille(90), trust_permille(105), trust_permille(500)
(1000, 1000, 750, 500)
"""

from __future__ import annotations

ASK_AFTER_DAYS = 90
LAPSE_AFTER_DAYS = 30
"""After the question was asked."""

_LEAST_PERMILLE = 500


def trust_permille(silent_days: int) -> int:
    """How far a listing is believed after so many days without a word of its owner: wholly until
    it is asked about, then falling in a straight line to one half at the day it would be paused."""
    overdue = min(max(silent_days - ASK_AFTER_DAYS, 0), LAPSE_AFTER_DAYS)
    return 1000 - (1000 - _LEAST_PERMILLE) * overdue // LAPSE_AFTER_DAYS
