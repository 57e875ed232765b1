"""What can stop set-up."""

from __future__ import annotations


class SetupError(Exception):
    """One sentence a newcomer understands: what is wrong and, where there is one, the way out."""
