"""The secretariat's administration of organisations, people, catalogue and listings."""

from marketplace.admin import catalogue, duplicates, firms, impact, listings, people, permits

__all__ = ["catalogue", "duplicates", "firms", "impact", "listings", "people", "permits"]
