"""Loading the catalogue from its files: whole, repeatable, and kind to what refers to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from marketplace.catalogue.knowledge import DATA_DIR, KnowledgeError
from marketplace.catalogue.loading import data_digest, load_catalogue
from marketplace.models import (
    Activity,
    CatalogueRelease,
    Conversion,
    Material,
    StreamProfile,
    WasteCode,
)
from tests.factories import MaterialFactory, OfferFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped files that tests may spoil."""
    folder = tmp_path_factory.mktemp("knowledge") / "data"
    shutil.copytree(DATA_DIR, folder)
    return folder


@pytest.fixture(scope="module")
def loaded(module_db: None, files: Path) -> CatalogueRelease:
    release = load_catalogue(folder=files)
    assert release is not None
    return release


def contents() -> tuple[object, ...]:
    """Every row by its own key, with database ids where a listing could point at them."""
    return (
        list(Material.objects.values_list("id", "code", "broader__code", "name_bg", "kind")),
        list(WasteCode.objects.values_list("id", "code", "name_bg")),
        list(Activity.objects.values_list("id", "revision", "code")),
        sorted(Conversion.objects.values_list("source__code", "target__code", "process_en")),
        sorted(StreamProfile.objects.values_list("activity_code", "direction", "material__code")),
        sorted(Material.waste_codes.through.objects.values_list("material_id", "wastecode_id")),
    )


def test_the_first_catalogue_is_broad_and_bilingual(loaded: CatalogueRelease) -> None:
    assert Material.objects.count() >= 150
    assert not Material.objects.filter(name_bg="").exists()
    assert not Material.objects.filter(name_en="").exists()
    assert set(Material.objects.values_list("kind", flat=True)) == set(Material.Kind.values)
    assert WasteCode.objects.count() == 842
    assert Material.objects.filter(broader__isnull=False).exists()


def test_a_use_is_measured_like_what_serves_it(loaded: CatalogueRelease) -> None:
    heating = Material.objects.get(code="district-heating")
    assert (heating.is_use, heating.kind) == (True, "energy")
    assert Material.objects.get(code="boiler-fuel").kind == "material"


def test_mirror_entries_point_at_each_other(loaded: CatalogueRelease) -> None:
    mirrored = WasteCode.objects.filter(entry="MH", mirrors__isnull=False).first()
    assert mirrored is not None
    assert mirrored in mirrored.mirrors.first().mirrors.all()


def test_the_same_release_is_not_loaded_again(loaded: CatalogueRelease, files: Path) -> None:
    before = contents()
    assert load_catalogue(folder=files) is None
    assert load_catalogue(folder=files, force=True) is not None
    assert contents() == before
    assert CatalogueRelease.objects.count() == 1


def test_a_changed_file_is_a_new_release(loaded: CatalogueRelease, files: Path) -> None:
    before = data_digest(files)
    path = sorted((files / "concepts").glob("*.yaml"))[0]
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n# a remark\n", encoding="utf-8")
    try:
        assert data_digest(files) != before
        release = load_catalogue(folder=files)
        assert release is not None
        assert CatalogueRelease.objects.first() == release
    finally:
        path.write_text(text, encoding="utf-8")


def test_listings_keep_their_material_and_what_left_the_files_stays(
    loaded: CatalogueRelease, files: Path
) -> None:
    """A concept of an earlier release is still there for the listings that name it."""
    grain = Material.objects.get(code="brewers-spent-grain")
    offer = OfferFactory(material=grain)
    gone = MaterialFactory(code="stone-tablets", name_en="Stone tablets", name_bg="Скрижали")
    old = OfferFactory(material=gone)
    Material.objects.filter(pk=grain.pk).update(name_bg="Променено")

    assert load_catalogue(folder=files, force=True) is not None

    offer.refresh_from_db()
    old.refresh_from_db()
    assert offer.material_id == grain.pk
    assert offer.material.name_bg != "Променено"
    assert old.material.code == "stone-tablets"


def test_a_fault_in_the_files_leaves_the_catalogue_as_it_was(
    loaded: CatalogueRelease, files: Path
) -> None:
    before = contents()
    path = sorted((files / "profiles").glob("*.yaml"))[0]
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '\n- nace: ["not a code"\n', encoding="utf-8")
    try:
        with pytest.raises(KnowledgeError, match=path.name):
            load_catalogue(folder=files)
    finally:
        path.write_text(text, encoding="utf-8")
    assert contents() == before


def test_what_people_typed_outlives_the_next_load(loaded: CatalogueRelease, files: Path) -> None:
    """And the one after it; a forced load brings the files back."""
    grain = Material.objects.get(code="brewers-spent-grain")
    grain.name_bg = "Бирено кюспе"
    grain.save()
    way = Conversion.objects.filter(source=grain).first()
    assert way is not None
    way.process_en = "as our firms do it"
    way.save()
    path = files / "waste_chapters.csv"
    for _ in range(2):
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        release = load_catalogue(folder=files)
        assert release is not None
        assert release.counts["kept_edits"] == 2
        grain.refresh_from_db()
        way.refresh_from_db()
        assert (grain.name_bg, way.process_en) == ("Бирено кюспе", "as our firms do it")
    assert load_catalogue(folder=files, force=True) is not None
    grain.refresh_from_db()
    assert grain.name_bg != "Бирено кюспе"
    assert not Conversion.objects.filter(process_en="as our firms do it").exists()
