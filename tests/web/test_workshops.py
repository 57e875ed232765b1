"""Workshop mode: who may, what is seated, what the cards tell, what is logged."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from marketplace.exchanges.models import Exchange
from marketplace.firms.viewers import viewer_for
from marketplace.models import Membership, Organisation
from symbiosis.models import Attendance, Proposal, Workshop
from symbiosis.workshops import pair_values, seated_firms
from tests.factories import (
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
)
from tests.web.test_map_disclosure import pair

pytestmark = pytest.mark.django_db
SECRET = "Тайна фирма ЕООД"


@pytest.fixture
def officer(client: Client) -> Membership:
    region = RegionFactory(code="BG421", name_en="Plovdiv", name_bg="Пловдив")
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    membership = MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER)
    client.force_login(membership.user)
    return membership


def in_plovdiv(officer: Membership, proposals: int = 2) -> list[Proposal]:
    found = []
    for turn in range(proposals):
        here = SiteFactory(region=officer.organisation.region, lon=24.75, lat=42.14)
        found.append(
            pair(offer=OfferFactory(site=here), need=NeedFactory(), value_eur=900 * (turn + 1))
        )
    return found


def prepared(client: Client) -> Workshop:
    form = {
        "title": "Борса за странични продукти",
        "held_on": "2026-12-10",
        "chairs": 2,
        "rounds": 2,
    }
    assert client.post("/chamber/workshops/", form).status_code == 302
    return Workshop.objects.get()


def parties(proposals: list[Proposal]) -> list[int]:
    return [pk for p in proposals for pk in (p.offer.organisation_id, p.need.organisation_id)]


@pytest.mark.parametrize("language", ["bg", "en"])
def test_a_workshop_from_the_invitation_to_a_logged_match(
    client: Client, officer: Membership, language: str
) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    proposals = in_plovdiv(officer)
    workshop = prepared(client)
    page = f"/chamber/workshops/{workshop.uid}/"
    text = client.get(page).content.decode()
    for firm in Organisation.objects.filter(pk__in=[p.offer.organisation_id for p in proposals]):
        assert firm.name in text
    firms = parties(proposals)
    client.post(f"{page}attendance/", {"invited": firms[:1], "present": []})
    assert list(Attendance.objects.values_list("organisation_id", flat=True)) == firms[:1]
    for pk in firms[1:]:
        Attendance.objects.get_or_create(workshop=workshop, organisation_id=pk)
    client.post(f"{page}attendance/", {"invited": firms, "present": firms})
    assert sorted(seated_firms(workshop)) == sorted(firms)
    assert client.post(f"{page}seating/").status_code == 302
    workshop.refresh_from_db()
    first = workshop.seating[0]
    assert first["value"] == 270_000
    assert first["value"] <= first["bound"]
    assert sorted(map(sorted, first["tables"])) == sorted(
        sorted([p.offer.organisation_id, p.need.organisation_id]) for p in proposals
    )
    cards = client.get(f"{page}cards/").content.decode()
    assert proposals[0].offer.title in cards
    note = '<script>alert("x")</script> договорено за пролетта'
    client.post(f"{page}match/", {"proposal": proposals[1].public_id, "note": note})
    client.post(f"{page}match/", {"proposal": proposals[1].public_id, "note": note})
    exchange = Exchange.objects.get()
    assert exchange.offer_id == proposals[1].offer_id
    text = client.get(page).content.decode()
    assert "договорено за пролетта" in text
    assert "<script>alert" not in text


def test_a_change_of_the_list_drops_the_tables(client: Client, officer: Membership) -> None:
    proposals = in_plovdiv(officer, 1)
    workshop = prepared(client)
    for pk in parties(proposals):
        Attendance.objects.create(workshop=workshop, organisation_id=pk)
    client.post(f"/chamber/workshops/{workshop.uid}/seating/")
    workshop.refresh_from_db()
    assert workshop.seating
    client.post(
        f"/chamber/workshops/{workshop.uid}/attendance/", {"invited": parties(proposals)[:1]}
    )
    workshop.refresh_from_db()
    assert workshop.seating == []
    answer = client.post(f"/chamber/workshops/{workshop.uid}/seating/", follow=True)
    assert "is-error" in answer.content.decode()


def test_an_anonymous_listing_moves_no_chair_and_is_on_no_card(
    client: Client, officer: Membership
) -> None:
    here = SiteFactory(
        region=officer.organisation.region, organisation=OrganisationFactory(name=SECRET)
    )
    hidden = pair(offer=OfferFactory(site=here, visibility="anonymous", title="Тайната каша"))
    firms = parties([hidden])
    assert pair_values(viewer_for(officer.user), firms) == {}
    workshop = prepared(client)
    assert SECRET not in client.get(f"/chamber/workshops/{workshop.uid}/").content.decode()
    for pk in firms:
        Attendance.objects.create(workshop=workshop, organisation_id=pk)
    assert (
        "Тайната каша"
        not in client.get(f"/chamber/workshops/{workshop.uid}/cards/").content.decode()
    )


def test_only_the_chamber_of_the_region_sees_its_workshops(
    client: Client, officer: Membership
) -> None:
    workshop = prepared(client)
    page = f"/chamber/workshops/{workshop.uid}/"
    for membership in (
        MembershipFactory(),
        MembershipFactory(
            organisation=OrganisationFactory(
                type=Organisation.Type.CHAMBER, region=RegionFactory(code="BG331")
            ),
            role=Membership.Role.OFFICER,
        ),
    ):
        client.force_login(membership.user)
        assert client.get(page).status_code == 404
        assert client.get(f"{page}cards/").status_code == 404
        for act in ("attendance", "seating", "match"):
            assert client.post(f"{page}{act}/").status_code == 404
    client.logout()
    assert client.get(page).status_code == 302
    assert Workshop.objects.get().held_on == date(2026, 12, 10)
