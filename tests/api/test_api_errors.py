"""Every refusal is one RFC 9457 body with a stable code, wherever it arises."""

from __future__ import annotations

import json
from unittest import mock

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from api import errors, problems
from geo.errors import GeoError
from marketplace.errors import MarketplaceError
from symbiosis.errors import SymbiosisError
from tests.factories import MaterialFactory

pytestmark = pytest.mark.django_db


def problem(answer: object, status: int, code: str) -> dict[str, object]:
    """The body of a refusal, after checking what all of them share."""
    assert answer.status_code == status, answer.content  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/problem+json"  # type: ignore[index]
    body = json.loads(answer.content)  # type: ignore[attr-defined]
    assert set(body) == {
        "type", "title", "status", "code", "detail", "instance", "request_id", "errors",
    }  # fmt: skip
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/api/v1/problems/{code}"
    assert body["request_id"] == answer["X-Request-ID"]  # type: ignore[index]
    return dict(body)


def test_missing_thing(anyone: APIClient) -> None:
    problem(anyone.get("/api/v1/materials/nothing"), 404, "not_found")


def test_missing_address(anyone: APIClient) -> None:
    problem(anyone.get("/api/v1/nowhere"), 404, "not_found")


def test_wrong_method(anyone: APIClient) -> None:
    answer = anyone.delete("/api/v1/materials")
    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


def test_wrong_accept(anyone: APIClient) -> None:
    problem(anyone.get("/api/v1/materials", HTTP_ACCEPT="text/html"), 406, "not_acceptable")


def test_wrong_token(anyone: APIClient) -> None:
    for token in ("sym_oat_nonsense", "sym_pat_nonsense", "x", "два", "a b"):
        answer = anyone.get("/api/v1/materials", HTTP_AUTHORIZATION=f"Bearer {token}".encode())
        problem(answer, 401, "unauthenticated")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_unknown_repeated_and_empty_parameters_are_named_together(anyone: APIClient) -> None:
    answer = anyone.get("/api/v1/materials?colour=red&limit=1&limit=2&pillar=")
    body = problem(answer, 400, "invalid")
    assert [(e["parameter"], e["code"]) for e in body["errors"]] == [  # type: ignore[index, union-attr]
        ("colour", "unknown_parameter"),
        ("limit", "repeated"),
        ("pillar", "blank"),
    ]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("limit=0", "limit", "out_of_range"),
        ("limit=501", "limit", "out_of_range"),
        ("limit=-1", "limit", "out_of_range"),
        ("limit=1e2", "limit", "out_of_range"),
        ("limit=١", "limit", "out_of_range"),
        ("ordering=label", "ordering", "unknown_choice"),
        ("ordering=--id", "ordering", "unknown_choice"),
        ("cursor=abc", "cursor", "not_a_cursor"),
        ("cursor=%00", "cursor", "not_a_cursor"),
        ("count=yes", "count", "not_a_boolean"),
        ("lang=de", "lang", "unknown_choice"),
        ("fields=secret", "fields", "unknown_field"),
        ("kind=gold", "kind", "invalid_choice"),
        ("is_use=1", "is_use", "not_a_boolean"),
        ("q=a%00b", "q", "null_characters_not_allowed"),
        ("q=a%1bb", "q", "control_character"),
    ],
)
def test_bad_values_name_the_parameter(
    anyone: APIClient, query: str, parameter: str, code: str
) -> None:
    body = problem(anyone.get(f"/api/v1/materials?{query}"), 400, "invalid")
    assert [(e["parameter"], e["code"]) for e in body["errors"]] == [(parameter, code)]  # type: ignore[index, union-attr]


def test_a_cursor_keeps_to_its_ordering(anyone: APIClient) -> None:
    for code in ("a", "b"):
        MaterialFactory(code=code)
    following = anyone.get("/api/v1/materials?limit=1").json()["next"]
    body = problem(anyone.get(f"{following}&ordering=-id"), 400, "invalid")
    assert body["errors"][0]["code"] == "other_ordering"  # type: ignore[index]


def test_a_failure_of_ours_tells_nothing(anyone: APIClient) -> None:
    anyone.raise_request_exception = False
    with mock.patch("api.v1.catalogue.catalogue", side_effect=RuntimeError("secret path /srv")):
        body = problem(anyone.get("/api/v1/materials"), 500, "server_error")
    assert "secret" not in json.dumps(body)


def test_a_lost_database_asks_to_retry(anyone: APIClient) -> None:
    anyone.raise_request_exception = False
    with mock.patch("api.v1.catalogue.catalogue", side_effect=OperationalError("gone")):
        answer = anyone.get("/api/v1/materials")
    problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"


def test_request_id_of_the_caller_is_kept_where_harmless(anyone: APIClient) -> None:
    assert anyone.get("/api/v1/units", HTTP_X_REQUEST_ID="abc-123-xyz")["X-Request-ID"] == (
        "abc-123-xyz"
    )
    forged = anyone.get("/api/v1/units", HTTP_X_REQUEST_ID="a\tb <script>")["X-Request-ID"]
    assert len(forged) == 32


def test_every_error_class_of_the_product_is_in_the_table() -> None:
    def leaves(kind: type[Exception]) -> list[type[Exception]]:
        return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]

    for base in (MarketplaceError, GeoError, SymbiosisError):
        for kind in leaves(base):
            known = next(entry for entry in kind.__mro__ if entry in errors.TABLE)
            if kind is not MarketplaceError:
                assert known is not Exception, f"{kind.__name__} would answer 500"


def test_types_are_readable(anyone: APIClient) -> None:
    listed = anyone.get("/api/v1/problems").json()["results"]
    assert [row["id"] for row in listed] == [kind.code for kind in problems.ALL]
    assert anyone.get("/api/v1/problems/throttled").json()["status"] == 429
    problem(anyone.get("/api/v1/problems/nothing"), 404, "not_found")


def test_limits_are_told_and_kept(anyone: APIClient) -> None:
    answers = [anyone.get("/api/v1/units") for _ in range(121)]
    assert answers[0]["RateLimit-Policy"] == '"anonymous";q=120;w=60'
    assert answers[0]["RateLimit"] == '"anonymous";r=119;t=60'
    assert answers[119].status_code == 200
    problem(answers[120], 429, "throttled")
    assert 1 <= int(answers[120]["Retry-After"]) <= 60
    assert answers[120]["RateLimit"].startswith('"anonymous";r=0;')
