"""The chamber's corridors, gaps, report and workbook say what the market says, and no more."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from openpyxl import load_workbook

from geo.models import Region
from marketplace.firms.viewers import ANYONE
from marketplace.models import Membership, Organisation
from symbiosis.corridors import corridors, gaps
from tests.factories import (
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
)
from tests.web.test_map_disclosure import pair
from web.chamber_figures import matrix
from web.sankey import sankey

pytestmark = pytest.mark.django_db


@pytest.fixture
def ends() -> tuple[Region, Region]:
    return (
        RegionFactory(code="BG421", name_en="Plovdiv", name_bg="Пловдив"),
        RegionFactory(code="BG341", name_en="Burgas", name_bg="Бургас"),
    )


def crossing(start: Region, goal: Region, **kinds: object) -> None:
    offer = OfferFactory(site=SiteFactory(region=start), **kinds)
    need = NeedFactory(site=SiteFactory(region=goal))
    pair(offer=offer, need=need, value_eur=5_000, inferred=offer.origin == "inferred")


@pytest.fixture
def officer(client: Client, ends: tuple[Region, Region]) -> Membership:
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=ends[0])
    membership = MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER)
    client.force_login(membership.user)
    return membership


def test_corridors_add_up_what_a_viewer_could_read_one_by_one(ends: tuple[Region, Region]) -> None:
    here, there = ends
    crossing(here, there)
    crossing(here, there)
    crossing(there, here)
    crossing(here, there, visibility="anonymous")
    crossing(here, there, origin="inferred")
    found = {(c.origin.code, c.goal.code): (c.exchanges, c.value_cents) for c in corridors(ANYONE)}
    assert found == {("BG421", "BG341"): (2, 1_000_000), ("BG341", "BG421"): (1, 500_000)}
    drawing = sankey(here, corridors(ANYONE, region=here))
    assert drawing is not None
    assert [ribbon.kind for ribbon in drawing.ribbons] == ["in", "out"]
    table = matrix(corridors(ANYONE))
    assert [[cell.words for cell in row.cells] for row in table.rows] == [["", "5"], ["10", ""]]


def test_gaps_are_what_the_plan_leaves_alone(ends: tuple[Region, Region]) -> None:
    here, there = ends
    crossing(here, there)
    lonely = OfferFactory(site=SiteFactory(region=here))
    OfferFactory(site=SiteFactory(region=here), visibility="anonymous")
    (gap,) = gaps(ANYONE, here)
    assert (gap.side, gap.material, gap.listings) == ("offer", lonely.material, 1)
    assert gap.mass_kg == lonely.base_quantity


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_report_is_a_pdf_with_the_region_in_its_words(
    client: Client, officer: Membership, ends: tuple[Region, Region], language: str
) -> None:
    crossing(*ends)
    answer = client.get("/chamber/report.pdf", headers={"accept-language": language})
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 8_000
    assert "BG421" in answer["Content-Disposition"]


def test_the_workbook_holds_numbers_and_plain_text(
    client: Client, officer: Membership, ends: tuple[Region, Region]
) -> None:
    crossing(*ends)
    answer = client.get("/chamber/report.xlsx?region=BG421&month=2026-11")
    book = load_workbook(io.BytesIO(answer.content))
    assert len(book.worksheets) == 4
    row = [cell.value for cell in book.worksheets[1][2]]
    assert row == ["Пловдив", "Бургас", 1, 1, 5000]


@pytest.mark.parametrize("language", ["bg", "en"])
def test_the_desk_shows_corridors_and_gaps(
    client: Client, officer: Membership, ends: tuple[Region, Region], language: str
) -> None:
    crossing(*ends)
    OfferFactory(site=SiteFactory(region=ends[0]))
    text = client.get("/chamber/", headers={"accept-language": language}).content.decode()
    assert {"bg": "Бургас", "en": "Burgas"}[language] in text
    assert "ribbon-out" in text
    assert client.get("/chamber/corridors/").status_code == 200


def test_neither_report_nor_matrix_is_for_firms(client: Client) -> None:
    client.force_login(MembershipFactory().user)
    for address in ("/chamber/report.pdf", "/chamber/report.xlsx", "/chamber/corridors/"):
        assert client.get(address).status_code == 403
