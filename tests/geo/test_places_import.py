from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from geo.gazetteer import resolve_place
from geo.models import Place
from geo.places import import_settlements, load_shipped_places
from tests.shared_data import shared_file

pytestmark = pytest.mark.django_db
HEADER = "ekatte,type,name_bg,name_en,lat,lon,postal_code,population_2013\n"


@pytest.fixture
def csv_file(tmp_path: Path) -> Iterator[Any]:
    def write(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "places.csv"
        path.write_text(header + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("12,village,А,A,42,23,,", "ekatte"),
        ("00001,village,,A,42,23,,", "name_bg"),
        ("00001,village,А,A,,23,,", "lat or lon"),
        ("00001,village,А,A,nan,23,,", "latitude"),
        ("00001,village,А,A,142,23,,", "latitude"),
        ("00001,village,А,A,north,23,,", "could not convert"),
        ("00001,village,А,A,42,23,,many", "population"),
        ("90001,village,Б,B,42,23,,", "twice"),
    ],
)
def test_unusable_rows_are_reported_and_the_rest_is_kept(
    csv_file: Any, line: str, reason: str
) -> None:
    with translation.override("en"):
        report = import_settlements(csv_file("90001,village,Добро,Dobro,42.5,23.5,1234,7", line))
    assert Place.objects.get().name == "Добро"
    assert [(number, reason in why) for number, _, why in report.skipped] == [(3, True)]


def test_a_changed_row_is_updated_in_place(csv_file: Any) -> None:
    import_settlements(csv_file("90001,village,Добро,Dobro,42.5,23.5,1234,7"))
    key = Place.objects.get().pk
    report = import_settlements(csv_file("90001,town,Добро,Dobro,42.5,23.5,1234,7"))
    assert (report.updated, Place.objects.get().pk, Place.objects.get().kind) == (1, key, "town")


def test_a_file_without_the_columns_is_refused_by_name(csv_file: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="name_bg"):
        call_command("import_places", csv_file(header="ekatte,type\n"))
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_places", tmp_path / "absent.csv")


@pytest.mark.slow
def test_shipped_places_load_once_and_make_way_for_the_register() -> None:
    out = StringIO()
    call_command("load_regions", stdout=out)
    call_command("load_places", stdout=out)
    assert Place.objects.filter(country="BG").count() > 300
    assert resolve_place("Vienna", country="AT").name_en == "Vienna"
    assert resolve_place("Виена", country="AT").name_en == "Vienna"
    assert resolve_place("Пловдив").region.code == "BG421"
    assert load_shipped_places().already
    import_settlements(shared_file("geo/gazetteer_bg.csv"))
    assert resolve_place("Plovdiv").source == Place.Source.EKATTE
    left = Place.objects.filter(source=Place.Source.GEONAMES, country="BG").count()
    assert left < 20
