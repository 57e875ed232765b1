"""Organisations, sites and services revised through HTTP, and a cluster that acts for its firms."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from marketplace.models import Affiliation, Material, Membership, Offer, Organisation, Site
from tests.api.callers import program
from tests.api.test_api_listings import faults, posting
from tests.factories import (
    PLOVDIV,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster(db: None) -> Any:
    return OrganisationFactory(type=Organisation.Type.CLUSTER, name_en="Danube cluster")


@pytest.fixture
def link(cluster: Organisation, brewery: Organisation) -> Affiliation:
    return Affiliation.objects.create(member=brewery, host=cluster)


def read(caller: APIClient, address: str) -> Any:
    answer = caller.get(address)
    assert answer.status_code == 200, answer.content
    return answer


class TestConsent:
    def test_without_consent_a_cluster_cannot_post_for_its_member(
        self, link: Affiliation, cluster: Organisation, brewery: Organisation, grain: Material
    ) -> None:
        answer = program(cluster).post("/api/v1/offers", posting(brewery))
        assert faults(answer) == {("/site", "unknown_reference")}

    def test_consent_opens_publishing_and_its_withdrawal_closes_it_at_once(
        self,
        brewer: APIClient,
        link: Affiliation,
        cluster: Organisation,
        brewery: Organisation,
        grain: Material,
    ) -> None:
        caller = program(cluster)
        address = f"/api/v1/affiliations/{link.public_id}"
        given = brewer.patch(address, {"consent": True}, HTTP_IF_MATCH="*")
        assert given.status_code == 200, given.content
        assert given.json()["consent_given_at"] is not None

        posted = caller.post("/api/v1/offers", posting(brewery, external_id="k-1"))
        assert posted.status_code == 201, posted.content
        assert Offer.objects.get().organisation == brewery
        me = read(caller, "/api/v1/me").json()
        assert [o["id"] for o in me["organisations"]] == [cluster.public_id]
        assert [o["id"] for o in me["acting_for"]] == [brewery.public_id]

        brewer.patch(address, {"consent": False}, HTTP_IF_MATCH="*")
        revised = caller.patch(posted["Location"], {"title": "x"}, HTTP_IF_MATCH="*")
        assert revised.status_code == 403
        assert read(caller, "/api/v1/me").json()["acting_for"] == []

    def test_a_host_cannot_consent_for_the_member_nor_pass_its_right_on(
        self, link: Affiliation, cluster: Organisation, brewery: Organisation
    ) -> None:
        caller = program(cluster)
        address = f"/api/v1/affiliations/{link.public_id}"
        assert caller.patch(address, {"consent": True}, HTTP_IF_MATCH="*").status_code == 403
        Affiliation.objects.filter(pk=link.pk).update(consent_given_at="2026-01-01T00:00Z")
        other = Affiliation.objects.create(member=brewery, host=OrganisationFactory())
        passed_on = f"/api/v1/affiliations/{other.public_id}"
        assert caller.patch(passed_on, {"consent": True}, HTTP_IF_MATCH="*").status_code == 404
        named = f"/api/v1/organisations/{brewery.public_id}"
        assert caller.patch(named, {"about": "x"}, HTTP_IF_MATCH="*").status_code == 403

    def test_firms_of_a_cluster_may_use_the_same_external_id(
        self,
        link: Affiliation,
        cluster: Organisation,
        brewery: Organisation,
        farm: Organisation,
        grain: Material,
    ) -> None:
        Affiliation.objects.create(member=farm, host=cluster)
        Affiliation.objects.update(consent_given_at="2026-01-01T00:00Z")
        caller = program(cluster)
        address = "/api/v1/offers/by-external-id/k-1"
        made = [caller.put(address, posting(firm)).json()["id"] for firm in (brewery, farm)]
        again = caller.put(address, posting(farm, title="again"))
        assert (again.status_code, again.json()["id"]) == (200, made[1])
        assert len(set(made)) == 2
        for firm, public_id in zip((brewery, farm), made, strict=True):
            found = read(caller, f"{address}?organisation={firm.public_id}").json()
            assert found["id"] == public_id
        assert caller.get(f"{address}?organisation=org_x").status_code == 404

    def test_only_a_boolean_is_a_decision(self, brewer: APIClient, link: Affiliation) -> None:
        address = f"/api/v1/affiliations/{link.public_id}"
        answer = brewer.patch(address, {"consent": "yes"}, HTTP_IF_MATCH="*")
        assert faults(answer) == {("/consent", "invalid")}
        assert brewer.patch(address, {"consent": True}).status_code == 428

    def test_filters(self, brewer: APIClient, link: Affiliation, cluster: Organisation) -> None:
        base = f"/api/v1/affiliations?host={cluster.public_id}"
        assert len(read(brewer, f"{base}&consent=false").json()["results"]) == 1
        assert read(brewer, f"{base}&consent=true").json()["results"] == []


class TestOrganisation:
    def test_revise(self, brewer: APIClient, brewery: Organisation) -> None:
        address = f"/api/v1/organisations/{brewery.public_id}"
        etag = read(brewer, address)["ETag"]
        answer = brewer.patch(
            address, {"website": "https://brewery.example", "pillars": ["agrarian"]},
            HTTP_IF_MATCH=etag,
        )  # fmt: skip
        assert answer.status_code == 200, answer.content
        assert answer.json()["website"] == "https://brewery.example"
        assert answer.json()["name"] == brewery.name
        assert answer.json()["version"] == 2
        assert brewer.patch(address, {"about": "x"}, HTTP_IF_MATCH=etag).status_code == 412

    def test_the_type_is_the_secretariats(self, brewer: APIClient, brewery: Organisation) -> None:
        address = f"/api/v1/organisations/{brewery.public_id}"
        answer = brewer.patch(address, {"type": "secretariat"}, HTTP_IF_MATCH="*")
        assert answer.status_code == 403
        brewery.refresh_from_db()
        assert brewery.type == Organisation.Type.FIRM

    def test_faults_all_at_once(self, brewer: APIClient, brewery: Organisation) -> None:
        answer = brewer.patch(
            f"/api/v1/organisations/{brewery.public_id}",
            {"registration_number": "123456789", "vat_number": "BG1"},
            HTTP_IF_MATCH="*",
        )
        assert faults(answer) == {
            ("/registration_number", "invalid_eik"),
            ("/vat_number", "invalid_vat"),
        }

    def test_a_number_twice(self, brewer: APIClient, brewery: Organisation) -> None:
        OrganisationFactory(registration_number="175074752")
        answer = brewer.patch(
            f"/api/v1/organisations/{brewery.public_id}",
            {"registration_number": "175074752"},
            HTTP_IF_MATCH="*",
        )
        assert answer.status_code == 409


class TestSite:
    def test_a_moved_site_takes_its_listings_along(
        self, brewer: APIClient, brewery: Organisation, farm: Organisation, grain: Material
    ) -> None:
        RegionFactory.square("BG421", *PLOVDIV)
        site = brewery.sites.get()
        open_offer = OfferFactory(site=site)
        hidden = OfferFactory(site=site, visibility="anonymous")
        NeedFactory(site=farm.sites.get())
        lon, lat = PLOVDIV
        answer = brewer.patch(
            f"/api/v1/sites/{site.public_id}",
            {"location": {"type": "Point", "coordinates": [lon, lat]}},
            HTTP_IF_MATCH="*",
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["region"]["id"] == "BG421"
        site.refresh_from_db()
        for offer in (open_offer, hidden):
            offer.refresh_from_db()
            assert offer.version == 2
        assert (open_offer.public_location.x, open_offer.public_location.y) == (lon, lat)
        assert hidden.public_location.coords == site.cell_location.coords

    def test_a_move_inside_the_cell_leaves_no_trace_of_what_keeps_its_place_back(
        self, brewer: APIClient, anyone: APIClient, brewery: Organisation
    ) -> None:
        site = SiteFactory(organisation=brewery, lon=24.5, lat=42.0)
        hidden = OfferFactory(site=site, visibility="anonymous")
        address = f"/api/v1/offers/{hidden.public_id}"
        before = read(anyone, address)
        answer = brewer.patch(
            f"/api/v1/sites/{site.public_id}",
            {"location": {"type": "Point", "coordinates": [24.501, 42.0]}},
            HTTP_IF_MATCH="*",
        )
        assert answer.status_code == 200, answer.content
        after = read(anyone, address)
        assert (after.content, after["ETag"]) == (before.content, before["ETag"])
        assert Offer.objects.get(pk=hidden.pk).updated_at == hidden.updated_at

    def test_upsert(self, brewer: APIClient, brewery: Organisation) -> None:
        address = "/api/v1/sites/by-external-id/works-1"
        body = {"name": "Works", "location": {"type": "Point", "coordinates": list(PLOVDIV)}}
        made = brewer.put(address, body)
        assert made.status_code == 201, made.content
        again = brewer.put(address, {**body, "name": "Works 2", "city": "Plovdiv"})
        assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
        assert read(brewer, address).json()["name"] == "Works 2"
        emptied = brewer.put(address, body).json()
        assert (emptied["name"], emptied["city"]) == ("Works", "")

    def test_where_a_register_site_is_the_register_says(
        self, brewer: APIClient, brewery: Organisation
    ) -> None:
        site = SiteFactory(organisation=brewery, source="eprtr", external_id="7")
        address = f"/api/v1/sites/{site.public_id}"
        moved = {"location": {"type": "Point", "coordinates": list(PLOVDIV)}}
        assert brewer.patch(address, moved, HTTP_IF_MATCH="*").status_code == 409
        assert brewer.patch(address, {"employees": 9}, HTTP_IF_MATCH="*").status_code == 200

    def test_a_site_stays_with_its_organisation(
        self, brewer: APIClient, brewery: Organisation
    ) -> None:
        answer = brewer.patch(
            f"/api/v1/sites/{brewery.sites.get().public_id}",
            {"organisation": brewery.public_id},
            HTTP_IF_MATCH="*",
        )
        assert faults(answer) == {("/organisation", "read_only")}

    def test_a_merged_site_is_told_as_gone(self, anyone: APIClient) -> None:
        kept, merged = SiteFactory(source="eprtr"), SiteFactory(source="eprtr")
        Site.objects.filter(pk=merged.pk).update(merged_into=kept)
        told = read(anyone, "/api/v1/sites?updated_since=2020-01-01T00:00:00Z").json()["results"]
        gone = {"id": merged.public_id, "object": "site", "status": "gone"}
        assert [entry for entry in told if entry["id"] == merged.public_id] == [gone]
        listed = read(anyone, "/api/v1/sites").json()["results"]
        assert [entry["id"] for entry in listed] == [kept.public_id]


class TestService:
    def body(self, organisation: Organisation, **changes: Any) -> dict[str, Any]:
        said = {
            "site": organisation.sites.get().public_id,
            "kind": "processing",
            "title": "Drying",
            "input_material": "brewers-spent-grain",
            "output_material": "brewers-spent-grain",
            "capacity": {"value": "2.5", "unit": "t"},
            "yield_ratio": "0.25",
            "cost": {"amount": "40.00"},
        }
        return {**said, **changes}

    def test_offer_revise_withdraw(
        self, brewer: APIClient, brewery: Organisation, anyone: APIClient, grain: Material
    ) -> None:
        made = brewer.post("/api/v1/services", self.body(brewery))
        assert made.status_code == 201, made.content
        assert made.json()["capacity"] == {"value": "2500", "unit": "kg", "basis": "year"}
        revised = brewer.patch(
            made["Location"], {"capacity": {"value": "3", "unit": "t"}}, HTTP_IF_MATCH=made["ETag"]
        )
        assert revised.status_code == 200, revised.content
        assert revised.json()["capacity"]["value"] == "3000"
        assert revised.json()["yield_ratio"] == "0.25"
        stale = brewer.patch(made["Location"], {"title": "x"}, HTTP_IF_MATCH=made["ETag"])
        assert stale.status_code == 412
        assert brewer.delete(made["Location"], HTTP_IF_MATCH=revised["ETag"]).status_code == 204
        assert anyone.get(made["Location"]).status_code == 404
        told = read(anyone, "/api/v1/services?updated_since=2020-01-01T00:00:00Z").json()
        assert [entry["status"] for entry in told["results"]] == ["gone"]

    def test_processing_says_all_that_planning_needs(
        self, brewer: APIClient, brewery: Organisation, grain: Material
    ) -> None:
        site = brewery.sites.get().public_id
        body = {"site": site, "kind": "processing", "title": "Drying", "yield_ratio": "0"}
        assert faults(brewer.post("/api/v1/services", body)) == {
            ("/input_material", "required"),
            ("/output_material", "required"),
            ("/capacity", "required"),
            ("/cost", "required"),
            ("/yield_ratio", "out_of_range"),
        }
        without_input = {**body, "capacity": {"value": "1", "unit": "t"}}
        assert faults(brewer.post("/api/v1/services", without_input)) == {
            ("/input_material", "required")
        }

    def test_upsert(self, brewer: APIClient, brewery: Organisation, grain: Material) -> None:
        address = "/api/v1/services/by-external-id/s-1"
        made = brewer.put(address, self.body(brewery))
        again = brewer.put(address, self.body(brewery, title="Again"))
        assert (made.status_code, again.status_code) == (201, 200), again.content
        assert read(brewer, address).json()["title"] == "Again"


class TestExpand:
    @pytest.mark.parametrize(
        ("route", "parts"),
        [
            ("offers", "organisation,site,material,region"),
            ("services", "organisation,site"),
            ("sites", "organisation,region,municipality"),
            ("organisations", "region"),
        ],
    )
    def test_parts_are_told_whole_in_as_many_queries_for_any_number(
        self, brewer: APIClient, grain: Material, route: str, parts: str
    ) -> None:
        region = RegionFactory(parent=RegionFactory(code="BG", level=0))

        def queries(rows: int) -> int:
            for _number in range(rows):
                site = SiteFactory(
                    organisation=OrganisationFactory(region=region),
                    region=region, municipality=region,
                )  # fmt: skip
                OfferFactory(site=site)
                site.services.create(organisation=site.organisation, kind="advice", title="Advice")
            with CaptureQueriesContext(connection) as captured:
                answer = read(brewer, f"/api/v1/{route}?expand={parts}")
            row = answer.json()["results"][-1]
            wanted = {"organisation": "website", "site": "city", "material": "synonyms"}
            for part in parts.split(","):
                assert wanted.get(part, "country") in (row[part] or {"country": ""})
            return len(captured)

        assert queries(2) == queries(5)

    def test_an_expanded_part_is_the_resource_itself(
        self, brewer: APIClient, brewery: Organisation
    ) -> None:
        offer = OfferFactory(site=brewery.sites.get())
        told = read(brewer, f"/api/v1/offers/{offer.public_id}?expand=site,organisation").json()
        for part, public_id in (("site", told["site"]["id"]), ("organisation", brewery.public_id)):
            assert told[part] == read(brewer, f"/api/v1/{part}s/{public_id}").json()

    def test_what_is_withheld_is_not_expanded(self, anyone: APIClient, farm: Organisation) -> None:
        hidden = OfferFactory(site=farm.sites.get(), visibility="anonymous")
        told = read(anyone, f"/api/v1/offers/{hidden.public_id}?expand=site,organisation").json()
        assert (told["site"], told["organisation"]) == (None, None)

    def test_unknown_parts_are_refused(self, anyone: APIClient) -> None:
        answer = anyone.get("/api/v1/offers?expand=price")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["parameter"] == "expand"
        assert anyone.get("/api/v1/materials?expand=broader").status_code == 400


def test_a_person_gives_the_consent_in_the_browser(
    link: Affiliation, brewery: Organisation
) -> None:
    owner = UserFactory()
    MembershipFactory(user=owner, organisation=brewery, role=Membership.Role.OWNER)
    browser = APIClient()
    browser.force_login(owner)
    answer = browser.patch(
        f"/api/v1/affiliations/{link.public_id}", {"consent": True}, HTTP_IF_MATCH="*"
    )
    assert answer.status_code == 200
    link.refresh_from_db()
    assert link.consent_given_at is not None
