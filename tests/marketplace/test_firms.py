"""Organisations and their sites: numbers checked, places found by the server, roles kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import Conflict, InvalidInput, NotPermitted
from marketplace.firms.registration import compact, valid_eik, valid_vat
from marketplace.firms.services import (
    OrganisationDraft,
    SiteDraft,
    add_site,
    register_organisation,
)
from marketplace.firms.viewers import ANYONE, viewer_for
from marketplace.models import Membership, Organisation, Site
from tests.factories import (
    PLOVDIV,
    SOFIA,
    ActivityFactory,
    MembershipFactory,
    RegionFactory,
    UserFactory,
)


@pytest.mark.parametrize("number", ["175074752", "175 074 752", "131071587", "1750747520014"])
def test_real_shapes_of_eik_hold(number: str) -> None:
    expected = len(compact(number)) == 9
    assert valid_eik(number) is expected


@pytest.mark.parametrize(
    "number", ["", "175074753", "17507475", "1750747522", "BG175074752", "١٧٥٠٧٤٧٥٢", "17507475a"]
)
def test_what_is_no_eik(number: str) -> None:
    assert not valid_eik(number)


def with_check_digit(first_eight: str) -> str:
    """The EIK of eight digits by the register's published weights, written out independently."""
    for start in (1, 3):
        total = sum((start + place) * int(digit) for place, digit in enumerate(first_eight)) % 11
        if total < 10:
            return first_eight + str(total)
    return first_eight + "0"


@given(st.text("0123456789", min_size=8, max_size=8).filter(lambda t: t.strip("0")))
def test_exactly_one_check_digit_fits(first_eight: str) -> None:
    fitting = [d for d in "0123456789" if valid_eik(first_eight + d)]
    assert fitting == [with_check_digit(first_eight)[-1]]


@given(st.text("0123456789", min_size=3, max_size=3))
def test_exactly_one_check_digit_fits_a_branch(branch: str) -> None:
    assert sum(valid_eik(f"175074752{branch}{d}") for d in "0123456789") == 1


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("BG175074752", True),
        ("bg 175 074 752", True),
        ("DE136695976", True),
        ("BG175074753", False),
        ("175074752", False),
        ("", False),
    ],
)
def test_vat_numbers_carry_their_country(number: str, valid: bool) -> None:
    assert valid_vat(number) is valid


def codes(refused: pytest.ExceptionInfo[Any]) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in refused.value.problems}


def draft(**changes: Any) -> OrganisationDraft:
    return OrganisationDraft(**({"name": "Пивоварна ООД"} | changes))


@pytest.mark.django_db
class TestRegistering:
    def test_the_person_becomes_its_owner(self) -> None:
        person = UserFactory()
        made = register_organisation(
            user=person, draft=draft(registration_number="175 074 752", pillars=("agrarian",))
        )
        assert made.registration_number == "175074752"
        assert Membership.objects.get(user=person).role == Membership.Role.OWNER
        assert viewer_for(person).may_edit(made.pk)

    def test_every_fault_is_named_at_once_and_nothing_is_written(self) -> None:
        bad = draft(
            name="\u200b",
            type="guild",
            country="Bulgaria",
            vat_number="BG1",
            pillars=("steel",),
            about="x" * 5_001,
        )
        with pytest.raises(InvalidInput) as refused:
            register_organisation(user=UserFactory(), draft=bad)
        assert codes(refused) == {
            ("name", "required"),
            ("type", "unknown_choice"),
            ("country", "unknown_choice"),
            ("vat_number", "invalid_vat"),
            ("pillars", "unknown_choice"),
            ("about", "too_long"),
        }
        assert not Organisation.objects.exists()

    def test_a_mistyped_eik_is_caught(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            register_organisation(user=UserFactory(), draft=draft(registration_number="175074753"))
        assert codes(refused) == {("registration_number", "invalid_eik")}

    def test_a_number_is_registered_once_per_country(self) -> None:
        register_organisation(user=UserFactory(), draft=draft(registration_number="175074752"))
        with pytest.raises(Conflict) as refused:
            register_organisation(user=UserFactory(), draft=draft(registration_number="175074752"))
        assert codes(refused) == {("registration_number", "duplicate")}
        abroad = draft(registration_number="175074752", country="RO")
        register_organisation(user=UserFactory(), draft=abroad)
        register_organisation(user=UserFactory(), draft=draft())
        register_organisation(user=UserFactory(), draft=draft())
        assert Organisation.objects.count() == 4
        assert Membership.objects.count() == 4


def site_draft(**changes: Any) -> SiteDraft:
    return SiteDraft(**({"name": "Цех", "lon": SOFIA[0], "lat": SOFIA[1]} | changes))


@pytest.mark.django_db
class TestPlacing:
    @pytest.fixture
    def owner(self) -> Any:
        return MembershipFactory(organisation__activity=ActivityFactory())

    def test_the_server_finds_the_regions(self, owner: Any) -> None:
        RegionFactory.square("BG411", *SOFIA)
        RegionFactory.square("SOF46", *SOFIA, half=0.1, level=4)
        site = add_site(
            viewer=viewer_for(owner.user), organisation=owner.organisation, draft=site_draft()
        )
        assert site.region.code == site.cell_region.code == "BG411"
        assert site.municipality.code == "SOF46"
        assert site.activity == owner.organisation.activity
        assert site.cell_location != site.location

    def test_a_place_in_no_known_region_is_still_a_site(self, owner: Any) -> None:
        RegionFactory.square("BG411", *SOFIA, half=0.1)
        far = site_draft(lon=PLOVDIV[0], lat=PLOVDIV[1])
        site = add_site(viewer=viewer_for(owner.user), organisation=owner.organisation, draft=far)
        assert site.region is None

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"name": " "}, ("name", "required")),
            ({"address": "a\u202eb"}, ("address", "control_character")),
            ({"postal_code": "1" * 33}, ("postal_code", "too_long")),
            ({"country": "bg"}, ("country", "unknown_choice")),
            ({"lat": 91.0}, ("location", "out_of_range")),
            ({"lon": float("nan")}, ("location", "out_of_range")),
            ({"lon": 55.4, "lat": -21.2}, ("location", "outside_service_area")),
        ],
    )
    def test_faults_are_named(
        self, owner: Any, change: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            add_site(
                viewer=viewer_for(owner.user),
                organisation=owner.organisation,
                draft=site_draft(**change),
            )
        assert codes(refused) == {fault}
        assert not Site.objects.exists()

    def test_nobody_places_a_site_of_another_firm(self, owner: Any) -> None:
        other = MembershipFactory()
        officer = MembershipFactory(organisation=owner.organisation, role=Membership.Role.OFFICER)
        for viewer in (viewer_for(other.user), viewer_for(officer.user), ANYONE):
            with pytest.raises(NotPermitted):
                add_site(viewer=viewer, organisation=owner.organisation, draft=site_draft())
        assert not Site.objects.exists()

    def test_an_external_id_is_used_once_per_organisation(self, owner: Any) -> None:
        viewer = viewer_for(owner.user)
        add_site(
            viewer=viewer, organisation=owner.organisation, draft=site_draft(external_id="A-1")
        )
        with pytest.raises(Conflict) as refused:
            add_site(
                viewer=viewer, organisation=owner.organisation, draft=site_draft(external_id="A-1")
            )
        assert codes(refused) == {("external_id", "duplicate")}
        other = MembershipFactory()
        add_site(
            viewer=viewer_for(other.user),
            organisation=other.organisation,
            draft=site_draft(external_id="A-1"),
        )
        assert Site.objects.count() == 2
