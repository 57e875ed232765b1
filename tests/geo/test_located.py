from __future__ import annotations

import numpy as np
import pytest
from django.contrib.gis.geos import GEOSGeometry, Point, Polygon
from django.db import connection
from geopy.distance import geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coordinates import as_point
from geo.errors import InvalidBounds, RegionWithoutShape
from geo.models import Place
from geo.selectors import region_by_code

pytestmark = pytest.mark.django_db
SPOTS = np.random.default_rng(11).uniform((21, 40.5), (30, 45), (400, 2)).round(6).tolist()


@pytest.fixture(scope="module", autouse=True)
def spots(shipped_regions: None) -> None:
    Place.objects.bulk_create(
        Place(
            source="geonames", source_id=str(i), country="BG", name=str(i), name_en=str(i),
            location=as_point(*at),
        )
        for i, at in enumerate(SPOTS)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_place")


def ids(places: object) -> set[int]:
    return {int(p) for p in places.values_list("source_id", flat=True)}  # type: ignore[attr-defined]


@given(st.floats(21, 30), st.floats(40.5, 45), st.integers(1_000, 400_000))
@settings(max_examples=40)
def test_near_is_the_geodesic_disc(lon: float, lat: float, metres: int) -> None:
    far = {i: geodesic((lat, lon), at[::-1]).meters for i, at in enumerate(SPOTS)}
    found = ids(Place.objects.near(as_point(lon, lat), metres=metres))
    assert {i for i, d in far.items() if d < metres - 0.01} <= found
    assert found <= {i for i, d in far.items() if d <= metres + 0.01}


@given(st.floats(20, 30), st.floats(40, 45), st.floats(0.01, 12), st.floats(0.01, 6))
@settings(max_examples=40)
def test_in_bbox_is_plain_comparison_of_degrees(
    west: float, south: float, width: float, height: float
) -> None:
    east, north = west + width, south + height
    wanted = {i for i, (x, y) in enumerate(SPOTS) if west <= x <= east and south <= y <= north}
    assert ids(Place.objects.in_bbox(west, south, east, north)) == wanted


def test_within_a_region_agrees_with_its_polygon() -> None:
    for code in ("BG411", "BG42", "BG"):
        region = region_by_code(code)
        wanted = {i for i, at in enumerate(SPOTS) if region.geometry.covers(as_point(*at))}
        assert ids(Place.objects.within(region)) == wanted
    assert wanted


def test_within_a_region_without_polygon_is_an_error() -> None:
    with pytest.raises(RegionWithoutShape):
        Place.objects.within(region_by_code("DE111"))


def test_nearest_first_is_sorted_and_in_metres() -> None:
    at = as_point(25, 42.5)
    nearest = list(Place.objects.near(at, metres=100_000).nearest_first(at))
    exact = [geodesic((42.5, 25), (p.location.y, p.location.x)).meters for p in nearest]
    assert exact == sorted(exact)
    assert [p.distance.m for p in nearest] == pytest.approx(exact, abs=0.01)


def test_near_and_in_bbox_use_the_geography_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for found in (
        Place.objects.near(as_point(25, 42.5), metres=5_000),
        Place.objects.in_bbox(25, 42.5, 25.1, 42.6),
    ):
        assert "geo_place_location" in found.explain()


HOSTILE = [
    "POINT(23 42)",
    '{"type": "Point", "coordinates": [23, 42]}',
    {"type": "Point", "coordinates": [23, 42]},
    {"driver": "GTiff", "name": "/vsimem/x.tif", "width": 1, "height": 1, "srid": 4326},
    b"\x01\x01",
    None,
    (23, 42),
    Point(23, 42, srid=3857),
    Point(23, 42),
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=str)
def test_only_wgs84_points_reach_the_database(hostile: object) -> None:
    for ask in (
        lambda: Place.objects.near(hostile, metres=5),  # type: ignore[arg-type]
        lambda: Place.objects.nearest_first(hostile),  # type: ignore[arg-type]
        lambda: Place.objects.within(hostile),
    ):
        with pytest.raises(TypeError):
            ask()


def test_a_polygon_must_be_a_polygon_in_wgs84() -> None:
    assert Place.objects.within(
        Polygon.from_bbox((0, 0, 1, 1)).__class__(
            ((20, 40), (31, 40), (31, 46), (20, 46), (20, 40)), srid=4326
        )
    ).count() == len(SPOTS)
    for wrong in (
        Polygon.from_bbox((0, 0, 1, 1)),
        GEOSGeometry("LINESTRING(0 0, 1 1)", srid=4326),
    ):
        with pytest.raises(TypeError):
            Place.objects.within(wrong)


@pytest.mark.parametrize("metres", [-1, float("nan"), float("inf")])
def test_radius_is_a_finite_length(metres: float) -> None:
    with pytest.raises(ValueError, match="metres"):
        Place.objects.near(as_point(23, 42), metres=metres)


@pytest.mark.parametrize(
    "bounds",
    [(25, 42, 24, 43), (24, 43, 25, 42), (24, 42, 24, 43), (-181, 0, 0, 1), ("a", 0, 1, 1)],
)
def test_bounds_out_of_order_are_refused(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidBounds):
        Place.objects.in_bbox(*bounds)
