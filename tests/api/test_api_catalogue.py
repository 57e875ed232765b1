"""Materials, waste codes, units and regions as programs read them."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from tests.factories import MaterialFactory, RegionFactory, WasteCodeFactory

pytestmark = pytest.mark.django_db


def test_material_tells_names_units_and_exact_money(anyone: APIClient) -> None:
    material = MaterialFactory()
    material.waste_codes.add(WasteCodeFactory())

    body = anyone.get("/api/v1/materials/brewers-spent-grain").json()

    assert body["label"] == "Brewer's spent grain"
    assert body["value"] == {"low": "10.00", "high": "45.00", "currency": "EUR", "per": "t"}
    assert body["waste_codes"] == ["020704"]
    assert body["avoided_kgco2e_per_t"] == "90"
    assert body["units"] == ["t", "kg", "g", "m3", "l"]


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("", "bg", "Пивоварна каша"),
        ("", "en-GB,en;q=0.9", "Brewer's spent grain"),
        ("?lang=bg", "en", "Пивоварна каша"),
        ("?lang=all", "en", {"bg": "Пивоварна каша", "en": "Brewer's spent grain"}),
    ],
)
def test_labels_follow_the_language(
    anyone: APIClient, query: str, header: str, expected: object
) -> None:
    MaterialFactory()
    answer = anyone.get(
        f"/api/v1/materials/brewers-spent-grain{query}", HTTP_ACCEPT_LANGUAGE=header
    )
    assert answer.json()["label"] == expected
    assert "Accept-Language" in answer["Vary"]


def test_material_filters(anyone: APIClient) -> None:
    MaterialFactory(sector="food")
    MaterialFactory(
        code="pet-flakes", name_en="PET flakes", name_bg="PET люспи", pillar="", sector=""
    )
    code = WasteCodeFactory(code="150102", name_en="plastic packaging")
    MaterialFactory(code="pet-bottles", name_en="PET bottles", sector="").waste_codes.add(code)

    def found(query: str) -> list[str]:
        answer = anyone.get(f"/api/v1/materials?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert found("") == ["brewers-spent-grain", "pet-bottles", "pet-flakes"]
    assert found("ordering=-id") == ["pet-flakes", "pet-bottles", "brewers-spent-grain"]
    assert found("q=люспи") == ["pet-flakes"]
    assert found("pillar=agrarian") == ["brewers-spent-grain", "pet-bottles"]
    assert found("sector=food") == ["brewers-spent-grain"]
    assert found("waste_code=150102") == ["pet-bottles"]
    assert found("id__in=pet-flakes,pet-bottles") == ["pet-bottles", "pet-flakes"]
    assert found("is_use=true") == []


def test_waste_codes_tell_their_mirrors(anyone: APIClient) -> None:
    plain = WasteCodeFactory(code="080112", entry="MN", name_en="other waste paint")
    hazardous = WasteCodeFactory(code="080111", entry="MH", name_en="waste paint with solvents")
    plain.mirrors.add(hazardous)

    body = anyone.get("/api/v1/waste-codes/080111").json()

    assert body["display_code"] == "08 01 11*"
    assert body["hazardous"] is True
    assert body["mirrors"] == ["080112"]
    listed = anyone.get("/api/v1/waste-codes?hazardous=false").json()["results"]
    assert [row["id"] for row in listed] == ["080112"]
    listed = anyone.get("/api/v1/waste-codes?q=08 01 1&id__startswith=080111").json()["results"]
    assert [row["id"] for row in listed] == ["080111"]


def test_units_name_every_kind(anyone: APIClient) -> None:
    rows = {row["id"]: row for row in anyone.get("/api/v1/units").json()["results"]}
    assert set(rows) == {"material", "water", "energy", "capacity"}
    assert rows["energy"]["price_per"] == "MWh"
    assert rows["material"]["bases"] == {"total": 1, "day": 365, "week": 52, "month": 12, "year": 1}


def test_region_has_its_polygon_only_alone(anyone: APIClient) -> None:
    country = RegionFactory(code="BG", level=0, name_en="Bulgaria", name_bg="България")
    RegionFactory.square("BG411", 23.3, 42.7, parent=country)

    listed = anyone.get("/api/v1/regions?level=nuts3").json()["results"]
    alone = anyone.get("/api/v1/regions/BG411").json()

    assert [(row["id"], row["parent"], row["level"]) for row in listed] == [
        ("BG411", "BG", "nuts3")
    ]
    assert "geometry" not in listed[0]
    assert alone["geometry"]["type"] == "MultiPolygon"
    assert alone["geometry"]["coordinates"][0][0][0] == [pytest.approx(22.8), pytest.approx(42.2)]


def test_pages_follow_each_other_and_lead_back(anyone: APIClient) -> None:
    for number in range(7):
        MaterialFactory(code=f"m{number}")

    seen, url, pages = [], "/api/v1/materials?limit=3", []
    while url:
        answer = anyone.get(url)
        pages.append(answer.json())
        seen += [row["id"] for row in pages[-1]["results"]]
        url = pages[-1]["next"]
        assert ('rel="next"' in answer.headers.get("Link", "")) == bool(url)

    assert seen == [f"m{number}" for number in range(7)]
    assert [len(page["results"]) for page in pages] == [3, 3, 1]
    assert pages[0]["previous"] is None
    back = anyone.get(pages[2]["previous"]).json()
    assert [row["id"] for row in back["results"]] == ["m3", "m4", "m5"]
    first = anyone.get(back["previous"]).json()
    assert [row["id"] for row in first["results"]] == ["m0", "m1", "m2"]
    assert first["previous"] is None


def test_a_row_added_meanwhile_moves_nothing(anyone: APIClient) -> None:
    for code in ("b", "d", "f"):
        MaterialFactory(code=code)
    first = anyone.get("/api/v1/materials?limit=2").json()
    MaterialFactory(code="a")
    MaterialFactory(code="e")
    second = anyone.get(first["next"]).json()
    assert [row["id"] for row in second["results"]] == ["e", "f"]


def test_count_comes_on_request(anyone: APIClient) -> None:
    MaterialFactory()
    assert "count" not in anyone.get("/api/v1/materials").json()
    assert anyone.get("/api/v1/materials?count=true").json()["count"] == 1


def test_fields_narrow_the_answer(anyone: APIClient) -> None:
    MaterialFactory()
    row = anyone.get("/api/v1/materials?fields=label,kind").json()["results"][0]
    assert set(row) == {"id", "label", "kind"}
    assert set(anyone.get("/api/v1/materials/brewers-spent-grain?fields=kind").json()) == {
        "id",
        "kind",
    }


def test_unchanged_answers_304(anyone: APIClient) -> None:
    MaterialFactory()
    first = anyone.get("/api/v1/materials/brewers-spent-grain")
    again = anyone.get("/api/v1/materials/brewers-spent-grain", HTTP_IF_NONE_MATCH=first["ETag"])
    other = anyone.get(
        "/api/v1/materials/brewers-spent-grain?lang=bg", HTTP_IF_NONE_MATCH=first["ETag"]
    )
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert other.status_code == 200
