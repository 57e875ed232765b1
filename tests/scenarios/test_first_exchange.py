"""From an empty market to a proposed exchange on the map, through the public doors alone."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from rest_framework.test import APIClient

from api.models import Client as Program
from geo.selectors import region_by_code
from marketplace.models import Conversion, Membership, Offer, Organisation, User
from symbiosis.models import Proposal
from tests.factories import MaterialFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.scenarios.transcripts import Transcript, said

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("frozen", "bulgaria", "catalogue", "staff"),
]

PASSWORD = "вярно-коне-батерия-7"
SECRET = "a-secret-of-the-partner-0123456789"
FARM = (24.7453, 42.1354)
GENERAL = {"quantity", "quantity_band", "location_precision", "organisation", "site", "title"}


@pytest.fixture
def catalogue(db: None) -> None:
    """Two concepts and what connects them: brewers' grains are fed to cattle."""
    feed = MaterialFactory(
        code="ruminant-feed",
        name_en="Ruminant feed",
        name_bg="Фураж за преживни",
        is_use=True,
        disposal_cents_per_t=0,
        purchase_cents_per_t=16_000,
        substitution=None,
        avoided_kgco2e_per_t=None,
    )
    Conversion.objects.create(
        source=MaterialFactory(),
        target=feed,
        process_en="feeding fresh",
        process_bg="изхранване прясно",
        cost_high_cents_per_t=1_000,
        route="by-product",
        weight=Decimal("0.9"),
    )


@pytest.fixture
def staff(bulgaria: None) -> None:
    """The council's own people and the partner's client, which the secretariat keeps."""
    for code, name in (("BG311", "Видин"), ("BG331", "Варна")):
        chamber = OrganisationFactory(
            type=Organisation.Type.CHAMBER,
            name=f"Регионална палата {name}",
            region=region_by_code(code),
        )
        person = UserFactory(email=f"officer.{code.lower()}@chamber.example")
        MembershipFactory(user=person, organisation=chamber, role=Membership.Role.OFFICER)
    farm = OrganisationFactory(name="Ферма „Тракия“ ЕООД", name_en="Thracia Farm EOOD")
    Program.objects.create(
        name="Herd book",
        organisation=farm,
        client_id="herd-book",
        client_secret=SECRET,
        allowed_scopes=["sites:write", "offers:write", "needs:write"],
        client_type=Program.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Program.GRANT_CLIENT_CREDENTIALS,
    )


@pytest.fixture
def story(transcript: Callable[[str, str, str], Transcript]) -> Transcript:
    return transcript(
        "first-exchange",
        "The first exchange",
        "A brewery in a small town and a cattle farm in another oblast meet. Written by the test "
        "`tests/scenarios/test_first_exchange.py`, which plays the story through pages and API of "
        "an empty market; ids and clock are frozen. Everybody in it is invented.",
    )


def browser(user: User | None = None, language: str = "en") -> Browser:
    client = Browser(headers={"accept-language": language})
    if user is not None:
        client.force_login(user)
    return client


def test_from_an_empty_market_to_an_exchange_on_the_map(story: Transcript) -> None:
    brewer = browser()
    offer = _the_brewery_joins_and_posts(story, brewer)
    farmer = _the_farm_signs_in(story)
    proposal = _the_farm_posts_and_reads_its_proposals(story, farmer, offer)
    _the_market_is_matched(story, proposal)
    _the_map_shows_it(story, proposal)
    _its_page_gives_reasons(story, proposal)
    _the_chamber_sees_its_own_region(story, proposal)
    _others_see_what_they_may(story, brewer, farmer)


def _the_brewery_joins_and_posts(story: Transcript, brewer: Browser) -> Offer:
    story.chapter("The brewery joins", "A person registers with an e-mail address and a password.")
    entrance = {"email": "anna@brewery.example", "password1": PASSWORD, "password2": PASSWORD}
    assert brewer.post("/accounts/signup/", entrance).status_code == 302
    assert User.objects.get(email="anna@brewery.example")

    first = brewer.get("/offers/new/")
    assert first["Location"] == "/join/?next=/offers/new/", "an organisation comes first"
    firm = {
        "name": "Пивоварна „Дунав“ ООД",
        "name_en": "Danube Brewery Ltd",
        "next": "/offers/new/",
    }
    mistyped = brewer.post("/join/", firm | {"registration_number": "175074753"})
    wrong = said(mistyped, "div", of_class="invalid-feedback")
    story.page("/join/", ["EIK: 175074753", *wrong], who="The brewery")
    assert wrong == ["This is not a valid EIK."]
    assert not Organisation.objects.filter(name=firm["name"]).exists()
    joined = brewer.post("/join/", firm | {"registration_number": "175074752"})
    assert joined["Location"] == "/offers/new/"
    assert Organisation.objects.get(name=firm["name"]).registration_number == "175074752"

    story.chapter(
        "It posts an offer",
        "What, where and roughly how much are enough. Two settlements bear the name that the "
        "brewery writes, so the form asks which one is meant instead of guessing.",
    )
    answers = {
        "material": "brewers-spent-grain",
        "material_text": "Brewer's spent grain",
        "site": "new",
        "place": "Дунавци",
        "quantity_value": "1 200",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "visibility": "public",
        "waste_status": "unknown",
        "pattern": "continuous",
    }
    asked = brewer.post("/offers/new/", answers)
    candidates = asked.context["form"].place_candidates
    question = said(asked, "div", of_class="invalid-feedback")
    choices = next(c for c in said(asked, "fieldset", of_class="choices"))
    story.page("/offers/new/", ["Town or village: Дунавци", *question, choices], who="The brewery")
    assert len(candidates) == 2
    assert not Offer.objects.exists(), "nothing is guessed, nothing is half-written"

    vidin = next(place for place in candidates if place.region.code == "BG311")
    posted = brewer.post("/offers/new/", answers | {"place_id": str(vidin.pk)}, follow=True)
    offer = Offer.objects.get()
    assert posted.redirect_chain == [(f"/offers/{offer.public_id}/", 302)]
    assert offer.base_quantity == 1_200_000
    assert offer.site.region.code == "BG311"
    assert offer.site.organisation.name == firm["name"]
    story.page(f"/offers/{offer.public_id}/", said(posted, "h1"), who="The brewery")
    return offer


