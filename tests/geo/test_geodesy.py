from __future__ import annotations

import numpy as np
import pytest
from geopy.distance import geodesic, great_circle
from hypothesis import given
from hypothesis import strategies as st

from geo.distances import RoadEstimate
from geo.geodesy import chord_m, geodesic_m, great_circle_m

Place = tuple[float, float]
bulgarian = st.tuples(st.floats(22.3, 28.7), st.floats(41.2, 44.3))
european = st.tuples(st.floats(-25, 45), st.floats(27, 72))


@given(european, european)
def test_geodesic_is_the_one_of_geopy(a: Place, b: Place) -> None:
    assert float(geodesic_m(*a, *b)) == pytest.approx(geodesic(a[::-1], b[::-1]).meters, abs=1e-6)


@given(european, european)
def test_great_circle_is_the_one_of_geopy(a: Place, b: Place) -> None:
    theirs = great_circle(a[::-1], b[::-1]).meters
    assert float(great_circle_m(*a, *b)) == pytest.approx(theirs, rel=1e-6, abs=0.02)


@given(bulgarian, bulgarian)
def test_chord_is_exact_to_a_centimetre_in_bulgaria(a: Place, b: Place) -> None:
    assert abs(float(chord_m(*a, *b)) - float(geodesic_m(*a, *b))) < 0.01


@given(european, european)
def test_both_approximations_hold_their_word_in_europe(a: Place, b: Place) -> None:
    exact = float(geodesic_m(*a, *b))
    assert abs(float(chord_m(*a, *b)) - exact) <= 1e-4 * exact + 1e-3
    assert abs(float(great_circle_m(*a, *b)) - exact) <= 6e-3 * exact + 1e-3


@given(european, european)
def test_distances_are_symmetric_and_zero_at_home(a: Place, b: Place) -> None:
    for distance in (great_circle_m, chord_m):
        assert float(distance(*a, *b)) == pytest.approx(float(distance(*b, *a)), abs=1e-6)
        assert float(distance(*a, *a)) == 0


def test_arrays_broadcast_to_a_table() -> None:
    lon, lat = np.array([23.32, 27.91, 24.75]), np.array([42.70, 43.21, 42.14])
    table = geodesic_m(lon[:, None], lat[:, None], lon, lat)
    assert table.shape == (3, 3)
    assert np.allclose(table, table.T)
    assert np.allclose(chord_m(lon[:, None], lat[:, None], lon, lat), table, atol=0.01)


def test_road_estimate_is_whole_metres_of_the_detour() -> None:
    roads = RoadEstimate()
    lon, lat = [23.32, 27.91], [42.70, 43.21]
    table = roads.table_m(lon, lat, lon, lat)
    crow = float(great_circle_m(lon[0], lat[0], lon[1], lat[1]))
    assert table.dtype == np.int64
    assert table.tolist() == [[0, round(1.3 * crow)], [round(1.3 * crow), 0]]
    assert roads.pairs_m(lon[0], lat[0], lon[1], lat[1]) == table[0, 1]


@pytest.mark.parametrize("detour", [0.9, float("nan"), float("inf"), -1])
def test_a_road_is_never_shorter_than_the_great_circle(detour: float) -> None:
    with pytest.raises(ValueError, match="detour"):
        RoadEstimate(detour)
