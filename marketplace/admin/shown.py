"""How the administration words points and amounts."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.utils.formats import number_format

from marketplace.listings.models import Listing


def degrees(point: Point | None) -> str:
    """``42.69770 N, 23.32190 E``: latitude first, as people read coordinates out."""
    if point is None:
        return "-"
    north = "N" if point.y >= 0 else "S"
    east = "E" if point.x >= 0 else "W"
    return f"{abs(point.y):.5f} {north}, {abs(point.x):.5f} {east}"


def amount(listing: Listing) -> str:
    """What the owner wrote, with the basis in the reader's language."""
    value = number_format(listing.quantity_value.normalize(), force_grouping=True)
    return f"{value} {listing.quantity_unit} {listing.get_quantity_basis_display()}"


def euros(cents: Any) -> str:
    """Whole euro with groups."""
    return "-" if cents is None else number_format(round(int(cents) / 100), force_grouping=True)
