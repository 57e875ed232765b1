from __future__ import annotations

import csv
from collections import Counter, defaultdict
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.errors import AmbiguousPlace, PlaceNotFound
from geo.gazetteer import resolve_place, suggest_places
from geo.models import Place
from geo.places import import_settlements
from geo.selectors import region_by_code
from geo.spelling import same_name
from tests.shared_data import shared_file

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def register(shipped_regions: None) -> list[dict[str, str]]:
    """The national register imported over the shipped regions; its rows."""
    path = shared_file("geo/gazetteer_bg.csv")
    import_settlements(path)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE geo_place")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def installations() -> list[dict[str, str]]:
    """Bulgarian installations of the emissions register, whose city strings are messy."""
    with shared_file("geo/facilities.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if (r["country"], r["source"]) == ("BG", "EUTL")]
    assert len(rows) == 170
    return rows


Row = dict[str, str]
Outcomes = list[tuple[Row, str, list[Place]]]


def outcomes(rows: list[Row], **hints: Any) -> Outcomes:
    """What the resolver says of each city string: (row, "found" | "asked" | "none", places)."""
    found: Outcomes = []
    for row in rows:
        known = {name: of(row) for name, of in hints.items()}
        try:
            found.append((row, "found", [resolve_place(row["city"], **known)]))
        except AmbiguousPlace as error:
            found.append((row, "asked", list(error.candidates)))
        except PlaceNotFound:
            found.append((row, "none", []))
    return found


def postal_area(code: str) -> str:
    """The first two digits; all of 1000 to 1999 is the capital."""
    return "1" if code.startswith("1") else code[:2]


def wrong(results: Outcomes, register: list[Row]) -> list[Row]:
    """Resolved rows where the row's own NUTS 3 region holds a settlement of that name instead.

    Where the region holds none, the row contradicts itself (its coordinates were geocoded to a
    street of that name elsewhere), and its postal code must side with the answer.
    """
    names = defaultdict(list)
    for place in register:
        names[place["nuts3"]].append(place["name_bg"])
    bad = []
    for row, outcome, places in results:
        if outcome != "found" or places[0].region.code == row["nuts3"]:
            continue
        bare = places[0].name
        there = any(same_name(bare, name) for name in names[row["nuts3"]])
        if there or postal_area(places[0].postal_code) != postal_area(row["postal_code"]):
            bad.append(row)
    return bad


def test_messy_city_strings_with_their_postal_codes(
    register: list[Row], installations: list[Row]
) -> None:
    results = outcomes(installations, postal_code=lambda row: row["postal_code"])
    tally = Counter(outcome for _, outcome, _ in results)
    assert tally["found"] >= 160
    assert wrong(results, register) == []


def test_messy_city_strings_alone_are_found_or_asked_about(
    register: list[Row], installations: list[Row]
) -> None:
    """Without any hint, namesakes must be asked about; the right one is among the candidates."""
    results = outcomes(installations)
    tally = Counter(outcome for _, outcome, _ in results)
    assert tally["found"] >= 120
    assert tally["found"] + tally["asked"] >= 165
    assert wrong(results, register) == []
    codes = {place["nuts3"] for place in register}
    for row, outcome, places in results:
        if outcome == "asked" and row["nuts3"] in codes:
            regions = {place.region.code for place in places}
            postal = {place.postal_code[:2] for place in places}
            assert row["nuts3"] in regions or row["postal_code"][:2] in postal


def test_messy_city_strings_with_their_region_as_a_hint(
    register: list[Row], installations: list[Row]
) -> None:
    results = outcomes(installations, region=lambda row: region_by_code(row["nuts3"]))
    assert sum(outcome == "found" for _, outcome, _ in results) >= 155
    assert all(
        places[0].region.code == row["nuts3"]
        for row, outcome, places in results
        if outcome == "found"
    )


def test_every_shared_name_is_asked_about(register: list[Row]) -> None:
    bearers: dict[str, set[str]] = defaultdict(set)
    for row in register:
        bearers[row["name_bg"]].add(row["ekatte"])
    shared = {name: codes for name, codes in bearers.items() if len(codes) > 1}
    assert (len(shared), sum(map(len, shared.values()))) == (527, 1_285)
    for name, codes in shared.items():
        with pytest.raises(AmbiguousPlace) as asked:
            resolve_place(name)
        assert {place.source_id for place in asked.value.candidates} >= codes


def test_every_unique_name_is_found_in_cyrillic(register: list[Row]) -> None:
    times = Counter(row["name_bg"].lower() for row in register)
    unique = [row for row in register if times[row["name_bg"].lower()] == 1][::7]
    for row in unique:
        assert resolve_place(row["name_bg"]).source_id == row["ekatte"]


@pytest.mark.parametrize(
    ("written", "municipality"),
    [
        ("гр. Раковски", "Раковски"),
        ("Раковски 4150", "Раковски"),
        ("с. Раковски, обл. Разград", "Разград"),
        ("Rakovski, oblast Plovdiv", "Раковски"),
        ("Раковски, Пловдивска област", "Раковски"),
        ("гр. Добрич", "Добрич"),
        ("бул. „България“ 1, гр. Габрово, България", "Габрово"),
        ("Ковачево, общ. Раднево", "Раднево"),
    ],
)
def test_prefixes_postal_codes_and_areas_settle_namesakes(
    register: list[Row], written: str, municipality: str
) -> None:
    assert resolve_place(written).municipality_name == municipality


@pytest.mark.parametrize(
    "written", ["Пловдив 9000", "Пловдив, обл. Варна", "с. Пловдив", "Чирен, Видин"]
)
def test_hints_that_contradict_the_only_candidate_are_asked_about(
    register: list[Row], written: str
) -> None:
    with pytest.raises(AmbiguousPlace) as asked:
        resolve_place(written)
    assert len(asked.value.candidates) == 1


@pytest.mark.parametrize(
    "written", ["", "   ", "Атлантида", "0000", "ул. Роза 5", "%", "\x00", "a" * 10_000, "{}"]
)
def test_nonsense_is_not_found(register: list[Row], written: str) -> None:
    with pytest.raises(PlaceNotFound):
        resolve_place(written)


def test_typing_errors_are_suggested_not_resolved(register: list[Row]) -> None:
    with pytest.raises(PlaceNotFound):
        resolve_place("Pazrdjik")
    assert suggest_places("Pazrdjik")[0].name == "Пазарджик"
    assert suggest_places("Атлантида на океана") == []


def test_a_name_is_looked_up_in_one_indexed_query(register: list[Row]) -> None:
    with CaptureQueriesContext(connection) as queries:
        resolve_place("гр. Шумен")
    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Place.objects.filter(search_keys__overlap=["1shumen"]).explain()
    assert "place_search_keys" in plan


def test_importing_again_changes_nothing(register: list[Row]) -> None:
    before = list(Place.objects.values_list("pk", "source_id", "region_id").order_by("pk"))
    report = import_settlements(shared_file("geo/gazetteer_bg.csv"))
    assert (report.created, report.updated, report.unchanged) == (0, 0, 5_256)
    assert report.skipped == []
    assert {name for _, name, _ in report.noted} == {"Дебелец", "Завет", "Твърдица"}
    assert list(Place.objects.values_list("pk", "source_id", "region_id").order_by("pk")) == before
