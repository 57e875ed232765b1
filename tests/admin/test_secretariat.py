"""The administration: open to the secretariat, closed to others, decisions through services."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from geo.models import Place
from marketplace.firms.models import Membership
from marketplace.impact.models import FactorOverride
from marketplace.listings.models import Service
from marketplace.models import (
    Affiliation,
    CatalogueRelease,
    Conversion,
    Offer,
    Organisation,
    Permit,
    PermittedCode,
    Site,
    SiteDuplicate,
    StreamProfile,
    User,
)
from marketplace.registers.duplicates import propose_duplicates
from symbiosis.models import Barrier, EngineSetting, Proposal
from symbiosis.services import run_matching
from tests.deliveries import told_by_the_receiver
from tests.exchange_stories import pair
from tests.factories import (
    ActivityFactory,
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db

OWN = ("geo", "marketplace", "symbiosis")
PAGES = sorted(
    model._meta.label_lower for model in admin.site._registry if model._meta.app_label in OWN
)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def market() -> None:
    """At least one row of everything the administration shows."""
    chamber = OrganisationFactory(type="chamber", name="Палата", region=RegionFactory())
    MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER)
    grain, use = MaterialFactory(), MaterialFactory(code="feed", is_use=True)
    Conversion.objects.create(
        source=grain, target=use, process_en="feeding", process_bg="изхранване", route="by-product"
    )
    StreamProfile.objects.create(
        activity_code="11.05", direction="output", material=grain, likelihood="high"
    )
    CatalogueRelease.objects.create(digest="0" * 64)
    WasteCodeFactory()
    brewery = SiteFactory(activity=ActivityFactory(), region=RegionFactory(), name="Пивоварна")
    SiteFactory(source="EUTL", external_id="1", name="Пивоварна", lon=23.325)
    Affiliation.objects.create(member=brewery.organisation, host=chamber)
    assert propose_duplicates() == 1
    Service.objects.create(
        organisation=brewery.organisation, site=brewery, kind="laboratory", title="Проби"
    )
    Place.objects.create(name="Сопот", country="BG", location=brewery.location)
    OfferFactory(site=brewery, material=grain)
    NeedFactory(material=grain, site=SiteFactory(name="Кравеферма", lon=23.6))
    permit = Permit.objects.create(organisation=brewery.organisation, kind="reach", number="1")
    PermittedCode.objects.create(permit=permit, waste_code=WasteCodeFactory())
    run_matching(as_of=date(2026, 11, 21), now=lambda: NOW)
    assert Proposal.objects.count() == 1
    EngineSetting.objects.create(name="reach_km", value=400, source="решение 3")
    Barrier.objects.create(
        rules=["eu-food-waste-status"], material=grain, needed=use, base_quantity=60_000,
        value_cents=1_000, first_seen_at=NOW, last_seen_at=NOW,
    )  # fmt: skip


@pytest.fixture
def secretariat() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def address(page: str, action: str, *args: Any) -> str:
    return reverse(f"admin:{page.replace('.', '_')}_{action}", args=args)


@pytest.fixture
def ledger(market: None) -> None:
    """A confirmed delivery of an exchange, its figures, and a chamber's own factor."""
    told_by_the_receiver(pair(), confirmed=True)
    FactorOverride.objects.create(
        host=Organisation.objects.get(name="Палата"),
        code="freight.road",
        value="0.09",
        unit="kg CO2e/t km",
        spread_percent=20,
        year=2026,
        source="fleet of the region",
        valid_from=date(2026, 1, 1),
        recorded_at=NOW,
    )


def rows_of(page: str) -> Any:
    model = next(m for m in admin.site._registry if m._meta.label_lower == page)
    return model._default_manager.all()


@pytest.mark.parametrize("language", ["bg", "en"])
def test_every_page_opens_for_the_secretariat(
    secretariat: Client, ledger: None, language: str
) -> None:
    assert len(PAGES) >= 18
    for page in PAGES:
        headers = {"accept-language": language}
        listed = secretariat.get(address(page, "changelist"), headers=headers)
        assert listed.status_code == 200, page
        found = secretariat.get(address(page, "changelist") + "?q=а", headers=headers)
        assert found.status_code == 200, page
        row = rows_of(page).first()
        assert row is not None, page
        shown = secretariat.get(address(page, "change", row.pk), headers=headers)
        assert shown.status_code == 200, page


