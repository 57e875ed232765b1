"""What a tenant sets in the administration is what postings, runs and resident plans rest on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from marketplace.audit import audited_models
from symbiosis.core.params import Params, describe
from symbiosis.models import EngineSetting, MatchRun, Proposal
from symbiosis.parameters import current_params
from symbiosis.ranking import rank_listing
from symbiosis.resident.keeper import Keeper
from symbiosis.services import run_matching
from tests.factories import MaterialFactory, NeedFactory, OfferFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def secretariat() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def pair():
    """An offer and a need of one material, some forty kilometres apart."""
    material = MaterialFactory(code="stream")
    offer = OfferFactory(site=SiteFactory(lon=23.3, lat=42.7), material=material)
    return offer, NeedFactory(site=SiteFactory(lon=23.8, lat=42.7), material=material)


def set_value(client: Client, name: str, value: str, source: str = "contract 12/2026"):
    data = {"name": name, "value": value, "source": source}
    return client.post(reverse("admin:symbiosis_enginesetting_add"), data)


def test_a_haulage_rate_set_by_the_secretariat_is_reckoned_with(secretariat, pair):
    offer, _need = pair
    (usual,) = rank_listing(offer, as_of=TODAY)
    assert set_value(secretariat, "haulage_cents_per_tonne_km", "24").status_code == 302
    Proposal.objects.all().delete()
    (dearer,) = rank_listing(offer, as_of=TODAY)
    tonnes = usual.base_quantity / 1_000
    assert usual.haulage_cents > 0
    assert abs(dearer.haulage_cents - 2 * usual.haulage_cents) <= tonnes  # whole cents per tonne
    assert dearer.value_cents - usual.value_cents == usual.haulage_cents - dearer.haulage_cents

    run_matching(as_of=TODAY, now=lambda: NOW)
    assert Proposal.objects.get().haulage_cents == dearer.haulage_cents
    assert MatchRun.objects.first().params["haulage_cents_per_tonne_km"] == 24.0


def test_a_resident_plan_is_built_anew_when_a_setting_changes(secretariat, pair):
    held = Keeper(day=TODAY, now=lambda: NOW)
    before = Proposal.objects.get()
    assert not held.worn(TODAY)
    set_value(secretariat, "detour_factor", "2.6")
    assert held.worn(TODAY)
    Keeper(day=TODAY, now=lambda: NOW)
    after = Proposal.objects.get()
    assert after.uid == before.uid
    assert abs(after.road_m - 2 * before.road_m) <= 2
    assert not Keeper(day=TODAY, now=lambda: NOW).worn(TODAY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detour_factor", "0.5"),
        ("haulage_cents_per_tonne_km", "1000.5"),
        ("candidates_per_listing", "2.5"),
        ("require_net_saving", "2"),
        ("offer_share_permille", "-1"),
        ("no_such_parameter", "1"),
    ],
)
def test_a_value_that_means_nothing_is_refused_on_its_field(secretariat, name, value):
    answer = set_value(secretariat, name, value)
    field = "name" if name == "no_such_parameter" else "value"
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not EngineSetting.objects.exists()
    assert current_params() == Params()


def test_a_setting_without_a_source_is_refused(secretariat):
    assert set_value(secretariat, "detour_factor", "1.4", source="").status_code == 200
    assert not EngineSetting.objects.exists()


def test_who_set_what_is_kept_and_taking_it_away_brings_the_default_back(secretariat):
    set_value(secretariat, "require_net_saving", "1")
    setting = EngineSetting.objects.get()
    assert current_params() == Params().but(require_net_saving=True)
    secretariat.post(
        reverse("admin:symbiosis_enginesetting_delete", args=[setting.pk]), {"post": "yes"}
    )
    assert current_params() == Params()
    trail = audited_models()[EngineSetting].objects.order_by("pgh_id")
    assert [(entry.pgh_label, entry.value) for entry in trail] == [("insert", 1), ("delete", 1)]
    assert all(entry.pgh_context["user"] for entry in trail)


def test_what_a_later_release_no_longer_allows_is_left_out_and_told(caplog):
    EngineSetting.objects.create(name="detour_factor", value=Decimal(99), source="old")
    EngineSetting.objects.create(name="gone", value=Decimal(1), source="old")
    EngineSetting.objects.create(name="reach_km", value=Decimal(300), source="new")
    assert current_params() == Params().but(reach_km=300.0)
    assert "detour_factor" in caplog.text
    assert "gone" in caplog.text


def test_the_api_tells_every_parameter_with_unit_reason_source_and_value():
    EngineSetting.objects.create(
        name="haulage_cents_per_tonne_km", value=Decimal("14.5"), source="tariff 2027"
    )
    told = APIClient().get("/api/v1/matching-parameters").json()["results"]
    assert [row["id"] for row in told] == [parameter.name for parameter in describe()]
    assert all(row["unit"] and row["reason"] and row["source"] for row in told)
    one = APIClient().get("/api/v1/matching-parameters/haulage_cents_per_tonne_km").json()
    assert (one["value"], one["default"], one["set_source"]) == (14.5, 12.0, "tariff 2027")
    assert not one["is_default"]
    assert [row["id"] for row in told if not row["is_default"]] == [one["id"]]


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_page_of_settings_shows_all_of_them(secretariat, language):
    page = secretariat.get(
        reverse("admin:symbiosis_enginesetting_changelist"), headers={"accept-language": language}
    ).content.decode()
    assert all(parameter.name in page for parameter in describe())
    heading = {"bg": "Всички параметри на изчислението", "en": "Every parameter of the engine"}
    assert heading[language] in page
