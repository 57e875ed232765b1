from __future__ import annotations

import math

import numpy as np
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from geo.errors import InvalidCoordinates, OutsideServiceArea
from geo.privacy import CELL_METRES, SERVICE_AREA, grid_cell, project, unproject

WEST, SOUTH, EAST, NORTH = SERVICE_AREA
lons = st.floats(WEST, EAST)
lats = st.floats(SOUTH, NORTH)


@given(lons, lats)
def test_a_shown_place_is_never_farther_than_half_a_cell(lon: float, lat: float) -> None:
    cell = grid_cell(lon, lat)
    x, y = project(lon, lat)
    cx, cy = project(cell.centre_lon, cell.centre_lat)
    assert max(abs(x - cx), abs(y - cy)) <= CELL_METRES / 2 + 0.2


@given(lons, lats)
def test_the_name_is_the_south_west_corner(lon: float, lat: float) -> None:
    cell = grid_cell(lon, lat)
    north, east = map(int, cell.id.removeprefix("CRS3035RES5000mN").split("E"))
    assert project(*cell.polygon[0]) == pytest.approx((east, north), abs=0.2)
    middle = (east + CELL_METRES / 2, north + CELL_METRES / 2)
    assert project(cell.centre_lon, cell.centre_lat) == pytest.approx(middle, abs=0.2)


@given(st.floats(-24, 44), st.floats(34, 71), st.data())
def test_every_place_of_a_cell_gives_the_very_same_cell(
    lon: float, lat: float, data: st.DataObject
) -> None:
    cell = grid_cell(lon, lat)
    x, y = project(cell.centre_lon, cell.centre_lat)
    inside = st.floats(-CELL_METRES / 2 + 1, CELL_METRES / 2 - 1)
    moved = unproject(x + data.draw(inside), y + data.draw(inside))
    assert grid_cell(*moved) == cell


@given(lons, lats)
def test_project_and_unproject_are_inverse(lon: float, lat: float) -> None:
    back = unproject(*project(lon, lat))
    assert math.isclose(back[0], lon, abs_tol=1e-8)
    assert math.isclose(back[1], lat, abs_tol=1e-8)


@given(lons, lats)
@settings(max_examples=50)
def test_the_polygon_is_a_closed_ring_round_the_centre(lon: float, lat: float) -> None:
    cell = grid_cell(lon, lat)
    ring = Polygon(cell.polygon)
    assert cell.polygon[0] == cell.polygon[-1]
    assert len(cell.polygon) == 5
    assert ring.exterior.is_ccw
    assert ring.contains_properly(Point(cell.centre_lon, cell.centre_lat))


@pytest.mark.django_db
def test_the_projection_agrees_with_proj_to_a_millimetre() -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(WEST, EAST, 3_000).tolist(), rng.uniform(SOUTH, NORTH, 3_000).tolist()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_SetSRID("
            "ST_MakePoint(lon, lat), 4326), 3035) AS p "
            "FROM unnest(%s::float8[], %s::float8[]) AS t(lon, lat)) AS s",
            [lon, lat],
        )
        proj = np.array(cursor.fetchall())
    ours = np.array([project(*p) for p in zip(lon, lat, strict=True)])
    assert np.abs(ours - proj).max() < 1e-3


@pytest.mark.parametrize(
    ("lon", "lat", "cell_id"),
    [
        (23.3219, 42.6977, "CRS3035RES5000mN2270000E5405000"),
        (-28.63, 38.53, "CRS3035RES5000mN2560000E1090000"),
        (25.78, 71.17, "CRS3035RES5000mN5400000E4890000"),
    ],
)
def test_cell_names_never_change(lon: float, lat: float, cell_id: str) -> None:
    """Sofia, Horta on the Azores, the North Cape: stored cells must stay valid for ever."""
    assert grid_cell(lon, lat).id == cell_id


@pytest.mark.parametrize(("lon", "lat"), [(math.nan, 42), (23, math.inf), (-math.inf, 0)])
def test_what_is_no_number_has_no_cell(lon: float, lat: float) -> None:
    with pytest.raises(InvalidCoordinates):
        grid_cell(lon, lat)


@pytest.mark.parametrize(("lon", "lat"), [(-74, 40.7), (23, 0), (139, 35), (20, 89)])
def test_places_beyond_europe_are_refused(lon: float, lat: float) -> None:
    with pytest.raises(OutsideServiceArea):
        grid_cell(lon, lat)
