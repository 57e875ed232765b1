"""The missing paper is named on the page and in the API, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.models import Permit, PermittedCode
from symbiosis.models import Proposal
from symbiosis.ranking import rank_listing
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    SiteFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db

PAPER = {
    "en": "registration document (Art. 78) or permit (Art. 67) under Art. 35 of the Waste"
    " Management Act for this code, operation and site",
    "bg": "регистрационен документ (чл. 78) или разрешение (чл. 67) по чл. 35 ЗУО за този код,"
    " операция и площадка",
}
CITATION = "ЗУО, чл. 8 и чл. 35, ал. 1-3, чл. 67 и 78"


@pytest.fixture
def proposal() -> Proposal:
    """Fibre offered as waste, under a plain code, to a mill without papers on record."""
    fibre = MaterialFactory(code="fibre", name_en="Fibre", name_bg="Влакна")
    offer = OfferFactory(
        site=SiteFactory(),
        material=fibre,
        waste_status="waste",
        waste_code=WasteCodeFactory(code="030310", name_en="Fibre rejects", name_bg="Влакна"),
    )
    NeedFactory(site=SiteFactory(lon=24.7, lat=42.1), material=fibre)
    (found,) = rank_listing(offer, as_of=timezone.localdate())
    return found


def papers(proposal: Proposal, **fields: Any) -> None:
    """A carrier's and a receiver's registration for the code of the offer."""
    holders = {"waste_transport": proposal.offer, "waste_registration": proposal.need}
    for kind, listing in holders.items():
        permit = Permit.objects.create(
            organisation=listing.organisation, kind=kind, number=f"{kind}-77", **fields
        )
        PermittedCode.objects.create(permit=permit, waste_code=proposal.offer.waste_code)


def page(proposal: Proposal, language: str) -> str:
    client = Client(headers={"accept-language": language})
    return client.get(f"/proposals/{proposal.public_id}/").content.decode()


def told(proposal: Proposal, **query: str) -> dict[str, Any]:
    answer = Client().get(f"/api/v1/proposals/{proposal.public_id}", query)
    assert answer.status_code == 200, answer.content
    legality: dict[str, Any] = answer.json()["legality"]
    return legality


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_page_names_the_missing_paper_and_the_law(proposal: Proposal, language: str) -> None:
    shown = page(proposal, language)
    name = PAPER[language]
    assert name[0].upper() + name[1:] in shown
    assert CITATION in shown
    assert {"bg": "Възможно след набавяне на документи", "en": "Possible once papers are there"}[
        language
    ] in shown
    assert "tag-legal-conditional" in shown


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_api_names_it_too(proposal: Proposal, language: str) -> None:
    legality = told(proposal, lang=language)
    assert legality["outcome"] == "conditional"
    assert [line["paper"] for line in legality["missing"]] == [
        "bg-treatment-document",
        "bg-carrier-registration",
    ]
    line = legality["missing"][0]
    assert (line["name"], line["held_by"], line["why"]) == (PAPER[language], "receiver", "absent")
    assert (line["citation"], line["dated"]) == (CITATION, "2024-09-24")
    assert "written-contract" in {line["paper"] for line in legality["accompanying"]}


def test_both_languages_at_once(proposal: Proposal) -> None:
    assert told(proposal, lang="all")["missing"][0]["name"] == PAPER


def test_with_the_papers_on_record_it_is_allowed(proposal: Proposal) -> None:
    papers(proposal)
    assert told(proposal)["outcome"] == "allowed"
    assert told(proposal)["missing"] == []
    assert "tag-legal-allowed" in page(proposal, "en")


def test_a_lapsed_paper_is_named_with_its_number(proposal: Proposal) -> None:
    papers(proposal, valid_until=timezone.localdate() - timedelta(days=1))
    line = told(proposal, lang="en")["missing"][0]
    assert (line["why"], line["detail"]) == ("expired", "waste_registration-77 has expired.")


def test_a_paper_about_to_end_warns(proposal: Proposal) -> None:
    until = timezone.localdate() + timedelta(days=30)
    papers(proposal, valid_until=until)
    ending = told(proposal)["ending_soon"]
    assert {paper["valid_until"] for paper in ending} == {until.isoformat()}
    assert "waste_registration-77" in page(proposal, "bg")


def test_a_withdrawn_paper_counts_no_more(proposal: Proposal) -> None:
    papers(proposal, withdrawn_on=timezone.localdate())
    assert told(proposal)["outcome"] == "conditional"


def test_whose_name_is_kept_back_keeps_its_papers_back(proposal: Proposal) -> None:
    papers(proposal)
    proposal.need.confidential = ["holder"]
    proposal.need.save()
    line = told(proposal)["missing"][0]
    assert (line["paper"], line["why"]) == ("bg-treatment-document", "not_told")
    member = MembershipFactory(organisation=proposal.need.organisation)
    client = Client()
    client.force_login(member.user)
    own = client.get(f"/api/v1/proposals/{proposal.public_id}").json()["legality"]
    assert own["outcome"] == "allowed"


def test_a_code_that_is_kept_back_is_asked_for(proposal: Proposal) -> None:
    papers(proposal)
    proposal.offer.confidential = ["code"]
    proposal.offer.save()
    assert "waste-code" in {line["paper"] for line in told(proposal)["missing"]}


def test_the_desk_says_which_papers_to_renew(proposal: Proposal) -> None:
    until = timezone.localdate() + timedelta(days=30)
    papers(proposal, valid_until=until)
    member = MembershipFactory(organisation=proposal.need.organisation)
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    desk = client.get("/my/").content.decode()
    assert "waste_registration-77" in desk
    assert "waste_transport-77" not in desk
    Permit.objects.update(valid_until=until + timedelta(days=90))
    assert "waste_registration-77" not in client.get("/my/").content.decode()