def _the_farm_signs_in(story: Transcript) -> APIClient:
    story.chapter(
        "A farm's program signs in",
        "The farm keeps its herd book in a program of its own, which holds a client of the API.",
    )
    caller = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    basic = base64.b64encode(f"herd-book:{SECRET}".encode()).decode()
    granted = caller.post(
        "/oauth/token",
        "grant_type=client_credentials",
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=f"Basic {basic}",
    )
    story.request("POST", "/oauth/token", {"grant_type": "client_credentials"}, who="The farm")
    assert granted.status_code == 200, granted.content
    story.answer(granted, "token_type", "expires_in", "scope")
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {granted.json()['access_token']}")
    return caller


def _the_farm_posts_and_reads_its_proposals(
    story: Transcript, farmer: APIClient, offer: Offer
) -> str:
    story.chapter("It places its site", "The server finds the region itself.")
    place = {"type": "Point", "coordinates": list(FARM)}
    site = _sent(story, farmer, "/api/v1/sites", {"name": "Краварник", "location": place})
    story.answer(site, "id", "name", "location", "region")
    assert site.json()["region"]["id"] == "BG421"

    story.chapter(
        "It posts a need and reads who could serve it",
        "The answer to the posting holds the ranked proposals, written in the same transaction.",
    )
    need = {
        "site": site.json()["id"],
        "material": "ruminant-feed",
        "quantity": {"value": "80", "unit": "t", "basis": "month"},
    }
    posted = _sent(story, farmer, "/api/v1/needs", need)
    story.answer(posted, "id", "title", "quantity", "completeness", "proposals")
    (best,) = posted.json()["proposals"]
    assert best["offer"]["id"] == offer.public_id
    assert best["quantity"] == {"value": "960000", "unit": "kg"}
    assert (best["stage"], best["cross_region"], best["inferred"]) == ("candidate", True, False)
    total = sum(
        sign * Decimal(best["value"][part])
        for sign, part in (
            (1, "disposal"),
            (1, "purchase"),
            (1, "carbon"),
            (-1, "processing"),
            (-1, "haulage"),
        )
    )
    assert total == Decimal(best["value"]["total"]) > 0
    return str(best["id"])


def _sent(story: Transcript, caller: APIClient, path: str, body: Any) -> Any:
    story.request("POST", path, body, who="The farm")
    answer = caller.post(path, body, HTTP_IDEMPOTENCY_KEY=f"story {path}".replace(" ", "-"))
    assert answer.status_code == 201, answer.content
    again = caller.post(path, body, HTTP_IDEMPOTENCY_KEY=f"story {path}".replace(" ", "-"))
    assert again.json()["id"] == answer.json()["id"], "a repeated posting acts once"
    return answer


def _the_market_is_matched(story: Transcript, proposal: str) -> None:
    story.chapter(
        "The market is matched",
        "`manage.py run_matching` allocates the whole market and proves the plan. The pair keeps "
        "its address: it was an alternative, now it is part of the best plan.",
    )
    call_command("run_matching", verbosity=0)
    (planned,) = Proposal.objects.all()
    assert planned.public_id == proposal
    assert planned.stage == Proposal.Stage.PLANNED
    assert planned.run is not None
    assert planned.run.objective == planned.run.bound
    answer = APIClient(HTTP_ACCEPT_LANGUAGE="en").get("/api/v1/proposals")
    story.request("GET", "/api/v1/proposals", who="Anybody")
    rows = answer.json()["results"]
    assert [(row["id"], row["stage"]) for row in rows] == [(proposal, "planned")]
    story.say(f"One proposal, `{rows[0]['stage']}`, worth EUR {rows[0]['value']['total']}.")