@pytest.mark.parametrize("role", ["owner", "officer", "staff", "nobody"])
def test_every_page_is_closed_to_others(ledger: None, role: str) -> None:
    client = Client()
    if role == "owner":
        client.force_login(MembershipFactory().user)
    if role == "officer":
        client.force_login(User.objects.get(memberships__role="officer"))
    if role == "staff":
        client.force_login(UserFactory(is_staff=True))
    expected = 403 if role == "staff" else 302
    for page in PAGES:
        row = rows_of(page).first()
        for url in (address(page, "changelist"), address(page, "change", row.pk)):
            answer = client.get(url)
            assert answer.status_code == expected, url
            if expected == 302:
                assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("page", PAGES)
def test_a_longer_list_asks_no_more_questions(secretariat: Client, market: None, page: str) -> None:
    """The number of queries of a list does not grow with its rows."""
    url = address(page, "changelist")
    secretariat.get(url)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert secretariat.get(url).status_code == 200
        return len(asked)

    before = queries()
    for number in range(3):
        site = SiteFactory(region=RegionFactory(), activity=ActivityFactory(), lon=23.33 + number)
        SiteFactory(source="EUTL", external_id=f"2{number}", name=site.name, lon=23.33 + number)
        MembershipFactory(organisation=site.organisation)
        material = MaterialFactory(code=f"stream-{number}")
        NeedFactory(material=material)
        OfferFactory(site=site, material=material)
        Conversion.objects.create(
            source=material, target=MaterialFactory(), process_en="x", process_bg="x", route="R3"
        )
        StreamProfile.objects.create(
            activity_code=f"1{number}", direction="input", material=material, likelihood="low"
        )
        Service.objects.create(
            organisation=site.organisation, site=site, kind="advice", title="Съвет"
        )
    propose_duplicates()
    run_matching(as_of=date(2026, 11, 21), now=lambda: NOW)
    assert queries() == before


