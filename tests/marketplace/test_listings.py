from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from marketplace.errors import Conflict, InvalidInput, NotPermitted
from marketplace.firms.viewers import ANYONE, Viewer, viewer_for, viewer_for_organisation
from marketplace.listings.completeness import completeness
from marketplace.listings.disclosure import disclose, quantity_band
from marketplace.listings.selectors import offers_visible_to
from marketplace.listings.services import (
    ListingDraft,
    post_need,
    post_offer,
    revise_listing,
    withdraw_listing,
)
from marketplace.models import Membership, Offer
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    OfferFactory,
    OrganisationFactory,
    SiteFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db


def draft(site, **changes):
    values = {
        "site": site,
        "material": MaterialFactory(),
        "quantity_value": Decimal("120"),
        "quantity_unit": "t",
    }
    return ListingDraft(**(values | changes))


@pytest.fixture
def site():
    return SiteFactory()


@pytest.fixture
def owner(site):
    return viewer_for_organisation(site.organisation)


def test_what_where_and_how_much_make_a_valid_listing(site, owner):
    offer = post_offer(viewer=owner, draft=draft(site))
    assert offer.pk
    assert offer.base_quantity == 120_000
    assert offer.title == offer.material.name
    assert offer.organisation == site.organisation
    assert completeness(offer).percent == 40


def test_the_meter_names_the_answer_that_adds_most(site, owner):
    offer = post_offer(viewer=owner, draft=draft(site))
    assert completeness(offer).best_question.field == "waste_status"
    full = revise_listing(
        viewer=owner,
        listing=offer,
        changes={
            "waste_status": "waste",
            "waste_code": WasteCodeFactory(),
            "available_from": date(2026, 12, 1),
            "price_cents": 1500,
            "min_lot_value": Decimal(20),
            "quality_notes": "влага 75 %",
            "description": "от филтриране",
        },
        expected_version=offer.version,
    )
    assert completeness(full).percent == 100
    assert completeness(full).best_question is None


def test_a_need_is_asked_what_a_receiver_can_know(site, owner):
    need = post_need(viewer=owner, draft=draft(site))
    score = completeness(need)
    assert score.percent == 40
    assert {q.field for q in score.open_questions} == {
        "available_from",
        "price_cents",
        "quality_notes",
        "min_lot_value",
        "description",
    }
    answers = {
        "available_from": date(2026, 12, 1),
        "price_cents": 1500,
        "quality_notes": "влага до 80 %",
        "min_lot_value": Decimal(20),
        "description": "за хранене на крави",
    }
    full = revise_listing(viewer=owner, listing=need, changes=answers, expected_version=None)
    assert completeness(full).percent == 100


def test_every_problem_is_reported_at_once_and_nothing_is_written(site, owner):
    bad = draft(
        site,
        title="\u202etxt",
        quantity_unit="kWh",
        months=(13,),
        pattern="seasonal",
        visibility="secret",
        available_from=date(2026, 5, 1),
        available_until=date(2026, 4, 1),
    )
    with pytest.raises(InvalidInput) as refused:
        post_need(viewer=owner, draft=bad)
    codes = {(p.field, p.code) for p in refused.value.problems}
    assert codes == {
        ("title", "control_character"),
        ("quantity.value", "wrong_unit"),
        ("months", "not_a_month"),
        ("visibility", "unknown_choice"),
        ("available_until", "before_start"),
    }
    assert not site.needs.exists()


def test_a_lot_cannot_exceed_the_quantity(site, owner):
    with pytest.raises(InvalidInput) as refused:
        post_offer(viewer=owner, draft=draft(site, min_lot_value=Decimal(121)))
    assert refused.value.problems[0].code == "above_quantity"


def test_nobody_posts_for_another_firm(site):
    stranger = viewer_for_organisation(OrganisationFactory())
    for viewer in (stranger, ANYONE):
        with pytest.raises(NotPermitted):
            post_offer(viewer=viewer, draft=draft(site))


def test_a_stale_revision_is_refused(site, owner):
    offer = post_offer(viewer=owner, draft=draft(site))
    revise_listing(
        viewer=owner, listing=offer, changes={"title": "Първа"}, expected_version=offer.version
    )
    with pytest.raises(Conflict):
        revise_listing(
            viewer=owner, listing=offer, changes={"title": "Втора"}, expected_version=offer.version
        )
    assert Offer.objects.get(pk=offer.pk).title == "Първа"


def test_an_external_id_is_used_once_per_organisation(site, owner):
    post_offer(viewer=owner, draft=draft(site, external_id="A-1"))
    with pytest.raises(Conflict) as refused:
        post_offer(viewer=owner, draft=draft(site, external_id="A-1"))
    assert refused.value.problems[0].field == "external_id"
    other = SiteFactory()
    post_offer(
        viewer=viewer_for_organisation(other.organisation), draft=draft(other, external_id="A-1")
    )


def test_a_withdrawn_listing_is_seen_by_its_owner_only(site, owner):
    offer = withdraw_listing(
        viewer=owner, listing=post_offer(viewer=owner, draft=draft(site)), expected_version=None
    )
    assert offer in offers_visible_to(owner)
    assert offer not in offers_visible_to(ANYONE)


def test_members_only_listings_need_a_membership():
    offer = OfferFactory(visibility="members")
    member = viewer_for(MembershipFactory().user)
    assert offer in offers_visible_to(member)
    assert offer not in offers_visible_to(ANYONE)


def test_an_anonymous_listing_tells_outsiders_concept_band_and_cell_only(site, owner):
    offer = post_offer(
        viewer=owner,
        draft=draft(
            site,
            visibility="anonymous",
            title="Тайна",
            description="само при нас",
            price_cents=1234,
        ),
    )
    seen = disclose(offer, ANYONE)
    assert (seen.organisation, seen.site, seen.price_cents, seen.quantity) == (None,) * 4
    assert (seen.title, seen.description) == (offer.material.name, "")
    assert (seen.lon, seen.lat) == (site.cell_location.x, site.cell_location.y)
    assert seen.band == quantity_band(120_000)
    own = disclose(offer, owner)
    assert own.organisation == site.organisation
    assert own.title == "Тайна"


def test_moving_the_site_inside_its_cell_changes_nothing_for_outsiders(site, owner):
    def outsiders_view(lon, lat, tonnes):
        moved = SiteFactory(lon=lon, lat=lat, organisation=site.organisation)
        offer = post_offer(
            viewer=owner,
            draft=draft(moved, visibility="anonymous", quantity_value=Decimal(tonnes)),
        )
        view = disclose(offer, ANYONE)
        return (view.lon, view.lat, view.band, view.region, view.title)

    assert outsiders_view(23.3219, 42.6977, 120) == outsiders_view(23.3221, 42.6979, 199)


def test_roles_decide_what_a_person_may_do():
    officer = MembershipFactory(
        role=Membership.Role.OFFICER, organisation=OrganisationFactory(type="chamber")
    )
    viewer = viewer_for(officer.user)
    assert viewer.member
    assert not viewer.may_edit(officer.organisation_id)
    assert Viewer(secretariat=True).may_edit(officer.organisation_id)