def _the_map_shows_it(story: Transcript, proposal: str) -> None:
    story.chapter("It is on the map", "The same market as a table and as lines between places.")
    visitor = browser()
    page = visitor.get("/map/")
    rows = said(page, "tr", of_class="is-posted")
    story.page("/map/", [*said(page, "p", of_class="totals"), *rows], who="A visitor")
    assert len(rows) == 1
    row = Proposal.objects.get()
    address = _tile_around(*row.offer.public_location, zoom=8)
    tile = visitor.get(address)
    assert tile["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert str(row.uid).encode() in tile.content
    story.say(f"The vector tile `{address}` of the lines holds this proposal.")
    elsewhere = visitor.get("/map/", {"region": "BG331"})
    assert said(elsewhere, "tr", of_class="is-posted") == []


def _tile_around(lon: float, lat: float, *, zoom: int) -> str:
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    return f"/map/tiles/flows/{zoom}/{x}/{y}/"


def _its_page_gives_reasons(story: Transcript, proposal: str) -> None:
    story.chapter("Its page gives the reasons", "In the reader's language.")
    told = {}
    for language in ("en", "bg"):
        page = browser(language=language).get(f"/proposals/{proposal}/")
        assert page.status_code == 200
        told[language] = said(page, "li", within=("ul", "reasons"))
        lines = [*said(page, "h1"), *told[language]]
        story.page(f"/proposals/{proposal}/ ({language})", lines, who="A reader")
    assert "feeding fresh" in told["en"][0]
    assert "изхранване прясно" in told["bg"][0]
    api = APIClient().get(f"/api/v1/proposals/{proposal}?lang=all").json()["reasons"]
    for language in ("en", "bg"):
        assert [" ".join(sentence.split()) for sentence in api[language]] == told[language]


def _the_chamber_sees_its_own_region(story: Transcript, proposal: str) -> None:
    story.chapter("The chambers", "An officer's desk counts what has a side in the own oblast.")
    for code, expected in (("bg311", 1), ("bg331", 0)):
        officer = User.objects.get(email=f"officer.{code}@chamber.example")
        desk = browser(officer).get("/chamber/")
        assert desk.status_code == 200
        assert (proposal in desk.content.decode()) is bool(expected)
        figures = said(desk, "li", of_class="tile")
        lines = [*said(desk, "h1"), *figures[:5]]
        story.page("/chamber/", lines, who=f"The officer of {code.upper()}")
    owner = User.objects.get(email="anna@brewery.example")
    assert browser(owner).get("/chamber/").status_code == 403


def _others_see_what_they_may(story: Transcript, brewer: Browser, farmer: APIClient) -> None:
    story.chapter(
        "What others may see",
        "The brewery posts a second stream anonymously. Others learn the material, a range of "
        "quantity and a five-kilometre cell, and none of its proposals.",
    )
    site = Offer.objects.get().site
    secret = {
        "material": "brewers-spent-grain",
        "material_text": "Brewer's spent grain",
        "site": site.public_id,
        "title": "CANARY",
        "quantity_value": "350",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "visibility": "anonymous",
        "waste_status": "unknown",
        "pattern": "continuous",
    }
    brewer.post("/offers/new/", secret)
    offer = Offer.objects.get(visibility="anonymous")
    own = brewer.get(f"/offers/{offer.public_id}/").content.decode()
    assert "CANARY" in own
    assert Proposal.objects.filter(offer=offer).count() == 1

    path = f"/api/v1/offers/{offer.public_id}"
    story.request("GET", path, who="A visitor")
    told = APIClient(HTTP_ACCEPT_LANGUAGE="en").get(path)
    story.answer(told, *sorted(GENERAL))
    body = told.json()
    assert body["organisation"] is body["site"] is body["quantity"] is None
    assert body["location"]["coordinates"] != [site.location.x, site.location.y]
    pages = [path, f"{path}/proposals", "/api/v1/proposals", f"/offers/{offer.public_id}/", "/map/"]
    for address in pages:
        seen = browser().get(address)
        assert seen.status_code == 200, address
        assert "CANARY" not in seen.content.decode()
    assert browser().get(f"{path}/proposals").json()["results"] == []
    hidden = Proposal.objects.get(offer=offer).public_id
    assert browser().get(f"/proposals/{hidden}/").status_code == 404
    assert APIClient().get(f"/api/v1/proposals/{hidden}").status_code == 404

    story.say("Nobody but the brewery changes its offer.")
    stranger = browser(UserFactory()).get(f"/offers/{offer.public_id}/edit/")
    assert stranger.status_code == 403
    story.request("PATCH", path, {"title": "Ours now"}, who="The farm")
    refused = farmer.patch(path, {"title": "Ours now"}, HTTP_IF_MATCH="*")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    story.answer(refused, "status", "code", "title")
    assert Offer.objects.get(pk=offer.pk).title == "CANARY"
