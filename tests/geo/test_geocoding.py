from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.utils import translation
from geopy.geocoders.base import Geocoder

from geo.coordinates import as_point
from geo.errors import AmbiguousPlace, GeocoderUnavailable
from geo.geocoding import GazetteerGeocoder, geocoder
from geo.models import Place, Region
from geo.nominatim import NominatimGeocoder
from geo.spelling import stored_keys


def place(name: str, latin: str, lon: float, lat: float, *, region: str, postal: str) -> Place:
    return Place.objects.create(
        source=Place.Source.EKATTE, source_id=postal, country="BG", name=name, name_en=latin,
        kind=Place.Kind.TOWN, region=Region.objects.get(code=region), postal_code=postal,
        municipality_name=name, location=as_point(lon, lat), search_keys=stored_keys(name, latin),
    )  # fmt: skip


@pytest.fixture
def towns(shipped_regions: None, db: None) -> None:
    place("Сопот", "Sopot", 24.7565, 42.6535, region="BG421", postal="4330")
    place("Сопот", "Sopot", 24.4269, 43.0089, region="BG315", postal="5571")
    place("Шумен", "Shumen", 26.9361, 43.2712, region="BG333", postal="9700")


@pytest.mark.django_db
@pytest.mark.usefixtures("towns")
class TestGazetteer:
    def test_it_is_a_geopy_geocoder(self) -> None:
        geo = GazetteerGeocoder()
        assert isinstance(geo, Geocoder)
        found = geo.geocode("Chumen")
        assert (found.latitude, found.longitude) == pytest.approx((43.2712, 26.9361))
        assert found.raw["source"] == "ekatte"

    def test_addresses_follow_the_reader(self) -> None:
        with translation.override("bg"):
            assert GazetteerGeocoder().geocode("Shumen").address == "Шумен, BG"
        with translation.override("en"):
            assert GazetteerGeocoder().geocode("Шумен").address.startswith("Shumen")

    def test_namesakes_are_asked_about_or_all_returned(self) -> None:
        with pytest.raises(AmbiguousPlace) as asked:
            GazetteerGeocoder().geocode("Сопот")
        assert len(asked.value.candidates) == 2
        assert len(GazetteerGeocoder().geocode("Сопот", exactly_one=False)) == 2

    def test_structured_queries_and_region_hints_settle_them(self) -> None:
        geo = GazetteerGeocoder()
        by_code = geo.geocode({"city": "Sopot", "postalcode": "4330"})
        by_area = geo.geocode({"city": "Сопот", "county": "Ловеч"})
        by_hint = geo.geocode("Сопот", region=Region.objects.get(code="BG31"))
        assert by_code.latitude == pytest.approx(42.6535)
        assert by_area.point == by_hint.point != by_code.point

    def test_nothing_is_none(self) -> None:
        assert GazetteerGeocoder().geocode("Атлантида") is None
        assert GazetteerGeocoder(country="RO").geocode("Шумен") is None

    def test_reverse_finds_the_nearest_town(self) -> None:
        geo = GazetteerGeocoder()
        assert geo.reverse((43.28, 26.95)).raw["source_id"] == "9700"
        assert geo.reverse("42.66, 24.75").raw["source_id"] == "4330"
        assert geo.reverse((0, 0)) is None


class Server:
    """A Nominatim that says whatever a test wants."""

    def __init__(self) -> None:
        self.status, self.body, self.headers, self.asked = 200, b"[]", {}, 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def says(self, answer: object, **changes: Any) -> None:
        self.body = json.dumps([answer]).encode()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


GOOD = {
    "lat": "43.27", "lon": "26.93", "display_name": "Шумен, България",
    "address": {"country_code": "bg"},
}  # fmt: skip


def test_a_good_answer_is_a_location(server: Server) -> None:
    server.says(GOOD)
    found = NominatimGeocoder(server.url).geocode("Шумен")
    assert (found.latitude, found.longitude) == (43.27, 26.93)
    assert found.address == "Шумен, България"
    server.body = b"[]"
    assert NominatimGeocoder(server.url).geocode("Шумен") is None


