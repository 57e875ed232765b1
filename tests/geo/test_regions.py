from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.coordinates import as_point
from geo.errors import InvalidCoordinates, UnknownRegion
from geo.models import Region
from geo.regions import DISSOLVED, load_shipped_regions
from geo.selectors import path_of, region_by_code, region_of_point, regions_for_points
from tests.shared_data import shared_file

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_regions")]

OBLAST_CENTRES = {
    "BG411": (23.3219, 42.6977), "BG331": (27.9147, 43.2141), "BG421": (24.7453, 42.1354),
    "BG323": (25.9540, 43.8356), "BG424": (24.7010, 41.5774), "BG311": (22.8725, 43.9961),
    "BG341": (27.4626, 42.5048), "BG332": (27.8273, 43.5726), "BG413": (23.0943, 42.0209),
}  # fmt: skip


def test_bulgaria_is_complete_with_both_names_and_polygons() -> None:
    oblasts = Region.objects.filter(country="BG", level=Region.Level.NUTS3)
    assert oblasts.count() == 28
    for oblast in oblasts:
        assert oblast.geometry is not None
        assert oblast.geometry.valid
        assert oblast.centre is not None
        assert oblast.geometry.covers(oblast.centre)
        assert oblast.name_bg
        assert oblast.name_en.isascii()


def test_the_european_tree_nests_by_prefix() -> None:
    assert Region.objects.filter(level=3).count() > 1_400
    for region in Region.objects.filter(level__gt=0, level__lt=4).select_related("parent"):
        assert region.parent is not None
        assert region.parent.level == region.level - 1
        assert region.code.startswith(region.parent.code) or region.code.startswith("UKN1")


def test_greece_is_el_in_codes_and_gr_in_country() -> None:
    greece = region_by_code("EL")
    assert (greece.country, greece.name_en, greece.name_bg) == ("GR", "Greece", "Гърция")
    assert region_by_code("EL303").name_en.isascii()


def test_planning_regions_are_dissolved_from_their_oblasts() -> None:
    south_west = Region.objects.get(code="BG41")
    assert south_west.shape_source == DISSOLVED
    assert south_west.geometry is not None
    parts = sum(r.geometry.area for r in south_west.children.all())
    assert south_west.geometry.area == pytest.approx(parts)


@pytest.mark.parametrize(("code", "at"), OBLAST_CENTRES.items())
def test_oblast_centres_lie_in_their_oblasts(code: str, at: tuple[float, float]) -> None:
    region = region_of_point(as_point(*at))
    assert region is not None
    assert region.code == code


def test_a_point_is_placed_by_one_query_on_the_index() -> None:
    point = as_point(23.3219, 42.6977)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        region_of_point(point)
    assert len(queries) == 1
    plan = Region.objects.without_shapes().containing(point).explain()
    assert "region_level_shape" in plan
    assert "Seq Scan" not in plan


def test_a_quay_just_off_the_drawn_coast_belongs_to_its_oblast() -> None:
    easternmost = max(region_by_code("BG332").geometry.coords[0][0])
    off_shabla = as_point(easternmost[0] + 0.015, easternmost[1])
    assert not Region.objects.containing(off_shabla).exists()
    region = region_of_point(off_shabla)
    assert region is not None
    assert region.code == "BG332"


@pytest.mark.parametrize("at", [(29.5, 43.0), (0.0, 0.0), (26.10, 44.43)])
def test_far_out_at_sea_and_abroad_there_is_no_region(at: tuple[float, float]) -> None:
    assert region_of_point(as_point(*at)) is None


def test_a_known_country_keeps_the_answer_inside_it() -> None:
    giurgiu = as_point(25.9699, 43.88)
    assert region_of_point(giurgiu, country="RO") is None


def test_many_points_are_placed_exactly_as_one_by_one() -> None:
    lons = [22.2 + 0.37 * i for i in range(18)] * 9
    lats = [41.1 + 0.39 * (i // 18) for i in range(162)]
    together = regions_for_points(lons, lats)
    apart = [region_of_point(as_point(*at)) for at in zip(lons, lats, strict=True)]
    assert together == apart
    assert len({r.code for r in together if r}) >= 20
    assert None in together


def test_settlements_fall_into_their_own_oblast() -> None:
    with shared_file("geo/gazetteer_bg.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"]]
    with CaptureQueriesContext(connection) as queries:
        found = regions_for_points([float(r["lon"]) for r in rows], [float(r["lat"]) for r in rows])
    right = sum(a is not None and a.code == r["nuts3"] for a, r in zip(found, rows, strict=True))
    assert len(queries) == 2
    assert right / len(rows) >= 0.96


@pytest.mark.parametrize(
    ("lon", "lat"), [(float("nan"), 42.0), (23.0, 91.0), (181.0, 0.0), ("23", 42.0), (True, 42.0)]
)
def test_bad_coordinates_are_named(lon: float, lat: float) -> None:
    with pytest.raises(InvalidCoordinates):
        regions_for_points([lon], [lat])


def test_the_path_runs_from_the_country_down() -> None:
    assert [r.code for r in path_of(region_by_code("BG411"))] == ["BG", "BG4", "BG41", "BG411"]
    assert [r.code for r in path_of(region_by_code("UKN12"))] == ["UK", "UKN", "UKN0", "UKN12"]


def test_under_a_region_is_its_whole_branch() -> None:
    codes = set(Region.objects.under(region_by_code("BG42")).values_list("code", flat=True))
    assert codes == {"BG42", "BG421", "BG422", "BG423", "BG424", "BG425"}
    assert Region.objects.under(region_by_code("BG")).count() == 1 + 2 + 6 + 28


def test_unknown_codes_are_refused() -> None:
    with pytest.raises(UnknownRegion):
        region_by_code("BG999")


def test_loading_twice_changes_nothing_and_says_so() -> None:
    before = list(Region.objects.values_list("pk", "code", "parent_id", "shape_source"))
    out = StringIO()
    call_command("load_regions", stdout=out)
    assert "already loaded" in out.getvalue()
    assert load_shipped_regions().already
    assert list(Region.objects.values_list("pk", "code", "parent_id", "shape_source")) == before
