from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from geo.tilemath import (
    MAX_LATITUDE,
    Tile,
    bounds_degrees,
    bounds_metres,
    children,
    is_valid,
    parent,
    tile_of,
    tiles_over,
)


@st.composite
def tiles(draw: st.DrawFn, max_zoom: int = 22) -> Tile:
    z = draw(st.integers(0, max_zoom))
    return Tile(z, draw(st.integers(0, 2**z - 1)), draw(st.integers(0, 2**z - 1)))


@given(st.floats(-180, 179.999999), st.floats(-85, 85), st.integers(0, 22))
def test_a_point_lies_in_its_tile(lon: float, lat: float, z: int) -> None:
    box = bounds_degrees(*tile_of(lon, lat, z))
    assert box.west - 1e-9 <= lon <= box.east + 1e-9
    assert box.south - 1e-9 <= lat <= box.north + 1e-9


@given(tiles(max_zoom=20))
def test_the_middle_of_a_tile_leads_back_to_it(tile: Tile) -> None:
    box = bounds_degrees(*tile)
    assert tile_of((box.west + box.east) / 2, (box.south + box.north) / 2, tile.z) == tile


@given(tiles(max_zoom=21))
def test_children_fill_their_parent(tile: Tile) -> None:
    four = children(tile)
    assert {parent(child) for child in four} == {tile}
    boxes, outer = [bounds_degrees(*child) for child in four], bounds_degrees(*tile)
    assert min(b.west for b in boxes) == pytest.approx(outer.west)
    assert max(b.east for b in boxes) == pytest.approx(outer.east)
    assert min(b.south for b in boxes) == pytest.approx(outer.south)
    assert max(b.north for b in boxes) == pytest.approx(outer.north)


@given(tiles(max_zoom=12))
def test_a_box_inside_one_tile_needs_that_tile_only(tile: Tile) -> None:
    box = bounds_degrees(*tile)
    w, h = (box.east - box.west) / 4, (box.north - box.south) / 4
    inner = (box.west + w, box.south + h, box.east - w, box.north - h)
    assert tiles_over(*inner, tile.z) == [tile]


def test_bulgaria_at_zoom_seven_is_eight_tiles() -> None:
    eight = [Tile(7, x, y) for y in (46, 47) for x in (71, 72, 73, 74)]
    assert tiles_over(22.36, 41.24, 28.61, 44.22, 7) == eight


@pytest.mark.django_db
@pytest.mark.parametrize("tile", [Tile(0, 0, 0), Tile(7, 72, 46), Tile(14, 9255, 6045)])
def test_metres_are_those_of_postgis(tile: Tile) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) "
            "FROM (SELECT ST_TileEnvelope(%s, %s, %s) AS e) AS s",
            list(tile),
        )
        assert tuple(bounds_metres(*tile)) == pytest.approx(cursor.fetchone(), abs=1e-6)


@pytest.mark.parametrize(
    ("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)]
)
def test_tiles_that_do_not_exist_are_refused(z: int, x: int, y: int) -> None:
    assert not is_valid(z, x, y)
    with pytest.raises(ValueError, match="no tile"):
        bounds_degrees(z, x, y)


def test_the_poles_fall_into_the_edge_rows() -> None:
    assert tile_of(0, 90, 5).y == 0
    assert tile_of(0, -90, 5).y == 31
    assert tile_of(180, MAX_LATITUDE, 5) == Tile(5, 31, 0)
