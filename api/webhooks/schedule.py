"""When a failed delivery is tried again: soon at first, then for more than three days."""

from __future__ import annotations

from datetime import timedelta
from random import Random

MINUTE, HOUR = 60, 3_600
STEPS = (
    *(5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR),
    *(12 * HOUR, 18 * HOUR, 24 * HOUR, 24 * HOUR),
)
"""Seconds before each further attempt, without jitter."""

JITTER = 0.15
REST = timedelta(minutes=1)
"""After a failure the endpoint's other deliveries wait no longer than this."""


def delay(attempts: int, *, chance: Random, asked: int | None = None) -> timedelta | None:
    """How long to wait after so many attempts, spread by jitter so that receivers recover one by
    one; a longer wait that the receiver asked for is kept. None: it was the last attempt.

    >>> delay(1, chance=Random(1)) < timedelta(seconds=6)
    True
    >>> delay(len(STEPS) + 1, chance=Random(1)) is None
    True
    """
    if attempts > len(STEPS):
        return None
    seconds = STEPS[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER)
    return timedelta(seconds=max(seconds, asked or 0))
