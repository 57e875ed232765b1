"""Exchanges with another instance of this market: what is told to it, and what fits across."""
