"""OGC API - Features: the layers under the API's visibility, in five reference systems, and opened
by GDAL's own client."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from openapi_spec_validator import OpenAPIV30SpecValidator
from rest_framework.test import APIClient

from api.ogc.crs import SUPPORTED
from api.ogc.layers import LAYERS
from marketplace.models import Organisation, Site
from symbiosis.models import Proposal
from tests.api.callers import program
from tests.factories import (
    PLOVDIV,
    SOFIA,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def items(caller: APIClient, layer: str, query: str = "") -> dict[str, Any]:
    answer = caller.get(f"/ogc/collections/{layer}/items{query}")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/geo+json"
    return dict(answer.json())


def ids(caller: APIClient, layer: str, query: str = "") -> set[str]:
    return {feature["id"] for feature in items(caller, layer, query)["features"]}


def test_the_way_in(anyone: APIClient) -> None:
    landing = anyone.get("/ogc/").json()
    rels = {link["rel"]: link["href"] for link in landing["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(rels)
    assert anyone.get("/ogc").json()["links"] == landing["links"]
    for address in rels.values():
        assert anyone.get(address.replace("http://testserver", "")).status_code == 200
    classes = anyone.get("/ogc/conformance").json()["conformsTo"]
    assert any(name.endswith("features-2/1.0/conf/crs") for name in classes)
    document = anyone.get("/ogc/api").json()
    assert list(OpenAPIV30SpecValidator(document).iter_errors()) == []
    layers = anyone.get("/ogc/collections").json()["collections"]
    assert [layer["id"] for layer in layers] == [
        *("sites", "offers", "needs", "flows", "aggregates"),
    ]
    assert all(len(layer["crs"]) == len(SUPPORTED) for layer in layers)


def test_a_layer_shows_what_the_api_shows(
    anyone: APIClient, brewer: APIClient, brewery: Organisation, farm: Organisation
) -> None:
    offers = {
        visibility: OfferFactory(site=farm.sites.get(), visibility=visibility)
        for visibility in ("public", "members", "anonymous")
    }
    OfferFactory(site=farm.sites.get(), status="closed")
    for caller in (anyone, brewer):
        listed = {entry["id"] for entry in caller.get("/api/v1/offers").json()["results"]}
        assert ids(caller, "offers") == listed
    hidden = offers["anonymous"].public_id
    told = anyone.get(f"/ogc/collections/offers/items/{hidden}").json()
    assert told["properties"]["organisation"] is None
    assert told["properties"]["quantity"] is None
    assert told["properties"]["location_precision"] == "cell_5km"
    shown = anyone.get(f"/api/v1/offers/{hidden}").json()["location"]["coordinates"]
    assert told["geometry"]["coordinates"] == shown
    members = offers["members"].public_id
    assert anyone.get(f"/ogc/collections/offers/items/{members}").status_code == 404
    assert anyone.get("/ogc/collections/offers/items/nothing").status_code == 404
    assert anyone.get("/ogc/collections/secrets/items").status_code == 404


def test_moving_a_site_that_keeps_its_place_back_changes_nothing(
    anyone: APIClient, farm: Organisation
) -> None:
    site = SiteFactory(organisation=farm, lon=24.5, lat=42.0)
    OfferFactory(site=site, visibility="anonymous")

    def reading() -> list[Any]:
        queries = ("", "?bbox=24.4,41.9,24.6,42.1", f"?crs={EPSG}7801", "?limit=1")
        return [items(anyone, layer, query)["features"] for layer in ("offers", "sites")
                for query in queries]  # fmt: skip

    before = reading()
    Site.objects.filter(pk=site.pk).update(location=Point(24.503, 42.0, srid=4326))
    assert reading() == before


def test_boxes_and_pages(anyone: APIClient, farm: Organisation) -> None:
    here = OfferFactory(site=farm.sites.get())
    there = OfferFactory(site=SiteFactory(organisation=farm, lon=PLOVDIV[0], lat=PLOVDIV[1]))
    lon, lat = SOFIA
    box = f"{lon - 0.1},{lat - 0.1},{lon + 0.1},{lat + 0.1}"
    assert ids(anyone, "offers", f"?bbox={box}") == {here.public_id}
    turned = f"{lat - 0.1},{lon - 0.1},{lat + 0.1},{lon + 0.1}"
    query = f"?bbox={turned}&bbox-crs={EPSG}4326"
    assert ids(anyone, "offers", query) == {here.public_id}
    first = items(anyone, "offers", "?limit=1")
    assert (first["numberMatched"], first["numberReturned"]) == (2, 1)
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    second = anyone.get(following.replace("http://testserver", "")).json()
    found = {first["features"][0]["id"], second["features"][0]["id"]}
    assert found == {here.public_id, there.public_id}
    assert not any(link["rel"] == "next" for link in second["links"])


@pytest.mark.parametrize("srid", ["4326", "3857", "3035", "7801", "32635"])
def test_reference_systems_there_and_back(anyone: APIClient, farm: Organisation, srid: str) -> None:
    """The point as PostGIS projects it, and a small box around it in the same axis order."""
    offer = OfferFactory(site=farm.sites.get())
    OfferFactory(site=SiteFactory(organisation=farm, lon=PLOVDIV[0], lat=PLOVDIV[1]))
    answer = anyone.get(f"/ogc/collections/offers/items/{offer.public_id}?crs={EPSG}{srid}")
    assert answer["Content-Crs"] == f"<{EPSG}{srid}>"
    first, second = answer.json()["geometry"]["coordinates"]
    swapped = SUPPORTED[f"{EPSG}{srid}"].swapped
    expected = Point(*SOFIA, srid=4326)
    expected.transform(int(srid))
    x, y = (second, first) if swapped else (first, second)
    assert (x, y) == pytest.approx((expected.x, expected.y), abs=0.01)
    reach = 0.01 if srid == "4326" else 1000
    box = f"{first - reach},{second - reach},{first + reach},{second + reach}"
    query = f"?bbox={box}&bbox-crs={EPSG}{srid}"
    assert ids(anyone, "offers", query) == {offer.public_id}


@pytest.mark.parametrize(
    "query",
    [
        "?nonsense=1",
        "?limit=0",
        "?limit=x",
        "?offset=-1",
        "?offset=99999999",
        "?bbox=1,2,3",
        "?bbox=a,b,c,d",
        "?bbox=1,2,3,4,5",
        "?bbox=30,10,20,50",
        "?bbox=nan,1,2,3",
        "?crs=EPSG:4326",
        "?crs=+proj=longlat",
        "?crs=http://127.0.0.1/def.xml",
        "?bbox=1,2,3,4&bbox-crs=PROJCS[]",
        "?limit=1&limit=2",
        "?f=html",
        f"?bbox=999999999,999999999,999999999,999999999&bbox-crs={EPSG}3035",
    ],
)
def test_refusals(anyone: APIClient, query: str) -> None:
    answer = anyone.get(f"/ogc/collections/offers/items{query}")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_scopes(brewery: Organisation) -> None:
    narrow = program(brewery, "needs:read")
    assert narrow.get("/ogc/collections/needs/items").status_code == 200
    assert narrow.get("/ogc/collections/offers/items").status_code == 403


def test_flows_sum_what_the_viewer_may_see(
    anyone: APIClient, brewery: Organisation, farm: Organisation
) -> None:
    one = RegionFactory(code="BG411", centre=Point(*SOFIA, srid=4326))
    other = RegionFactory(code="BG421", centre=Point(*PLOVDIV, srid=4326))
    one.centre, other.centre = Point(*SOFIA, srid=4326), Point(*PLOVDIV, srid=4326)
    one.save()
    other.save()
    there = SiteFactory(organisation=farm, lon=PLOVDIV[0], lat=PLOVDIV[1], region=other,
                        cell_region=other)  # fmt: skip
    for visibility, value in (("public", 100), ("public", 250), ("anonymous", 4_000)):
        Proposal.objects.create(
            offer=OfferFactory(site=brewery.sites.get(), visibility=visibility),
            need=NeedFactory(site=there), stage="planned", base_quantity=1000, straight_m=1000,
            road_m=1300, value_cents=value, disposal_cents=value, purchase_cents=0,
            processing_cents=0, haulage_cents=0, value_cents_per_t=100, co2e_kg=5,
            cross_region=True, reasons=[],
        )  # fmt: skip
    shown = {"sites": items(anyone, "sites"), "offers": items(anyone, "offers")}
    for name, collection in shown.items():
        assert tuple(collection["features"][0]["properties"]) == LAYERS[name].names
    (flow,) = items(anyone, "flows")["features"]
    assert flow["id"] == "BG411.BG421"
    assert flow["properties"] == {
        "from": "BG411", "to": "BG421", "exchanges": 2, "value_eur": "3.50", "co2e_kg": 10,
    }  # fmt: skip
    assert flow["geometry"]["type"] == "LineString"
    between = "?bbox=23.9,42.3,24.1,42.5"
    assert len(items(anyone, "flows", between)["features"]) == 1
    assert items(anyone, "flows", "?bbox=26,43,27,44")["features"] == []
    assert anyone.get("/ogc/collections/flows/items/BG411.BG421").status_code == 200
    assert anyone.get("/ogc/collections/flows/items/BG421.BG411").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="gdal-bin is not installed")
def test_gdal_opens_the_layers(live_server: Any, farm: Organisation, tmp_path: Path) -> None:
    for number in range(7):
        OfferFactory(site=SiteFactory(organisation=farm, lon=23 + number / 10, lat=42.5))
    source = f"OAPIF:{live_server.url}/ogc"
    listed = subprocess.run(["ogrinfo", "-q", source], capture_output=True, text=True, timeout=120)
    assert listed.returncode == 0, listed.stderr
    for layer in ("sites", "offers", "needs", "flows", "aggregates"):
        assert layer in listed.stdout
    made = tmp_path / "offers.gpkg"
    order = ["ogr2ogr", "-f", "GPKG", str(made), source, "offers", "-oo", "PAGE_SIZE=3"]
    copied = subprocess.run(
        [*order, "-spat", "22.9", "42", "23.45", "43"], capture_output=True, text=True, timeout=120
    )
    assert copied.returncode == 0, copied.stderr
    told = subprocess.run(
        ["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", str(made)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    features = json.loads(told.stdout)["features"]
    assert sorted(round(f["geometry"]["coordinates"][0], 1) for f in features) == [
        23.0, 23.1, 23.2, 23.3, 23.4,
    ]  # fmt: skip
