"""News of exchanges for the layers above."""

from __future__ import annotations

from django.dispatch import Signal

exchange_moved = Signal()
"""Sent on commit, sender Exchange, with ``exchange_id`` and ``event_id``."""
