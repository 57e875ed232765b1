"""How a confidential place or figure may be shown: pure rules, no database.

A confidential site is shown at the centre of its cell in one fixed grid. The cell is chosen once,
before any filter, sort or tile sees the place; nothing is ever drawn at random, so repeated
questions teach nothing more than the cell. The grid is the European 5 km reference grid in
ETRS89-LAEA (EPSG:3035), an equal-area projection: every cell is 25 square kilometres, from the
Canaries to the North Cape. Formulas: J. P. Snyder, Map Projections, USGS Professional Paper 1395
(1987), pp. 187-190; grid names as in the INSPIRE specification on geographical grid systems.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from geo.errors import InvalidCoordinates, OutsideServiceArea

CELL_METRES: Final = 5_000

# GRS 80 and the parameters of EPSG:3035
_A: Final = 6_378_137.0
_F: Final = 1 / 298.257222101
_E2: Final = _F * (2 - _F)
_E: Final = math.sqrt(_E2)
_LAT0: Final = math.radians(52)
_LON0: Final = math.radians(10)
_EASTING0: Final = 4_321_000.0
_NORTHING0: Final = 3_210_000.0

# The part of the world the grid serves: degrees west, south, east, north.
SERVICE_AREA: Final = (-35.0, 24.0, 55.0, 84.0)


def _q(sin_lat: float) -> float:
    """Snyder 3-12: the quantity whose ratio to its polar value is the sine of authalic latitude."""
    es = _E * sin_lat
    return (1 - _E2) * (sin_lat / (1 - es * es) + math.atanh(es) / _E)


_QP: Final = _q(1.0)
_RQ: Final = _A * math.sqrt(_QP / 2)
_BETA0: Final = math.asin(_q(math.sin(_LAT0)) / _QP)
_D: Final = (
    _A * math.cos(_LAT0) / math.sqrt(1 - _E2 * math.sin(_LAT0) ** 2) / (_RQ * math.cos(_BETA0))
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the fixed grid.

    `id` is the INSPIRE name of its south-west corner; `polygon` a closed ring of five (lon, lat)
    corners, counter-clockwise from the south-west; the centre stands for every site inside.
    """

    id: str
    centre_lon: float
    centre_lat: float
    polygon: tuple[tuple[float, float], ...]


def project(lon: float, lat: float) -> tuple[float, float]:
    """EPSG:3035 easting and northing, in metres, of WGS 84 degrees (Snyder 24-17 to 24-26)."""
    delta = math.radians(lon) - _LON0
    beta = math.asin(max(-1.0, min(1.0, _q(math.sin(math.radians(lat))) / _QP)))
    cos_c = math.sin(_BETA0) * math.sin(beta) + math.cos(_BETA0) * math.cos(beta) * math.cos(delta)
    b = _RQ * math.sqrt(2 / (1 + cos_c))
    x = b * _D * math.cos(beta) * math.sin(delta)
    y = (b / _D) * (
        math.cos(_BETA0) * math.sin(beta) - math.sin(_BETA0) * math.cos(beta) * math.cos(delta)
    )
    return _EASTING0 + x, _NORTHING0 + y


def unproject(easting: float, northing: float) -> tuple[float, float]:
    """WGS 84 (lon, lat) degrees of an EPSG:3035 position; inverse of `project` to under 1 mm."""
    x, y = (easting - _EASTING0) / _D, (northing - _NORTHING0) * _D
    rho = math.hypot(x, y)
    if rho == 0:
        return math.degrees(_LON0), math.degrees(_LAT0)
    c = 2 * math.asin(rho / (2 * _RQ))
    beta = math.asin(math.cos(c) * math.sin(_BETA0) + y * math.sin(c) * math.cos(_BETA0) / rho)
    lon = _LON0 + math.atan2(
        x * math.sin(c),
        rho * math.cos(_BETA0) * math.cos(c) - y * math.sin(_BETA0) * math.sin(c),
    )
    return math.degrees(lon), math.degrees(_latitude(_QP * math.sin(beta)))


def _latitude(q: float) -> float:
    """Latitude (radians) of the given q: Newton's method on Snyder 3-16, to machine precision."""
    lat = math.asin(max(-1.0, min(1.0, q / 2)))
    for _ in range(12):
        s = math.sin(lat)
        step = (1 - _E2 * s * s) ** 2 / (2 * math.cos(lat) * (1 - _E2)) * (q - _q(s))
        lat += step
        if abs(step) < 1e-15:
            break
    return lat


def grid_cell(lon: float, lat: float) -> Cell:
    """The fixed 5 km cell of a point given in WGS 84 degrees.

    Raises InvalidCoordinates for what is not a finite number and OutsideServiceArea beyond Europe:
    a confidential place is never shown for want of a cell.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise InvalidCoordinates("longitude and latitude must be finite numbers")
    west, south, east, north = SERVICE_AREA
    if not (west <= lon <= east and south <= lat <= north):
        raise OutsideServiceArea(f"({lon}, {lat}) lies outside the area the grid covers")
    easting, northing = project(lon, lat)
    return _cell(math.floor(easting / CELL_METRES), math.floor(northing / CELL_METRES))


def grid_id(lon: float, lat: float) -> str:
    """Name of the cell alone, for grouping."""
    return grid_cell(lon, lat).id


@lru_cache(maxsize=65_536)
def _cell(column: int, row: int) -> Cell:
    x, y = column * CELL_METRES, row * CELL_METRES
    ring = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
    corners = (unproject(x + i * CELL_METRES, y + j * CELL_METRES) for i, j in ring)
    lon, lat = unproject(x + CELL_METRES / 2, y + CELL_METRES / 2)
    return Cell(
        id=f"CRS3035RES{CELL_METRES}mN{y}E{x}",
        centre_lon=_shown(lon),
        centre_lat=_shown(lat),
        polygon=tuple((_shown(a), _shown(b)) for a, b in corners),
    )


def _shown(degrees: float) -> float:
    """Six decimals (0.1 m), so that machines differing in the last bit show the same bytes."""
    return round(degrees, 6)
