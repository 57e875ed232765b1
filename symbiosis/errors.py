"""What can go wrong in matching."""

from __future__ import annotations


class SymbiosisError(Exception):
    """Base of every refusal of this package."""

    code = "symbiosis_error"


class MatchingBusy(SymbiosisError):
    """Another matcher is writing; only one may at a time."""

    code = "matching_busy"
