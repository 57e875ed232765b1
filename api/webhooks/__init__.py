"""Telling partners' programs what happened: an outbox of events, and their signed delivery."""
