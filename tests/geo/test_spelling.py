from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.spelling import Query, area_name, keys_of, parse, same_name, stored_keys
from geo.transliteration import romanise
from tests.shared_data import shared_file


@pytest.mark.parametrize(
    ("bulgarian", "latin"),
    [
        ("София", "Sofia"), ("Търговище", "Targovishte"), ("Кърджали", "Kardzhali"),
        ("Стамболийски", "Stamboliyski"), ("Горна Оряховица", "Gorna Oryahovitsa"),
        ("ЯМБОЛ", "YAMBOL"), ("Република България", "Republika Bulgaria"), ("Юндола", "Yundola"),
        ("Щръклево", "Shtraklevo"), ("Синьо бърдо", "Sinyo bardo"),
    ],
)  # fmt: skip
def test_official_romanisation(bulgarian: str, latin: str) -> None:
    assert romanise(bulgarian) == latin


def test_romanisation_agrees_with_the_national_register() -> None:
    with shared_file("geo/gazetteer_bg.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    odd = [r for r in rows if romanise(r["name_bg"]).lower() != r["name_en"].lower()]
    assert len(odd) <= 5, [(r["name_bg"], r["name_en"]) for r in odd]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Chumen", "Шумен"), ("Choumen", "Шумен"), ("Šumen", "Шумен"), ("Svichtov", "Свищов"),
        ("Vraza", "Враца"), ("Vratza", "Враца"), ("Targovichte", "Търговище"),
        ("Tărgovište", "Търговище"), ("Turgovishte", "Търговище"), ("Kardjali", "Кърджали"),
        ("Kurdzhali", "Кърджали"), ("Pazardjik", "Пазарджик"), ("Bourgas", "Бургас"),
        ("Russe", "Русе"), ("Stamboliiski", "Стамболийски"), ("Stambolijski", "Стамболийски"),
        ("Gorna Oriahovica", "Горна Оряховица"), ("GORNA-ORYAHOVITSA", "Горна Оряховица"),
        ("Kustendil", "Кюстендил"), ("Haskovo", "Хасково"), ("Khaskovo", "Хасково"),
        ("Letniza", "Летница"), ("Cherven briag", "Червен бряг"), ("Devnia", "Девня"),
        ("sTARA zAGORA", "Стара Загора"), ("Plovdiw", "Пловдив"),
        ("General Tochevo", "Генерал Тошево"),
        ("Dimitrovgrad", "димитровград"),
    ],
)  # fmt: skip
def test_usual_spellings_meet(written: str, name: str) -> None:
    assert set(keys_of(written)) & set(stored_keys(name))


@pytest.mark.parametrize(
    ("one", "other"),
    [("Plovdiv", "Плевен"), ("Vidin", "Вълчедръм"), ("Sopot", "Софр"), ("Banya", "Банище")],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert not same_name(one, other)
    assert not set(keys_of(one)) & set(stored_keys(other))


@pytest.mark.parametrize(
    ("written", "parsed"),
    [
        ("гр. Раковски", Query("Раковски", "town")),
        ("гр.София 1000", Query("София", "town", "1000")),
        ("с. Ковачево, обл. Стара Загора", Query("Ковачево", "village", "", ("Стара Загора",))),
        ("v. Mokrishte", Query("Mokrishte", "village")),
        ("village Opiacvet", Query("Opiacvet", "village")),
        ("gr. Ruse", Query("Ruse", "town")),
        ("BG-4150 Rakovski, Plovdiv oblast", Query("Rakovski", "", "4150", ("Plovdiv",))),
        ("9700 Шумен, България", Query("Шумен", "", "9700")),
        ("ул. „Цар Освободител“ 42, гр. Казанлък", Query("Казанлък", "town")),
        ("гр. Варна, бул. Янош Хуняди 5", Query("Варна", "town")),
        ("Beloslav, Varna", Query("Beloslav", other_parts=("Varna",))),
        ("с. Градец, общ. Котел", Query("Градец", "village", "", ("Котел",))),
        ("Sofia", Query("Sofia")),
        ("Селановци", Query("Селановци")),
        ("Gradets", Query("Gradets")),
        ("Vidin", Query("Vidin")),
        ("", Query("")),
        ("1000", Query("", "", "1000")),
    ],
)
def test_an_address_line_is_taken_apart(written: str, parsed: Query) -> None:
    assert parse(written) == parsed


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Пловдивска", "Пловдив"), ("Kustendilska", "Кюстендил"), ("Старозагорска", "Стара Загора"),
        ("София (столица)", "София"), ("София-град", "София"), ("Sofia city", "Sofia"),
        ("Димитровград", "Димитровград"), ("Ruse", "Ruse"),
    ],
)  # fmt: skip
def test_areas_are_named_without_their_dress(written: str, name: str) -> None:
    assert area_name(written) == name


@given(st.text(max_size=300))
def test_any_text_is_parsed_and_keyed(text: str) -> None:
    query = parse(text)
    assert len(query.name) <= 200 * 18
    for key in keys_of(query.name):
        assert key[0] in "01234"
        assert len(key) > 1


@given(
    st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъьюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯ -", min_size=1)
)
def test_a_name_is_found_by_itself_and_by_its_official_latin(name: str) -> None:
    keys = keys_of(name)
    if keys:
        assert keys[0] in stored_keys(name)
        assert set(keys_of(romanise(name))) <= set(keys) | {f"4{keys[1][1:]}"}
