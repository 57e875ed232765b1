"""The fictional market: its make-up, its law of quantities, and the command that loads it once."""

from __future__ import annotations

import json
import stat
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count
from rest_framework.test import APIClient

from geo.models import Region
from geo.places import load_shipped_places
from geo.regions import load_shipped_regions
from marketplace.catalogue.loading import load_catalogue
from marketplace.demo.market import build_demo_market
from marketplace.firms.viewers import viewer_for
from marketplace.models import (
    Affiliation,
    Membership,
    Need,
    Offer,
    Organisation,
    Service,
    Site,
    User,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(scope="module")
def reference(module_db: None) -> None:
    """What a fresh installation loads before the market."""
    load_shipped_regions()
    load_shipped_places()
    load_catalogue()


@pytest.fixture(scope="module")
def demo(reference: None) -> None:
    build_demo_market()


def posted() -> list[Any]:
    return [*Offer.objects.posted(), *Need.objects.posted()]


def test_chambers_clusters_and_firms_over_all_oblasts(demo: None) -> None:
    types = Counter(Organisation.objects.values_list("type", flat=True))
    assert types["chamber"] == 28
    assert types["cluster"] == 3
    assert types["secretariat"] == 1
    assert {"academic", "municipality", "ngo", "branch"} <= set(types)
    assert 390 <= sum(types.values()) <= 420
    oblasts = set(Organisation.objects.of_type("firm").values_list("region__code", flat=True))
    assert len(oblasts) == 28
    assert oblasts == set(
        Organisation.objects.of_type("chamber").values_list("region__code", flat=True)
    )


def test_everything_says_that_it_is_fictional(demo: None) -> None:
    assert not Organisation.objects.filter(is_demo=False).exists()
    assert all(
        "измислен" in o.name and "fictional" in o.name_en for o in Organisation.objects.all()
    )


@pytest.mark.parametrize("pillar", ["textile", "plastics-packaging", "agrarian"])
def test_each_pillar_has_twenty_members_that_list_something(demo: None, pillar: str) -> None:
    firms = Organisation.objects.of_type("firm").filter(pillars__contains=[pillar])
    listing = firms.annotate(n=Count("offers") + Count("needs")).filter(n__gt=0)
    assert listing.count() >= 20
    hosted = Affiliation.objects.filter(host__type="cluster", host__pillars__contains=[pillar])
    assert hosted.exists()


def test_every_firm_belongs_to_the_chamber_of_its_oblast(demo: None) -> None:
    links = Affiliation.objects.filter(host__type="chamber").select_related("member", "host")
    assert links.count() == Organisation.objects.of_type("firm").count()
    assert all(link.member.region_id == link.host.region_id for link in links)


def test_sites_stand_in_their_oblast(demo: None) -> None:
    """The settlement is real; a few at a border may fall on the other side of a coarse outline."""
    placed = Site.objects.filter(organisation__type="firm").exclude(region=None)
    assert placed.count() == Organisation.objects.of_type("firm").count()
    inside = sum(site.region.geometry.covers(site.location) for site in placed)
    assert inside >= 0.95 * placed.count()


def test_two_thousand_listings_of_both_sides_in_both_languages(demo: None) -> None:
    listings = posted()
    assert len(listings) == 2_000
    assert min(Offer.objects.posted().count(), Need.objects.posted().count()) >= 700
    languages = Counter(listing.language for listing in listings)
    assert min(languages["bg"], languages["en"]) >= 400
    bulgarian = [x for x in listings if x.language == "bg"]
    assert all(any("а" <= letter <= "я" for letter in x.description) for x in bulgarian)
    assert {x.visibility for x in listings} == {"public", "members", "anonymous"}
    kinds = Counter(listing.material.kind for listing in listings)
    assert kinds["material"] > 1_000
    assert {"water", "energy"} <= set(kinds)


def test_seasons_are_named_by_their_months(demo: None) -> None:
    seasonal = [x for x in posted() if x.pattern == "seasonal"]
    assert len(seasonal) >= 50
    assert all(x.months for x in seasonal)
    assert {x.pattern for x in posted()} == {"seasonal", "continuous", "one_off"}


def test_quantities_follow_the_law_of_the_registers(demo: None) -> None:
    """Log-normal: the logarithms have the stated spread and no skew; the tail is long."""
    tonnes = np.array([float(x.quantity_value) for x in posted()])
    logs = np.log(tonnes)
    median = np.median(tonnes)
    assert 270 < median < 410
    assert 2.2 < logs.std() < 2.7
    skew = ((logs - logs.mean()) ** 3).mean() / logs.std() ** 3
    assert abs(skew) < 0.25
    assert tonnes.max() > 100 * median
    largest_tenth = np.sort(tonnes)[-len(tonnes) // 10 :]
    assert largest_tenth.sum() > 0.6 * tonnes.sum()


def test_processors_stand_on_conversions_of_the_catalogue(demo: None) -> None:
    services = list(Service.objects.select_related("input_material", "organisation"))
    assert len(services) >= 5
    for service in services:
        assert service.base_capacity >= 100_000
        assert service.input_material.conversions.filter(target=service.output_material).exists()


def test_firms_that_posted_nothing_are_only_inferred(demo: None) -> None:
    silent = Site.objects.filter(organisation__type="firm", offers__origin="inferred")
    assert silent.exists()
    assert not Offer.objects.posted().filter(site__in=silent).exists()


def fingerprint(seed: int) -> tuple[Any, ...]:
    """Everything of a market built anew that a reader could see, without ids; undone at once."""
    with transaction.atomic():
        Organisation.objects.all().delete()
        build_demo_market(seed=seed)
        firms = Organisation.objects.order_by("external_id").values_list(
            "external_id", "name", "activity__code", "employees"
        )
        sites = Site.objects.order_by("external_id").values_list("external_id", "city")
        columns = ("site__external_id", "material__code", "quantity_value", "months", "price_cents")
        listings = [
            tuple(model.objects.order_by(*columns).values_list(*columns, "visibility", "title"))
            for model in (Offer, Need)
        ]
        found = (tuple(firms), tuple(sites), str(listings))
        transaction.set_rollback(True)
    return found


def test_one_seed_is_one_market(demo: None) -> None:
    first = fingerprint(7)
    assert first == fingerprint(7)
    assert first != fingerprint(8)


def test_the_command_loads_once_and_keeps_its_secrets(demo: None, tmp_path: Path) -> None:
    path = tmp_path / "local" / "demo.json"

    def load(**options: Any) -> str:
        out = StringIO()
        call_command("load_demo_market", access_file=path, stdout=out, **options)
        return out.getvalue()

    load(base_url="http://127.0.0.1:8000")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    access = json.loads(path.read_text(encoding="utf-8"))
    assert set(access) == {"base_url", "users", "clients"}
    assert access["base_url"] == "http://127.0.0.1:8000"
    roles = Counter(user["role"] for user in access["users"])
    assert {"firm owner", "firm member", "secretariat administrator"} <= set(roles)
    officers = {u["region"] for u in access["users"] if u["role"] == "chamber officer"}
    assert len(officers) == 2
    for user in access["users"]:
        assert {"email", "password", "role", "organisation", "region"} <= set(user)
        assert User.objects.get(email=user["email"]).check_password(user["password"])

    before = (Organisation.objects.count(), Offer.objects.count(), path.read_bytes())
    assert "already loaded" in load(base_url="http://127.0.0.1:8000")
    assert (Organisation.objects.count(), Offer.objects.count(), path.read_bytes()) == before
    load(base_url="http://127.0.0.1:8001")
    moved = json.loads(path.read_text(encoding="utf-8"))
    assert moved == access | {"base_url": "http://127.0.0.1:8001"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_accounts_open_what_their_roles_say(demo: None, tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    call_command("load_demo_market", access_file=path, stdout=StringIO())
    access = json.loads(path.read_text(encoding="utf-8"))
    client, *sandbox = access["clients"]
    assert [entry["role"] for entry in sandbox] == ["sandbox", "sandbox"]
    token = APIClient().post(
        "/oauth/token",
        f"grant_type=client_credentials&client_id={client['client_id']}"
        f"&client_secret={client['client_secret']}",
        content_type="application/x-www-form-urlencoded",
    )
    assert token.status_code == 200, token.content
    assert set(client["scopes"]) >= {"offers:write", "needs:write", "proposals:read"}
    by_role = {user["role"]: User.objects.get(email=user["email"]) for user in access["users"]}
    assert viewer_for(by_role["secretariat administrator"]).secretariat
    assert viewer_for(by_role["chamber officer"]).chamber_region_ids
    owner = viewer_for(by_role["firm owner"])
    assert Offer.objects.filter(organisation_id__in=owner.editable_ids).exists()
    firm = Membership.objects.get(user=by_role["firm member"]).organisation
    assert firm.type == "firm"


def test_without_reference_data_it_says_what_to_load(reference: None, tmp_path: Path) -> None:
    with transaction.atomic():
        Organisation.objects.all().delete()
        Region.objects.filter(country="BG").update(country="XX")
        with pytest.raises(CommandError, match="load_regions"):
            call_command("load_demo_market", access_file=tmp_path / "x.json")
        transaction.set_rollback(True)
    assert not (tmp_path / "x.json").exists()