def test_names_are_stripped_of_control_and_bidi_characters(server: Server) -> None:
    server.says({**GOOD, "display_name": "Шу\u202eмен\x00\n" + "x" * 1000})
    found = NominatimGeocoder(server.url).geocode("Шумен")
    assert found.address.startswith("Шуменx")
    assert len(found.address) == 300


@pytest.mark.parametrize(
    "change",
    [
        {"lat": "NaN"}, {"lon": "inf"}, {"lat": "1e999"}, {"lat": None}, {"lat": [43]},
        {"lat": True}, {"lat": "43,27"}, {"lon": "200"}, {"lat": "-43.27"}, {"lat": 10**400},
        {"address": {"country_code": "ro"}}, {"address": {}}, {"address": "bg"},
        {"address": {"country_code": ["bg"]}}, {"display_name": None}, {"display_name": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_answers_with_unusable_parts_are_refused(server: Server, change: dict[str, Any]) -> None:
    server.says({**GOOD, **change})
    with pytest.raises(GeocoderUnavailable):
        NominatimGeocoder(server.url).geocode("Шумен")


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>sign in</body></html>", b"", b"\xff\xfe", b'{"error": "x"}', b'"text"',
        b"[[]]", b"[1]", b'[{"lat": NaN, "lon": 1}]', b"[" * 100_000, b" " * 600_000 + b"[]",
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_bodies_of_another_shape_are_refused(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(GeocoderUnavailable):
        NominatimGeocoder(server.url).geocode("Шумен")


@pytest.mark.parametrize("status", [301, 302, 307, 403, 429, 500, 503])
def test_errors_and_redirects_are_refused_and_never_followed(server: Server, status: int) -> None:
    target = Server()
    target.says(GOOD)
    server.status, server.headers = status, {"Location": f"{target.url}/search"}
    try:
        with pytest.raises(GeocoderUnavailable):
            NominatimGeocoder(server.url).geocode("Шумен")
        assert target.asked == 0
    finally:
        target.close()


def test_a_made_up_charset_is_refused(server: Server) -> None:
    server.headers = {"Content-Type": "application/json; charset=klingon"}
    with pytest.raises(GeocoderUnavailable):
        NominatimGeocoder(server.url).geocode("Шумен")


def test_after_three_failures_it_rests_then_tries_once(server: Server) -> None:
    now = [0.0]
    geo = NominatimGeocoder(server.url, clock=lambda: now[0])
    server.status = 500
    for _ in range(5):
        with pytest.raises(GeocoderUnavailable):
            geo.geocode("Шумен")
    assert server.asked == 3
    now[0] = 61.0
    with pytest.raises(GeocoderUnavailable):
        geo.geocode("Шумен")
    assert server.asked == 4
    now[0], server.status = 122.0, 200
    server.says(GOOD)
    assert geo.geocode("Шумен") is not None
    assert geo.geocode("Шумен") is not None
    assert server.asked == 6


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "nominatim", "http://"])
def test_the_address_must_be_http(url: str) -> None:
    with pytest.raises(ValueError, match="NOMINATIM_URL"):
        NominatimGeocoder(url)


@pytest.mark.django_db
@pytest.mark.usefixtures("towns")
def test_the_remote_is_asked_only_where_the_gazetteer_knows_nothing(
    server: Server, settings: Any
) -> None:
    assert type(geocoder()) is GazetteerGeocoder
    settings.NOMINATIM_URL = server.url
    server.says({**GOOD, "display_name": "Attika"})
    assert geocoder().geocode("Шумен").raw["source"] == "ekatte"
    with pytest.raises(AmbiguousPlace):
        geocoder().geocode("Сопот")
    assert server.asked == 0
    assert geocoder().geocode("Атика").raw["source"] == "nominatim"
    server.status = 500
    assert geocoder().geocode("Атика") is None
