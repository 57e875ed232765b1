"""Keeping in step with partner markets over HTTP: each side reads the other's two feeds."""
