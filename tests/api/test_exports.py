"""Exports: the lists' rows under the lists' filters, in four forms, none of which a sheet runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from marketplace.models import Organisation
from tests.api.callers import program
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offers(farm: Organisation) -> dict[str, Any]:
    site = farm.sites.get()
    return {
        "plain": OfferFactory(site=site, title="=HYPERLINK(1)"),
        "hidden": OfferFactory(site=site, visibility="anonymous", title="secret"),
        "members": OfferFactory(site=site, visibility="members"),
        "closed": OfferFactory(site=site, status="closed"),
    }


def content(caller: APIClient, name: str, query: str = "") -> bytes:
    answer = caller.get(f"/api/v1/exports/{name}{query}")
    assert answer.status_code == 200, answer.content
    assert name in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def rows_of(caller: APIClient, query: str = "") -> list[dict[str, str]]:
    text = content(caller, "offers.csv", query).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_holds_what_the_list_holds_and_no_formula(
    anyone: APIClient, brewer: APIClient, offers: dict[str, Any]
) -> None:
    for caller in (anyone, brewer):
        listed = {entry["id"] for entry in caller.get("/api/v1/offers").json()["results"]}
        assert {row["id"] for row in rows_of(caller)} == listed
    told = {row["id"]: row for row in rows_of(anyone)}
    assert told[offers["plain"].public_id]["title"] == "'=HYPERLINK(1)"
    hidden = told[offers["hidden"].public_id]
    assert (hidden["organisation"], hidden["quantity"], hidden["price"]) == ("", "", "")
    assert "secret" not in hidden["title"]


def test_filters_are_the_lists(anyone: APIClient, offers: dict[str, Any], farm: Any) -> None:
    query = f"?organisation={farm.public_id}"
    assert [row["id"] for row in rows_of(anyone, query)] == [offers["plain"].public_id]
    assert anyone.get("/api/v1/exports/offers.csv?nonsense=1").status_code == 400
    assert anyone.get("/api/v1/exports/offers.pdf").status_code == 404
    assert anyone.get("/api/v1/exports/secrets.csv").status_code == 404


def test_the_other_forms_hold_the_same(
    anyone: APIClient, offers: dict[str, Any], tmp_path: Path
) -> None:
    wanted = {row["id"] for row in rows_of(anyone)}
    collection = json.loads(content(anyone, "offers.geojson"))
    assert {feature["id"] for feature in collection["features"]} == wanted
    book = CalamineWorkbook.from_filelike(io.BytesIO(content(anyone, "offers.xlsx")))
    lines = book.get_sheet_by_index(0).to_python()
    assert {line[0] for line in lines[1:]} == wanted
    assert "'=HYPERLINK(1)" in {line[lines[0].index("title")] for line in lines[1:]}
    made = tmp_path / "offers.gpkg"
    made.write_bytes(content(anyone, "offers.gpkg"))
    _meta, _index, shapes, fields = pyogrio.raw.read(made)
    assert len(shapes) == len(wanted)
    assert set(fields[0]) == wanted


@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx", "gpkg"])
def test_nothing_to_export(anyone: APIClient, form: str) -> None:
    assert content(anyone, f"needs.{form}")


def test_scopes(brewery: Organisation) -> None:
    narrow = program(brewery, "needs:read")
    assert narrow.get("/api/v1/exports/offers.csv").status_code == 403
