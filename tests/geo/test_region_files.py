from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from geo.coordinates import as_point
from geo.models import Region
from geo.region_files import import_region_file
from geo.regions import DISSOLVED, load_shipped_regions
from geo.selectors import region_of_point, regions_for_points
from tests.shared_data import shared_file

pytestmark = pytest.mark.django_db
SQUARE = [[[24, 42], [24.2, 42], [24.2, 42.2], [24, 42.2], [24, 42]]]
BOW_TIE = [[[24, 42], [24.2, 42.2], [24.2, 42], [24, 42.2], [24, 42]]]


@pytest.fixture
def shipped(shipped_regions: None, db: None) -> None:
    """The shipped regions, restored after each test."""


@pytest.fixture
def geojson(tmp_path: Path) -> Any:
    def write(*features: tuple[dict[str, Any], Any], crs: str | None = None) -> Path:
        collection: dict[str, Any] = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": properties,
                    "geometry": rings and {"type": "Polygon", "coordinates": rings},
                }
                for properties, rings in features
            ],
        }
        if crs:
            collection["crs"] = {"type": "name", "properties": {"name": crs}}
        path = tmp_path / "regions.geojson"
        path.write_text(json.dumps(collection), encoding="utf-8")
        return path

    return write


def nuts(code: str, name: str = "Name") -> dict[str, Any]:
    return {"NUTS_ID": code, "NAME_LATN": name, "NUTS_NAME": "Име"}


@pytest.mark.slow
def test_the_european_file_then_better_oblasts_then_municipalities(shipped: None) -> None:
    europe = import_region_file(shared_file("geo/NUTS_RG_10M_2021_4326.geojson"), scheme="nuts")
    assert (europe.drawn, europe.skipped) == (2_010, [])
    assert Region.objects.get(code="DE").name_en == "Germany"
    assert Region.objects.get(code="EL303").name_en == "Kentrikos Tomeas Athinon"
    paris = region_of_point(as_point(2.3522, 48.8566))
    assert paris is not None
    assert paris.code == "FR101"

    oblasts = import_region_file(shared_file("geo/bg_oblasts.geojson"), scheme="nuts")
    assert (oblasts.drawn, oblasts.created) == (28, 0)
    with shared_file("geo/gazetteer_bg.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lons, lats = ([float(row[axis]) for row in rows] for axis in ("lon", "lat"))
    found = regions_for_points(lons, lats)
    right = sum(
        r is not None and r.code == row["nuts3"] for r, row in zip(found, rows, strict=True)
    )
    assert right / len(rows) > 0.995

    towns = import_region_file(shared_file("geo/bg_municipalities.geojson"), scheme="lau")
    assert (towns.drawn, towns.created, towns.skipped) == (265, 265, [])
    burgas = region_of_point(as_point(27.4626, 42.5048), level=Region.Level.MUNICIPALITY)
    assert burgas is not None
    assert (burgas.code, burgas.name_bg) == ("BG_BGS04", "Бургас")
    assert burgas.parent is not None
    assert burgas.parent.code == "BG341"

    assert load_shipped_regions().already
    assert Region.objects.get(code="BG411").shape_source == "bg_oblasts.geojson"
    again = import_region_file(shared_file("geo/bg_municipalities.geojson"), scheme="lau")
    assert (again.drawn, again.created) == (265, 0)


def test_better_oblasts_redraw_the_planning_regions_above(shipped: None, geojson: Any) -> None:
    before = Region.objects.get(code="BG41").geometry
    import_region_file(geojson((nuts("BG411"), SQUARE)), scheme="nuts")
    after = Region.objects.get(code="BG41")
    assert after.shape_source == DISSOLVED
    assert after.geometry is not None
    assert after.geometry.area != before.area
    assert after.geometry.covers(as_point(24.1, 42.1))


def test_invalid_polygons_are_repaired_and_reported(shipped: None, geojson: Any) -> None:
    out, err = StringIO(), StringIO()
    path = geojson((nuts("BG411"), BOW_TIE))
    call_command("import_regions", path, scheme="nuts", stdout=out, stderr=err)
    assert "BG411 repaired: Self-intersection" in err.getvalue()
    assert "1 repaired" in out.getvalue()
    region = Region.objects.get(code="BG411")
    assert region.geometry is not None
    assert region.geometry.valid
    assert region.geometry.area == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("properties", "rings", "why"),
    [
        (nuts(""), SQUARE, "no code"),
        (nuts("QQ1"), SQUARE, "no country"),
        (nuts("BG4111"), SQUARE, "not that of a NUTS region"),
        (nuts("BG999"), SQUARE, "BG99 is not loaded"),
        (nuts("BG412", ""), SQUARE, "no name"),
        (nuts("BG412"), None, "no polygon"),
        (nuts("BG412"), [[[400, 42], [401, 42], [401, 43], [400, 42]]], "no degrees"),
        (nuts("BG412"), [[[24, 42], [25, 43], [24, 42], [24, 42]]], "no area"),
        (nuts("BG411"), SQUARE, "twice"),
    ],
)
def test_unusable_features_are_skipped_with_a_reason(
    shipped: None, geojson: Any, properties: dict[str, Any], rings: Any, why: str
) -> None:
    report = import_region_file(
        geojson((nuts("BG411"), SQUARE), (properties, rings)), scheme="nuts"
    )
    assert report.drawn == 1
    assert [why in reason for _, reason in report.skipped] == [True]


def test_a_municipality_without_a_stated_region_is_placed_by_its_shape(
    shipped: None, geojson: Any
) -> None:
    import_region_file(
        geojson(({"GISCO_ID": "BG_PDV22", "LAU_NAME": "Plovdiv"},
                 [[[24.7, 42.1], [24.8, 42.1], [24.8, 42.2], [24.7, 42.1]]])),
        scheme="lau",
    )  # fmt: skip
    municipality = Region.objects.get(code="BG_PDV22")
    assert municipality.parent is not None
    assert municipality.parent.code == "BG421"


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "cannot be read"), ("<html>", "cannot be read"), ('{"type":"x"}', "cannot be read")],
)
def test_what_is_no_region_file_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(text)
    with pytest.raises(CommandError, match=why):
        call_command("import_regions", path, scheme="nuts")
    with pytest.raises(CommandError, match="not a file"):
        call_command("import_regions", tmp_path / "absent", scheme="nuts")


def test_other_projections_and_missing_columns_are_named(shipped: None, geojson: Any) -> None:
    with pytest.raises(CommandError, match="EPSG:3035"):
        call_command(
            "import_regions",
            geojson((nuts("BG411"), SQUARE), crs="urn:ogc:def:crs:EPSG::3035"),
            scheme="nuts",
        )
    with pytest.raises(CommandError, match="GISCO_ID"):
        call_command("import_regions", geojson((nuts("BG411"), SQUARE)), scheme="lau")
