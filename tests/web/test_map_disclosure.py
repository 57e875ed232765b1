"""Nothing that draws the map tells more than a viewer may know, and tiles stay small."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from geo.tilemath import Tile, tile_of
from marketplace.firms.viewers import ANYONE
from marketplace.models import Material, Membership, Need, Offer, Organisation
from symbiosis.map_rows import MapFlow, MapPoint
from symbiosis.market_map import MapQuery, Shown, narrow_proposals, pair_totals
from symbiosis.models import Proposal
from symbiosis.selectors import proposals_visible_to
from symbiosis.tiles import flows_tile, places_tile
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    NeedFactory,
    OfferFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
)
from tests.web.mvt import decode_tile

pytestmark = pytest.mark.django_db
SECRET = "Тайна фирма ЕООД"


def pair(
    *,
    offer: Offer | None = None,
    need: Need | None = None,
    value_eur: int = 1000,
    inferred: bool = False,
    stage: str = "planned",
) -> Proposal:
    """A proposal whose value is all avoided disposal."""
    offer = offer or OfferFactory(origin="inferred" if inferred else "posted")
    need = need or NeedFactory(site=SiteFactory(lon=24.7453, lat=42.1354))
    return Proposal.objects.create(
        offer=offer,
        need=need,
        stage=stage,
        base_quantity=1000,
        straight_m=100_000,
        road_m=130_000,
        value_cents=value_eur * 100,
        disposal_cents=value_eur * 100,
        purchase_cents=0,
        processing_cents=0,
        haulage_cents=0,
        value_cents_per_t=value_eur * 100,
        co2e_kg=10,
        inferred=inferred,
    )


def anonymous_offer() -> Offer:
    site = SiteFactory(organisation=OrganisationFactory(name=SECRET, name_en="Secret Firm Ltd"))
    return OfferFactory(
        site=site, visibility="anonymous", title=f"Каша от {SECRET}", quantity_value=Decimal("1234")
    )


def tile_around(lon: float, lat: float, z: int) -> Tile:
    return tile_of(lon, lat, z)


def test_an_anonymous_offer_is_drawn_at_its_cell_and_nowhere_else() -> None:
    offer = anonymous_offer()
    cell, true = offer.site.cell_location, offer.site.location
    assert (cell.x, cell.y) != (true.x, true.y)
    points = MapPoint.objects.visible_to(ANYONE)
    tile = tile_around(cell.x, cell.y, 14)
    (drawn,) = decode_tile(places_tile(points, tile), tile)["places"]
    assert drawn.lon == pytest.approx(cell.x, abs=2e-5)
    assert drawn.lat == pytest.approx(cell.y, abs=2e-5)
    assert SECRET not in json.dumps(drawn.properties)
    if tile_around(true.x, true.y, 14) != tile_around(cell.x, cell.y, 14):
        assert "places" not in decode_tile(places_tile(points, tile_around(true.x, true.y, 14)))


def test_a_pair_with_an_anonymous_side_is_a_line_for_its_parties_only(client: Client) -> None:
    offer = anonymous_offer()
    hidden = pair(offer=offer)
    shown = pair()
    tile = tile_around(24.0, 42.4, 8)
    address = reverse("map_tile", kwargs={"layer": "flows", "z": tile.z, "x": tile.x, "y": tile.y})

    def uids() -> set[str]:
        return {str(f.properties["uid"]) for f in decode_tile(client.get(address).content)["flows"]}

    assert uids() == {str(shown.uid)}
    party = MembershipFactory(organisation=offer.organisation, role=Membership.Role.OWNER)
    client.force_login(party.user)
    assert uids() == {str(shown.uid), str(hidden.uid)}


def test_a_tile_may_not_be_kept_for_another_viewer(client: Client) -> None:
    answer = client.get("/map/tiles/flows/5/17/11/")
    assert "private" in answer["Cache-Control"]
    assert "Cookie" in answer["Vary"]


@pytest.mark.parametrize(
    "address",
    [
        "/map/tiles/flows/5/32/11/",
        "/map/tiles/secrets/5/17/11/",
        "/map/tiles/flows/15/1/1/",
        "/map/places/?lon=nan&lat=42",
        "/map/places/?lon=200&lat=42",
        "/map/proposals/00000000-0000-0000-0000-000000000000/",
        "/proposals/proposal_nonsense/",
        "/offers/need_01h455vb4pex5vsknk084sn02q/",
    ],
)
def test_what_does_not_exist_answers_404(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("language", ["bg", "en"])
def test_no_page_names_an_anonymous_firm(client: Client, language: str) -> None:
    offer = anonymous_offer()
    pair(offer=offer)
    pair()
    at = offer.public_location
    for address in (
        "/",
        "/map/",
        f"/map/?listing={offer.public_id}",
        f"/map/places/?lon={at.x}&lat={at.y}&reach=500",
        f"/offers/{offer.public_id}/",
        "/materials/suggest/?q=каша",
    ):
        answer = client.get(address, headers={"accept-language": language})
        assert answer.status_code == 200, address
        text = answer.content.decode()
        assert SECRET not in text, address
        assert "Secret Firm" not in text, address
        assert "1 234" not in text.replace("\u00a0", " "), address
        assert "1,234" not in text, address


def test_inferred_pairs_are_shown_but_never_counted() -> None:
    pair(value_eur=1000)
    pair(value_eur=50_000, inferred=True)
    pair(value_eur=70_000, stage="candidate")
    totals = pair_totals(narrow_proposals(proposals_visible_to(ANYONE), MapQuery()))
    assert (totals.posted, totals.posted_value_cents, totals.inferred) == (1, 100_000, 1)
    only = narrow_proposals(proposals_visible_to(ANYONE), MapQuery(shown=Shown.INFERRED))
    assert [p.inferred for p in only] == [True]


def test_every_filter_keeps_what_it_says() -> None:
    plovdiv = RegionFactory(code="BG421", name_en="Plovdiv", name_bg="Пловдив")
    sofia = RegionFactory(code="BG411")
    group = MaterialFactory(code="grain-residues", name_en="Grain residues", pillar="agrarian")
    grain = MaterialFactory(code="brewers-spent-grain", broader=group)
    plastic = MaterialFactory(code="ldpe", name_en="LDPE film", pillar="plastics-packaging")
    here, there = SiteFactory(region=sofia), SiteFactory(region=plovdiv, lon=24.7, lat=42.1)
    grainy = pair(
        offer=OfferFactory(site=here, material=grain), need=NeedFactory(site=here, material=grain)
    )
    filmy = pair(
        offer=OfferFactory(site=there, material=plastic),
        need=NeedFactory(site=here, material=plastic),
    )
    Proposal.objects.filter(pk=filmy.pk).update(cross_region=True)

    def kept(query: MapQuery) -> set[int]:
        return set(narrow_proposals(Proposal.objects.all(), query).values_list("pk", flat=True))

    assert kept(MapQuery()) == {grainy.pk, filmy.pk}
    assert kept(MapQuery(region_code="BG42")) == {filmy.pk}
    assert kept(MapQuery(pillar="agrarian")) == {grainy.pk}
    assert kept(MapQuery(material_id=group.pk)) == {grainy.pk}
    assert kept(MapQuery(cross_region_only=True)) == {filmy.pk}
    assert kept(MapQuery(listing_uid=filmy.need.uid)) == {filmy.pk}


def test_low_zoom_tiles_stay_under_a_hundred_kilobytes_and_keep_the_best() -> None:
    owner = OrganisationFactory()
    material = MaterialFactory()
    sites = [
        SiteFactory(organisation=owner, lon=22.5 + 0.09 * (i % 60), lat=41.4 + 0.11 * (i // 60))
        for i in range(1200)
    ]
    offers = Offer.objects.bulk_create(
        [OfferFactory.build(site=s, organisation=owner, material=material) for s in sites]
    )
    needs = Need.objects.bulk_create(
        [NeedFactory.build(site=s, organisation=owner, material=material) for s in sites[::-1]]
    )
    Proposal.objects.bulk_create(
        [
            Proposal(
                offer=offer,
                need=need,
                stage="planned",
                base_quantity=1,
                straight_m=1,
                road_m=1,
                value_cents=100_000 + 1000 * rank,
                disposal_cents=100_000 + 1000 * rank,
                purchase_cents=0,
                processing_cents=0,
                haulage_cents=0,
                value_cents_per_t=1,
                co2e_kg=0,
            )
            for rank, (offer, need) in enumerate(zip(offers, needs, strict=True))
        ]
    )
    best = str(Proposal.objects.order_by("-value_cents")[0].uid)
    for z in (4, 5, 6, 7, 8, 9, 10, 12):
        tile = tile_around(25.2, 42.5, z)
        flows = flows_tile(MapFlow.objects.all(), Proposal.objects.all(), tile)
        places = places_tile(MapPoint.objects.visible_to(ANYONE), tile)
        assert len(flows) < 100_000, z
        assert len(places) < 100_000, z
        if z == 8:
            assert best in {str(f.properties["uid"]) for f in decode_tile(flows)["flows"]}


def test_a_chamber_desk_needs_its_officer(client: Client) -> None:
    region = RegionFactory(code="BG421", name_en="Plovdiv")
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    officer = MembershipFactory(organisation=chamber, role=Membership.Role.OFFICER).user
    assert client.get("/chamber/").status_code == 302
    client.force_login(UserFactory())
    assert client.get("/chamber/").status_code == 403
    client.force_login(officer)
    assert client.get("/chamber/").status_code == 200


def test_only_its_firm_may_edit_or_withdraw_a_listing(client: Client) -> None:
    offer = OfferFactory()
    client.force_login(MembershipFactory().user)
    assert client.get(f"/offers/{offer.public_id}/edit/").status_code == 403
    assert client.post(f"/offers/{offer.public_id}/withdraw/").status_code == 403
    owner = MembershipFactory(organisation=offer.organisation).user
    client.force_login(owner)
    assert client.post(f"/offers/{offer.public_id}/withdraw/").status_code == 302
    assert Offer.objects.get().status == "withdrawn"


def test_a_suggestion_meets_synonyms_in_both_languages(client: Client) -> None:
    MaterialFactory(synonyms_bg=["бирена каша"], synonyms_en=["draff"])
    MaterialFactory(code="animal-feed", name_en="Animal feed draff", name_bg="Фураж", is_use=True)
    assert Material.objects.count() == 2
    for words in ("БИРЕНА", "draff"):
        (found,) = client.get("/materials/suggest/", {"q": words}).json()["results"]
        assert found["value"] == "brewers-spent-grain"
    both = client.get("/materials/suggest/", {"q": "draff", "groups": "1"}).json()["results"]
    assert {row["value"] for row in both} == {"brewers-spent-grain", "animal-feed"}
