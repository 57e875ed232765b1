"""Reads Mapbox Vector Tiles (version 2), as far as the map's tiles need: an independent witness.

Written from the format's specification, https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from geo.tilemath import Tile


@dataclass(frozen=True, slots=True)
class Feature:
    """Properties and the first position, in degrees."""

    properties: dict[str, object]
    lon: float
    lat: float


def decode_tile(data: bytes, tile: Tile | None = None) -> dict[str, list[Feature]]:
    """Layers by name; positions are those of ``tile``, or of the whole world where it is None."""
    layers = {}
    for number, value in _fields(data):
        if number == 3:
            name, features = _layer(value, tile or Tile(0, 0, 0))
            layers[name] = features
    return layers


def _layer(data: bytes, tile: Tile) -> tuple[str, list[Feature]]:
    name, keys, values, raw, extent = "", [], [], [], 4096
    for number, value in _fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            raw.append(value)
        elif number == 3:
            keys.append(value.decode())
        elif number == 4:
            values.append(_value(value))
        elif number == 5:
            extent = value
    return name, [_feature(feature, keys, values, extent, tile) for feature in raw]


def _feature(
    data: bytes, keys: list[str], values: list[object], extent: int, tile: Tile
) -> Feature:
    tags: list[int] = []
    geometry: list[int] = []
    for number, value in _fields(data):
        if number == 2:
            tags = list(_varints(value))
        elif number == 4:
            geometry = list(_varints(value))
    x, y = (_signed(geometry[1]), _signed(geometry[2]))
    side = 2**tile.z
    lon = (tile.x + x / extent) / side * 360 - 180
    mercator = math.pi * (1 - 2 * (tile.y + y / extent) / side)
    lat = math.degrees(math.atan(math.sinh(mercator)))
    pairs = zip(tags[::2], tags[1::2], strict=True)
    return Feature({keys[k]: values[v] for k, v in pairs}, lon, lat)


def _value(data: bytes) -> object:
    ((number, value),) = _fields(data)
    if number == 1:
        return value.decode()
    if number in (2, 3):
        return struct.unpack("<f" if number == 2 else "<d", value)[0]
    return _signed(value) if number == 6 else bool(value) if number == 7 else value


def _fields(data: bytes) -> Iterator[tuple[int, object]]:
    """(field number, int or bytes) of a protobuf message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}[wire]
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _signed(zigzag: int) -> int:
    return (zigzag >> 1) ^ -(zigzag & 1)
