from __future__ import annotations

import pytest

from symbiosis.core.text.ranking import Ranker
from symbiosis.lexicon import current_ranker


@pytest.fixture(scope="session")
def ranker() -> Ranker:
    """The shipped knowledge, read once for all tests of the text engine."""
    return current_ranker()