def act(client: Client, page: str, action: str, *rows: Any) -> str:
    """Run an action on rows and return the page it leads to."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    answer = client.post(address(page, "changelist"), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


DUPLICATES = "marketplace.siteduplicate"


@pytest.mark.parametrize(
    ("action", "kept"), [("merge_into_first", "first"), ("merge_into_second", "second")]
)
def test_the_secretariat_merges_two_sites(
    secretariat: Client, market: None, action: str, kept: str
) -> None:
    pair = SiteDuplicate.objects.get()
    survivor = getattr(pair, kept)
    listed = secretariat.get(address(DUPLICATES, "changelist")).content.decode()
    assert listed.count("Пивоварна") >= 2
    assert "EUTL" in listed

    assert "1 pair decided" in act(secretariat, DUPLICATES, action, pair)

    pair.refresh_from_db()
    assert pair.status == SiteDuplicate.Status.MERGED
    assert pair.decided_by is not None
    assert list(Site.objects.filter(merged_into=survivor).values_list("pk", flat=True)) == [
        pair.second_id if kept == "first" else pair.first_id
    ]
    assert Offer.objects.get().site == survivor


def test_two_plants_are_not_proposed_again(secretariat: Client, market: None) -> None:
    pair = SiteDuplicate.objects.get()
    act(secretariat, DUPLICATES, "two_plants", pair)
    pair.refresh_from_db()
    assert pair.status == SiteDuplicate.Status.DISTINCT
    assert propose_duplicates() == 0
    assert Site.objects.filter(merged_into__isnull=False).count() == 0
    assert "decided already" in act(secretariat, DUPLICATES, "merge_into_first", pair)


def test_a_merge_that_the_service_refuses_says_why(secretariat: Client, market: None) -> None:
    pair = SiteDuplicate.objects.get()
    MembershipFactory(organisation=pair.second.organisation)
    assert "belongs to a firm" in act(secretariat, DUPLICATES, "merge_into_first", pair)
    pair.refresh_from_db()
    assert pair.status == SiteDuplicate.Status.PROPOSED


def test_nobody_decides_without_the_right(market: None) -> None:
    from django.contrib.auth.models import Permission

    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_siteduplicate"))
    client = Client()
    client.force_login(looker)
    act(client, DUPLICATES, "merge_into_first", SiteDuplicate.objects.get())
    assert SiteDuplicate.objects.get().status == SiteDuplicate.Status.PROPOSED


def organisation_answers(**changes: Any) -> dict[str, Any]:
    plain = {"type": "cluster", "name": "Клъстер", "country": "BG", "pillars": ["textile"]}
    inlines = {
        f"{prefix}-{name}": 0
        for prefix in ("memberships", "affiliations_as_member")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return {**plain, **inlines, **changes}


def test_an_organisation_is_checked_by_the_rules_of_registration(secretariat: Client) -> None:
    url = address("marketplace.organisation", "add")
    refused = secretariat.post(url, organisation_answers(registration_number="175074753"))
    assert "not a valid EIK" in refused.content.decode()
    assert not Organisation.objects.exists()
    saved = secretariat.post(url, organisation_answers(registration_number="175 074 752"))
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    made = Organisation.objects.get()
    assert (made.registration_number, made.pillars) == ("175074752", ["textile"])


def test_a_person_is_added_by_e_mail(secretariat: Client) -> None:
    answers = {
        "email": "New.Person@Example.org",
        "full_name": "Нова",
        "language": "bg",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    saved = secretariat.post(address("marketplace.user", "add"), answers)
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    person = User.objects.get(email="new.person@example.org")
    assert person.check_password("correct horse battery")
    again = secretariat.post(address("marketplace.user", "add"), answers)
    assert again.status_code == 200
    assert User.objects.filter(full_name="Нова").count() == 1


def test_posted_and_inferred_are_told_apart(secretariat: Client, market: None) -> None:
    OfferFactory(origin="inferred", title="Предполагаемо", material=MaterialFactory(code="x"))
    url = address("marketplace.offer", "changelist")
    posted = secretariat.get(url, {"origin__exact": "posted"}).content.decode()
    inferred = secretariat.get(url, {"origin__exact": "inferred"}).content.decode()
    assert "Предполагаемо" in inferred
    assert "Предполагаемо" not in posted


def test_the_secretariat_takes_a_listing_off_the_market(secretariat: Client, market: None) -> None:
    offer = Offer.objects.get()
    version = offer.version
    assert "1 listing withdrawn" in act(secretariat, "marketplace.offer", "withdraw", offer)
    offer.refresh_from_db()
    assert (offer.status, offer.version) == ("withdrawn", version + 1)


def test_a_service_belongs_to_the_firm_of_its_site(secretariat: Client) -> None:
    site = SiteFactory()
    url = address("marketplace.service", "add")
    answers = {
        "kind": "processing",
        "title": "Сушене",
        "site": site.pk,
        "status": "open",
        "yield_ratio": "0.3",
    }
    assert secretariat.post(url, answers).status_code == 200, "processing needs its figures"
    grain = MaterialFactory()
    answers |= {
        "input_material": grain.pk,
        "output_material": MaterialFactory(code="dried").pk,
        "base_capacity": 500_000,
        "cost_cents": 4_000,
    }
    assert secretariat.post(url, answers).status_code == 302
    service = Service.objects.get()
    assert service.organisation == site.organisation
    assert service.yield_ratio == Decimal("0.3")


def test_the_evidence_of_barriers_is_a_table(secretariat: Client, market: None) -> None:
    answer = secretariat.get(reverse("admin:barrier_evidence"))
    header, line = answer.content.decode("utf-8-sig").splitlines()
    assert header.startswith("rule,citation,dated,to_verify,law,material,waste_code,region,offers")
    assert line.startswith('eu-food-waste-status,"Regulation (EC) 178/2002')
    outsider = Client()
    outsider.force_login(UserFactory(is_staff=True))
    assert outsider.get(reverse("admin:barrier_evidence")).status_code == 403
