"""Hostile input on every route: always a problem with a code, never a failure of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError
from rest_framework.test import APIClient

from api.parsers import MAX_DEPTH, parse_json
from api.v1 import urls
from marketplace.models import Material, Offer, Organisation
from tests.api.test_api_listings import faults, posting

pytestmark = pytest.mark.django_db

LISTS = ("materials", "sites", "offers", "proposals")
"""Between them they have every kind of parameter."""
WORDS = [
    "'; DROP TABLE marketplace_offer; --",
    "%",
    "\\",
    "%s%s%s",
    "\u0000",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "\u202e",
    "а" * 5000,
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
    "true",
    "[]",
    "🦠" * 60,
]


@pytest.mark.parametrize("route", LISTS)
def test_every_parameter_of_every_list(anyone: APIClient, route: str) -> None:
    view = next(e for e in urls.urlpatterns if e.name == route).callback.cls  # type: ignore[union-attr]
    names = [*view.filterset_class.base_filters, "cursor", "limit", "ordering", "fields", "lang"]
    for word in WORDS:
        cache.clear()
        for name in names:
            answer = anyone.get(f"/api/v1/{route}", {name: word})
            assert answer.status_code in (200, 400), (name, word, answer.content)
            if answer.status_code == 400 and name not in ("near", "radius_km"):
                assert answer.json()["errors"][0]["parameter"] == name


@pytest.mark.parametrize("route", ["materials-one", "offers-one", "offers-proposals", "sites-one"])
def test_every_id(anyone: APIClient, route: str) -> None:
    base = reverse(route, args=["x"])
    for name in [*WORDS, "offer_" + "z" * 26, "site_" + "0" * 26, "OFFER_1", "."]:
        answer = anyone.get(base.replace("/x", "/" + quote(name, safe=""), 1))
        assert answer.status_code == 404, name
        assert answer["Content-Type"] == "application/problem+json"


BODIES: list[tuple[bytes, str]] = [
    (b"", "invalid"),
    (b"{", "malformed"),
    (b"nothing", "malformed"),
    (b'{"a":1}{"a":2}', "malformed"),
    (b'{"title":"a","title":"b"}', "malformed"),
    (b'{"quantity":NaN}', "malformed"),
    (b'{"quantity":-Infinity}', "malformed"),
    (b'{"quantity":' + b"9" * 5000 + b"}", "malformed"),
    (b'{"quantity":1e' + b"9" * 50 + b"}", "malformed"),
    (b"[" * 100_000, "malformed"),
    (b'{"a":' * 50 + b"1" + b"}" * 50, "malformed"),
    (b"\xff\xfe{}", "malformed"),
    (b'{"title":"\xc3\x28"}', "malformed"),
    (b"\xef\xbb\xbf{}", "malformed"),
    (b'"' + b'\\"' * 400_000, "malformed"),
    (b"[]", "invalid"),
    (b"null", "invalid"),
    (b'"text"', "invalid"),
    (b"true", "invalid"),
    (b"1", "invalid"),
    (b'{"title":"\\ud800"}', "invalid"),
    (b'{"title":"\\u0000"}', "invalid"),
    (b'{"__proto__":{"admin":true},"constructor":1}', "invalid"),
]


@pytest.mark.parametrize(("body", "code"), BODIES)
def test_bodies(brewer: APIClient, body: bytes, code: str) -> None:
    answer = brewer.generic("POST", "/api/v1/offers", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "",
    ],
)
def test_only_json_is_read(brewer: APIClient, content_type: str) -> None:
    answer = brewer.generic("POST", "/api/v1/offers", "a=b", content_type=content_type)
    assert answer.status_code in (400, 415), answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_beyond_the_limit(brewer: APIClient) -> None:
    answer = brewer.generic(
        "POST", "/api/v1/offers", b" " * 2_600_000, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "location",
    [
        None,
        [],
        "POINT(23 42)",
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [23.3]},
        {"type": "Point", "coordinates": [23.3, 42.7, 500]},
        {"type": "Point", "coordinates": ["23.3", "42.7"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": [None, None]},
        {"type": "Point", "coordinates": [[23.3, 42.7], [23.3, 42.7]]},
        {"type": "Point", "coordinates": {"lon": 23.3}},
        {"type": "Point", "coordinates": [200, 42.7]},
        {"type": "Point", "coordinates": [23.3, -91]},
        {"type": "Point", "coordinates": [10**30, 10**30]},
        {"type": "Point", "coordinates": [-74.0, 40.7]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "point", "coordinates": [23.3, 42.7]},
        {
            "type": "Point",
            "coordinates": [23.3, 42.7],
            "crs": {"type": "link", "properties": {"href": "http://127.0.0.1/"}},
        },
    ],
)
def test_geometry_is_a_plain_point_in_europe(brewer: APIClient, location: Any) -> None:
    answer = brewer.post("/api/v1/sites", {"name": "x", "location": location})
    assert {pointer for pointer, _code in faults(answer)} == {"/location"}


@pytest.mark.parametrize(
    "day",
    [
        "2027-02-29",
        "2027-2-1",
        "27-02-01",
        "2027-02-01T00:00:00Z",
        "0000-01-01",
        20270101,
        True,
        [],
    ],
)
def test_days(brewer: APIClient, brewery: Organisation, grain: Material, day: Any) -> None:
    answer = brewer.post("/api/v1/offers", posting(brewery, available_from=day))
    assert faults(answer) == {("/available_from", "not_a_date")}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "site", "material", "quantity", "title", "description", "language", "pattern",
    "available_from", "available_until", "months", "min_lot", "price", "quality_notes",
    "waste_status", "waste_code", "visibility", "external_id", "status",
]  # fmt: skip


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(st.sampled_from(FIELDS), json_values, min_size=1, max_size=4))
def test_any_json_in_any_field_is_refused_or_stored_whole(
    brewer: APIClient, brewery: Organisation, grain: Material, changes: dict[str, Any]
) -> None:
    cache.clear()
    before = Offer.objects.count()
    payload = json.dumps(posting(brewery, **changes)).encode()
    answer = brewer.generic("POST", "/api/v1/offers", payload, content_type="application/json")
    assert answer.status_code in (201, 400), answer.content
    assert Offer.objects.count() == before + (answer.status_code == 201)
    for fault in answer.json().get("errors", []):
        assert fault["pointer"].split("/")[1] in {*changes, "months"}, fault


@given(st.text(alphabet='[]{}"\\:,0aé ', max_size=60))
def test_the_strict_parser_agrees_with_json_or_refuses(text: str) -> None:
    try:
        ours = parse_json(text.encode())
    except ParseError:
        return
    assert json.loads(text) == ours


@given(st.integers(1, 3 * MAX_DEPTH), st.sampled_from(["[]", '{"a":}']))
def test_depth_is_counted_exactly(depth: int, pair: str) -> None:
    opening, closing = pair[:-1], pair[-1]
    text = (opening * depth + "1" + closing * depth).encode()
    if depth > MAX_DEPTH:
        with pytest.raises(ParseError):
            parse_json(text)
    else:
        parse_json(text)
