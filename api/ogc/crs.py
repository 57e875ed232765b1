"""Reference systems by their OGC address, and boxes given in them (Part 2 of the standard)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from django.db import DataError, InternalError
from django.utils.translation import gettext as _

from api.refusals import invalid_parameter
from geo.coordinates import WGS84, checked_bounds
from geo.errors import GeoError
from geo.projections import Bounds, Pair, degrees_around


@dataclass(frozen=True, slots=True)
class Crs:
    """``swapped``: the definition names the northing (or latitude) first."""

    uri: str
    srid: int
    swapped: bool

    def ordered(self, pair: Pair) -> list[float]:
        """Easting and northing in the definition's order, to the millimetre (0.1 m in degrees)."""
        places = 6 if self.srid == WGS84 else 3
        first, second = round(pair[0], places), round(pair[1], places)
        return [second, first] if self.swapped else [first, second]


_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, False)
SUPPORTED = {
    crs.uri: crs
    for crs in (
        CRS84,
        Crs(f"{_EPSG}4326", 4326, True),
        Crs(f"{_EPSG}3857", 3857, False),
        Crs(f"{_EPSG}3035", 3035, True),
        Crs(f"{_EPSG}7801", 7801, True),
        Crs(f"{_EPSG}32635", 32635, False),
    )
}
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,20})?\Z")


def parse_crs(text: str | None, parameter: str) -> Crs:
    """The system of an address, CRS84 for none. Raises ApiError naming the parameter."""
    if text is None:
        return CRS84
    found = SUPPORTED.get(text)
    if found is None:
        raise invalid_parameter(parameter, "unknown_choice", _("Not a reference system here."))
    return found


def parse_box(text: str, crs: Crs) -> Bounds:
    """A box in a system's own axis order as west, south, east, north degrees."""
    parts = text.split(",")
    if len(parts) == 6:  # heights are left out of account, as the standard has it
        parts = [parts[0], parts[1], parts[3], parts[4]]
    if len(parts) != 4 or not all(_NUMBER.match(part) for part in parts):
        raise invalid_parameter("bbox", "not_coordinates", _("Plain numbers separated by commas."))
    low_1, low_2, high_1, high_2 = (float(part) for part in parts)
    box = (low_2, low_1, high_2, high_1) if crs.swapped else (low_1, low_2, high_1, high_2)
    try:
        degrees = degrees_around(box, crs.srid)
        if not all(math.isfinite(edge) for edge in degrees):
            raise invalid_parameter("bbox", "out_of_range", _("The number is out of range."))
        return checked_bounds(*degrees)
    except GeoError as error:
        raise invalid_parameter("bbox", error.code, str(error)) from error
    except (DataError, InternalError) as error:
        raise invalid_parameter("bbox", "out_of_range", _("The number is out of range.")) from error
