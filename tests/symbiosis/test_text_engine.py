"""What people change in the catalogue reaches the running text engine, and only that."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from marketplace.models import CatalogueRelease, Conversion, Material
from symbiosis import text_engine
from symbiosis.lexicon import current_helper, current_lexicon, draft_listing
from tests.factories import MaterialFactory, UserFactory

pytestmark = pytest.mark.django_db

COINED = "кварката от хаспела"  # no word of the reviewed files


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """No edition of another test's market is left in the process."""
    yield
    text_engine.settle()
    text_engine._running.__init__()  # type: ignore[misc]


@pytest.fixture
def marc() -> Material:
    return MaterialFactory(code="grape-marc", name_en="Grape marc", name_bg="Гроздови джибри")


@pytest.fixture
def feed() -> Material:
    return MaterialFactory(code="ruminant-feed", name_en="Feed", name_bg="Фураж", is_use=True)


@pytest.fixture
def secretary() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def typed(material: Material, **changed: str) -> dict[str, str]:
    """The admin's form as the browser would send it."""
    return {
        "name_en": material.name_en,
        "name_bg": material.name_bg,
        "kind": material.kind,
        "pillar": material.pillar,
        "synonyms_en": "",
        "synonyms_bg": "",
        "disposal_cents_per_t": "0",
        **{
            f"{rows}-{count}_FORMS": "0"
            for rows in ("conversions", "made_from", "profiles")
            for count in ("TOTAL", "INITIAL")
        },
        **changed,
    }


def test_the_shipped_engine_runs_while_nothing_is_edited(marc: Material) -> None:
    CatalogueRelease.objects.create(digest="a" * 64)
    assert text_engine.running_lexicon() is current_lexicon()
    assert text_engine.running_helper() is current_helper()


def test_a_synonym_typed_in_the_admin_is_read_in_texts(marc: Material, secretary: Client) -> None:
    CatalogueRelease.objects.create(digest="a" * 64)
    before = draft_listing(text=COINED, helper=text_engine.running_helper()).concepts
    assert "grape-marc" not in [each.concept.id for each in before[:1]]

    answer = secretary.post(
        f"/admin/marketplace/material/{marc.pk}/change/", typed(marc, synonyms_bg=COINED)
    )

    assert answer.status_code == 302, answer.content.decode()[:2000]
    text_engine.running_helper()  # whoever asks first starts the building and is answered as before
    text_engine.settle()
    after = draft_listing(text=COINED, helper=text_engine.running_helper()).concepts
    assert after[0].concept.id == "grape-marc"
    assert current_lexicon().concepts[current_lexicon().row["grape-marc"]].names_bg[0] != COINED
    entry = LogEntry.objects.get()
    assert f"[] → [{COINED}]" in entry.get_change_message()


def test_bulgarian_in_latin_letters_is_refused(marc: Material, secretary: Client) -> None:
    page = secretary.post(
        f"/admin/marketplace/material/{marc.pk}/change/", typed(marc, synonyms_bg="djibri ot vino")
    )
    assert page.status_code == 200
    assert "Wrong alphabet" in page.content.decode()
    marc.refresh_from_db()
    assert marc.synonyms_bg == []


def test_an_edited_way_takes_the_place_of_the_files(marc: Material, feed: Material) -> None:
    way = Conversion.objects.create(
        source=marc, target=feed, process_en="old", process_bg="старо", route="by-product"
    )
    CatalogueRelease.objects.create(digest="a" * 64)
    Conversion.objects.filter(pk=way.pk).update(process_en="unnoticed")
    assert text_engine.running_lexicon() is current_lexicon()

    way.process_en, way.weight = "pelleting with straw", "0.125"
    way.save()

    edges = text_engine.running_lexicon().edges_from["grape-marc"]
    told = [(edge.process_en, edge.weight) for edge in edges if edge.target == "ruminant-feed"]
    assert told == [("pelleting with straw", 0.125)]
    assert len(edges) == len(current_lexicon().edges_from["grape-marc"])


def test_a_new_concept_is_known_and_its_removal_too() -> None:
    CatalogueRelease.objects.create(digest="a" * 64)
    added = MaterialFactory(code="moon-dust", name_en="Moon dust", name_bg="Лунен прах")
    assert "moon-dust" in text_engine.running_lexicon().row
    added.delete()
    assert text_engine.running_lexicon() is current_lexicon()
