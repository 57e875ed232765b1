"""What can go wrong with places; one class a cause, each with a stable `code` for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.models import Place


class GeoError(Exception):
    """Base of every error raised by geo."""

    code = "geo_error"


class InvalidCoordinates(GeoError, ValueError):
    """Longitude or latitude that is not a finite number inside its range."""

    code = "invalid_coordinates"


class OutsideServiceArea(GeoError, ValueError):
    """A point outside the European area the privacy grid and the regions cover."""

    code = "outside_service_area"


class InvalidBounds(GeoError, ValueError):
    """A bounding box whose edges are out of order or out of range."""

    code = "invalid_bounds"


class UnknownRegion(GeoError, LookupError):
    """A region code that is not in the tree."""

    code = "unknown_region"


class RegionWithoutShape(GeoError, LookupError):
    """A region known by code and name only, asked for its polygon."""

    code = "region_without_shape"


class UnreadableRegionFile(GeoError, ValueError):
    """A polygon file that cannot be opened or lacks the columns its scheme needs."""

    code = "unreadable_region_file"


class UnreadablePlaceFile(GeoError, ValueError):
    """A gazetteer file that cannot be opened or lacks a required column."""

    code = "unreadable_place_file"


class PlaceNotFound(GeoError, LookupError):
    """No settlement of the gazetteer is written like the query."""

    code = "place_not_found"

    def __init__(self, query: str) -> None:
        self.query = query
        super().__init__(_("No settlement is known by the name “%(query)s”.") % {"query": query})


class AmbiguousPlace(GeoError, LookupError):
    """Several settlements fit the query; the caller must ask which one is meant.

    `candidates` lists them by descending population.
    """

    code = "ambiguous_place"

    def __init__(self, query: str, candidates: Sequence[Place]) -> None:
        self.query = query
        self.candidates = tuple(candidates)
        super().__init__(
            ngettext(
                "%(count)d settlement could be “%(query)s”; say which one you mean.",
                "%(count)d settlements are called “%(query)s”; say which one you mean.",
                len(self.candidates),
            )
            % {"count": len(self.candidates), "query": query}
        )


class GeocoderUnavailable(GeoError):
    """The remote geocoder did not give a usable answer; saving can go on without it."""

    code = "geocoder_unavailable"
