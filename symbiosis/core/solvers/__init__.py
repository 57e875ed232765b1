"""Rooms behind the one door, `symbiosis.core.match`; nobody else names a solver."""
