"""Layers and tiles opened by the library behind desktop maps (the GDAL of pyogrio's wheel)."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from geo.tilemath import Tile
from marketplace.models import Organisation
from tests.api.callers import program
from tests.factories import OfferFactory, RegionFactory, SiteFactory

_OPENED = """
import json, sys
import pyogrio

source, made = sys.argv[1:]
layers = sorted(str(name) for name, _kind in pyogrio.list_layers(source))
box = (22.9, 42.0, 23.45, 43.0)
meta, _fids, shapes, columns = pyogrio.raw.read(source, layer="offers", bbox=box, PAGE_SIZE=3)
pyogrio.raw.write(
    made, shapes, columns, meta["fields"], geometry_type=meta["geometry_type"], crs=meta["crs"],
    driver="GPKG",
)
copied = pyogrio.read_info(made, force_feature_count=True)
projected = pyogrio.raw.read(source, layer="offers", CRS="EPSG:7801")
regions, _fids, _shapes, totals = pyogrio.raw.read(source, layer="aggregates")
print(json.dumps({
    "layers": layers,
    "copied": int(copied["features"]),
    "fields": [str(name) for name in copied["fields"]],
    "crs": projected[0]["crs"],
    "all": len(projected[2]),
    "aggregates": regions["geometry_type"],
}))
"""

_DECODED = """
import json, sys
import pyogrio

path, x, y, z = sys.argv[1:]
meta, _fids, shapes, columns = pyogrio.raw.read(path, layer="places", X=x, Y=y, Z=z)
print(json.dumps({"rows": len(shapes), "fields": sorted(str(name) for name in meta["fields"])}))
"""


def _run(script: str, *words: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_desktop_map_copies_the_layers(
    live_server: Any, farm: Organisation, tmp_path: Path
) -> None:
    RegionFactory.square("BG411", 23.3, 42.7)
    for number in range(7):
        OfferFactory(site=SiteFactory(organisation=farm, lon=23 + number / 10, lat=42.5))
    found = _run(_OPENED, f"OAPIF:{live_server.url}/ogc", str(tmp_path / "offers.gpkg"))
    assert found["layers"] == ["aggregates", "flows", "needs", "offers", "sites"]
    assert found["copied"] == 5
    assert {"title", "material", "quantity", "price"} <= set(found["fields"])
    assert found["all"] == 7
    assert "7801" in found["crs"]
    assert found["aggregates"] in ("MultiPolygon", "Unknown", "GeometryCollection")


@pytest.mark.django_db
def test_a_tile_holds_what_its_tilejson_says(
    anyone: APIClient, farm: Organisation, tmp_path: Path
) -> None:
    OfferFactory(site=farm.sites.get())
    told = anyone.get("/tiles/places.json").json()
    assert told["tilejson"] == "3.0.0"
    (address,) = told["tiles"]
    assert address.endswith("/tiles/places/{z}/{x}/{y}")
    tile = _around(23.3219, 42.6977, zoom=13)
    answer = anyone.get(f"/tiles/places/{tile.z}/{tile.x}/{tile.y}")
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    path = tmp_path / "tile.mvt"
    path.write_bytes(answer.content)
    decoded = _run(_DECODED, str(path), str(tile.x), str(tile.y), str(tile.z))
    assert decoded["rows"] == 1
    (layer,) = (layer for layer in told["vector_layers"] if layer["id"] == "places")
    assert set(decoded["fields"]) - {"mvt_id"} <= set(layer["fields"])
    assert {"offers", "needs", "posted"} <= set(decoded["fields"])


@pytest.mark.django_db
def test_the_style_draws_the_sets_and_nothing_of_others(anyone: APIClient) -> None:
    style = anyone.get("/tiles/style.json").json()
    assert style["version"] == 8
    for source in style["sources"].values():
        assert source["url"].startswith("http://testserver/tiles/")
        assert anyone.get(source["url"].removeprefix("http://testserver")).status_code == 200
    drawn = {layer["source"] for layer in style["layers"] if "source" in layer}
    assert drawn == set(style["sources"])


@pytest.mark.django_db
def test_tiles_refuse_like_the_api(anyone: APIClient, brewery: Organisation) -> None:
    for address in ("/tiles/nothing.json", "/tiles/places/30/0/0", "/tiles/places/1/5/0"):
        refused = anyone.get(address)
        assert refused.status_code == 404
        assert refused["Content-Type"] == "application/problem+json"
    assert anyone.get("/tiles/places/1/0/0?x=1").status_code == 400
    unscoped = program(brewery, "")
    assert unscoped.get("/tiles/places/1/0/0").status_code == 403


def _around(lon: float, lat: float, *, zoom: int) -> Tile:
    side = 2**zoom
    x = int((lon + 180) / 360 * side)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return Tile(zoom, x, y)
