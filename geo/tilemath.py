"""Web-Mercator tiles: z/x/y to and from bounds. Pure arithmetic, after the TMS/XYZ convention.

Tile 0/0/0 is the world; x grows east, y grows south. Degrees are WGS 84, metres EPSG:3857.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MAX_ZOOM: Final = 22
MAX_LATITUDE: Final = math.degrees(math.atan(math.sinh(math.pi)))
HALF_WORLD_METRES: Final = math.pi * 6_378_137.0


class Tile(NamedTuple):
    """Address of a tile."""

    z: int
    x: int
    y: int


class Bounds(NamedTuple):
    """Edges of a rectangle, in degrees or metres as the function says."""

    west: float
    south: float
    east: float
    north: float


def is_valid(z: int, x: int, y: int) -> bool:
    """Whether such a tile exists; to be asked before anything is computed from a URL."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def _checked(z: int, x: int, y: int) -> None:
    if not is_valid(z, x, y):
        raise ValueError(f"there is no tile {z}/{x}/{y}")


def tile_of(lon: float, lat: float, z: int) -> Tile:
    """Tile of zoom z holding a point; beyond the Mercator square, the nearest edge tile.

    A point on an edge belongs to the tile east and south of it.
    """
    if not 0 <= z <= MAX_ZOOM:
        raise ValueError(f"zoom must lie between 0 and {MAX_ZOOM}")
    n = 2**z
    lat = max(-MAX_LATITUDE, min(MAX_LATITUDE, lat))
    x = (lon + 180) / 360 * n
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return Tile(z, min(n - 1, max(0, math.floor(x))), min(n - 1, max(0, math.floor(y))))


def bounds_degrees(z: int, x: int, y: int) -> Bounds:
    """Edges of a tile in WGS 84 degrees."""
    _checked(z, x, y)
    n = 2**z
    west, east = (column / n * 360 - 180 for column in (x, x + 1))
    north, south = (
        math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n)))) for row in (y, y + 1)
    )
    return Bounds(west, south, east, north)


def bounds_metres(z: int, x: int, y: int) -> Bounds:
    """Edges of a tile in EPSG:3857 metres."""
    _checked(z, x, y)
    side = 2 * HALF_WORLD_METRES / 2**z
    west, north = x * side - HALF_WORLD_METRES, HALF_WORLD_METRES - y * side
    return Bounds(west, north - side, west + side, north)


def tiles_over(west: float, south: float, east: float, north: float, z: int) -> list[Tile]:
    """Tiles of zoom z that a box of degrees touches, row by row from the north-west."""
    first, last = tile_of(west, north, z), tile_of(east, south, z)
    return [Tile(z, x, y) for y in range(first.y, last.y + 1) for x in range(first.x, last.x + 1)]


def parent(tile: Tile) -> Tile:
    """The tile one zoom out; the world's parent is the world."""
    return Tile(max(0, tile.z - 1), tile.x // 2, tile.y // 2)


def children(tile: Tile) -> list[Tile]:
    """The four tiles one zoom in."""
    return [Tile(tile.z + 1, 2 * tile.x + i, 2 * tile.y + j) for j in (0, 1) for i in (0, 1)]
