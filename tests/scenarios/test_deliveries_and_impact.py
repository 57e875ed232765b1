"""Two breweries, a farm and a recycler, from first listing to confirmed deliveries and impact."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client as Browser
from pypdf import PdfReader

from geo.selectors import region_by_code
from marketplace.models import Conversion, Membership, Organisation, User
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    WasteCodeFactory,
)
from tests.scenarios.cast import PLACES, WHO, Clock, Market
from tests.scenarios.transcripts import Transcript, said

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("frozen", "bulgaria", "catalogue"),
]


@pytest.fixture
def clock(frozen: datetime, monkeypatch: pytest.MonkeyPatch) -> Clock:
    moving = Clock(frozen)
    monkeypatch.setattr("django.utils.timezone.now", moving)
    return moving


@pytest.fixture
def catalogue(db: None) -> None:
    """Grains are fed to cattle; glass is melted again."""
    grain, glass = (
        MaterialFactory(substitution=Decimal("0.25")),
        MaterialFactory(
            code="waste-glass-packaging",
            name_en="Waste glass packaging",
            name_bg="Отпадъчни стъклени опаковки",
            pillar="plastics-packaging",
            disposal_cents_per_t=9_500,
            avoided_kgco2e_per_t=Decimal("588.56"),
            avoided_source="DEFRA/DESNZ 2025, glass: 1402.77 - 823.19 + landfill 8.98 kg CO2e/t",
            substitution=Decimal("0.95"),
        ),
    )
    uses = {
        "ruminant-feed": ("Ruminant feed", "Фураж за преживни", 16_000, grain, "feeding fresh"),
        "glass-furnace": ("Glass furnace", "Стъкларска пещ", 7_000, glass, "sorting and crushing"),
    }
    for code, (english, bulgarian, purchase, source, process) in uses.items():
        use = MaterialFactory(
            code=code,
            name_en=english,
            name_bg=bulgarian,
            is_use=True,
            disposal_cents_per_t=0,
            purchase_cents_per_t=purchase,
            substitution=None,
            avoided_kgco2e_per_t=None,
        )
        Conversion.objects.create(
            source=source,
            target=use,
            process_en=process,
            process_bg={"feeding fresh": "изхранване прясно"}.get(process, "сортиране и трошене"),
            cost_high_cents_per_t=2_000,
            route="R5" if source is glass else "by-product",
            weight=Decimal("0.9"),
        )
    WasteCodeFactory(code="150107", name_en="glass packaging", name_bg="стъклени опаковки")


@pytest.fixture
def people(bulgaria: None) -> dict[str, User]:
    chamber = OrganisationFactory(
        type=Organisation.Type.CHAMBER,
        name="Регионална палата Видин",
        region=region_by_code("BG311"),
    )
    found = {
        name: UserFactory(
            email=f"{name}@example.org", language="bg" if name in ("danube", "officer") else "en"
        )
        for name in (*PLACES, "officer")
    }
    MembershipFactory(user=found["officer"], organisation=chamber, role=Membership.Role.OFFICER)
    return found


@pytest.fixture
def story(transcript: Callable[[str, str, str], Transcript]) -> Transcript:
    return transcript(
        "deliveries-and-impact",
        "From a listing to confirmed tonnes",
        "Two breweries, a farm and a recycler post, agree, deliver and count. Written by the test "
        "`tests/scenarios/test_deliveries_and_impact.py`, which plays the story through the API "
        "and the pages; ids and clock are frozen. Everybody in it is invented.",
    )


def test_from_listings_to_confirmed_tonnes(
    story: Transcript, clock: Clock, people: dict[str, User]
) -> None:
    market = Market(story, clock, people)
    _they_join(market)
    _they_post(market)
    proposals = _they_read_what_fits(market)
    exchanges = {pair: _they_agree(market, *pair, found) for pair, found in proposals.items()}
    _the_chamber_sees_its_queue(market)
    _papers_are_drafted(market, exchanges)
    _deliveries_are_told_and_confirmed(market, exchanges)
    _a_delivery_is_corrected(market, exchanges)
    _record_books_are_written(market)
    _impact_is_counted_once(market)
    _statements_in_both_languages(market)
    _the_market_follows_up(market)


def _they_join(market: Market) -> None:
    market.story.chapter("They join", "Each registers the firm and says where it is.")
    for name, (bulgarian, english, place) in PLACES.items():
        first = name == "danube"
        body = {"name": bulgarian, "name_en": english}
        market.send(name, "/api/v1/organisations", body, told=first)
        point = {"type": "Point", "coordinates": list(place)}
        site = market.send(
            name, "/api/v1/sites", {"name": "Площадка", "location": point}, told=first
        )
        market.sites[name] = site["id"]


def _they_post(market: Market) -> None:
    market.story.chapter("They post", "What they have, and what they could use.")
    listings: list[tuple[str, str, str, str, dict[str, Any]]] = [
        ("danube", "offers", "brewers-spent-grain", "1200", {"waste_status": "by_product"}),
        ("thracia", "offers", "brewers-spent-grain", "500", {"waste_status": "by_product"}),
        (
            "thracia",
            "offers",
            "waste-glass-packaging",
            "60",
            {"waste_status": "waste", "waste_code": "150107"},
        ),
        ("farm", "needs", "ruminant-feed", "1700", {}),
        ("recycler", "needs", "glass-furnace", "400", {}),
    ]
    for name, kind, material, tonnes, more in listings:
        quantity = {"value": tonnes, "unit": "t", "basis": "year"}
        body = {"site": market.sites[name], "material": material, "quantity": quantity, **more}
        market.send(name, f"/api/v1/{kind}", body)


def _they_read_what_fits(market: Market) -> dict[tuple[str, str], str]:
    market.story.chapter("The market is matched", "`manage.py run_matching`, then each reads.")
    call_command("run_matching", verbosity=0)
    found = {}
    for receiver in ("farm", "recycler"):
        for row in market.read(receiver, "/api/v1/proposals?mine=true")["results"]:
            holder = next(n for n in PLACES if WHO[n] == row["offer"]["organisation"]["label"])
            found[holder, receiver] = row["id"]
            market.story.say(
                f"- {WHO[holder]} → {WHO[receiver]}: {row['offer']['title']}, "
                f"{row['quantity']['value']} {row['quantity']['unit']} a year, "
                f"EUR {row['value']['total']}"
            )
    pairs = [("danube", "farm"), ("thracia", "farm"), ("thracia", "recycler")]
    assert sorted(found) == pairs
    return {pair: found[pair] for pair in pairs}


def _they_agree(market: Market, holder: str, receiver: str, proposal: str) -> str:
    first = (holder, receiver) == ("danube", "farm")
    if first:
        market.story.chapter(
            "They agree", "Interest, names, terms, acceptance; told once, done by all three pairs."
        )
    exchange = market.send(receiver, "/api/v1/exchanges", {"proposal": proposal}, told=first)
    path = f"/api/v1/exchanges/{exchange['id']}"

    def move(name: str, **body: Any) -> Any:
        return market.send(name, f"{path}/moves", body, told=first, status=200)

    move(holder, move="interest")
    move(receiver, move="share")
    move(holder, move="share")
    terms = {
        "quantity": {"value": "60" if receiver == "recycler" else "480", "unit": "t"},
        "price": {"amount": "12.50"},
        "starts_on": market.clock.day,
        "ends_on": (market.clock.moment + timedelta(days=364)).date().isoformat(),
        "incoterm": "DAP",
        "haulage_borne_by": "shared" if receiver == "recycler" else "offer",
    }
    told = market.send(holder, f"{path}/terms", terms, told=first)
    agreed = move(receiver, move="accept_terms", terms=told["number"])
    assert agreed["state"] == "agreed"
    return str(exchange["id"])


def _the_chamber_sees_its_queue(market: Market) -> None:
    market.story.chapter("The chamber's queue", "The officer of Vidin sees the own region's.")
    page = market.browser("officer", "bg").get("/chamber/?region=BG311")
    rows = said(page, "tr", within=("table", "queue"))[1:]
    market.story.page("/chamber/", rows, who="The officer")
    assert len(rows) == 1
    assert "Danube Brewery" not in rows[0], "names in the reader's own language"
    assert "Дунав" in rows[0]


def _papers_are_drafted(market: Market, exchanges: dict[tuple[str, str], str]) -> None:
    market.story.chapter("The papers", "Drafts to complete and sign, in both languages.")
    exchange = exchanges["thracia", "recycler"]
    for language, words in (
        ("bg", ["Чернова", "Пивоварна „Тракия“ АД", "15 01 07", "Получателят плаща"]),
        ("en", ["Draft", "Thracia Brewery JSC", "15 01 07", "The receiver pays the holder"]),
    ):
        path = f"/exchanges/{exchange}/papers/contract-annex.pdf?lang={language}"
        answer = market.browser("recycler").get(path)
        assert answer["Content-Type"] == "application/pdf"
        pages = PdfReader(io.BytesIO(answer.content)).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        for word in words:
            assert word in text
        market.story.page(path, [f"PDF, {len(pages)} pages: {', '.join(words)}"], who="Cullet Ltd")
    hazardous = f"/exchanges/{exchange}/papers/identification-document.pdf"
    assert market.browser("recycler").get(hazardous).status_code == 404, "glass is not hazardous"
    stranger = market.browser("farm").get(f"/exchanges/{exchange}/papers/contract-annex.pdf")
    assert stranger.status_code == 404


def _delivery(market: Market, exchange: str, tonnes: str, **more: Any) -> dict[str, Any]:
    quantity = {"value": tonnes, "unit": "t"}
    return {
        "exchange": exchange,
        "delivered_on": market.clock.day,
        "quantity": quantity,
        **more,
    }


def _deliveries_are_told_and_confirmed(
    market: Market, exchanges: dict[tuple[str, str], str]
) -> None:
    market.story.chapter(
        "Tonnes move", "The holder records, the receiver confirms; only then a delivery counts."
    )
    market.clock.days_later(30)
    loads: list[tuple[str, str, str, dict[str, Any]]] = [
        ("danube", "farm", "40", {"paper": "CMR 0117"}),
        ("thracia", "farm", "24", {}),
        ("thracia", "recycler", "5", {"operation": "R5", "transport": "road-rigid"}),
    ]
    for holder, receiver, tonnes, more in loads:
        body = _delivery(market, exchanges[holder, receiver], tonnes, **more)
        told = market.send(holder, "/api/v1/deliveries", body)
        own_word = market.program(holder).post(f"/api/v1/deliveries/{told['id']}/confirmation", {})
        assert own_word.status_code == 403
        confirmed = market.browser(receiver).post(f"/deliveries/{told['id']}/confirm/", follow=True)
        lines = [*said(confirmed, "li", of_class="tile"), *said(confirmed, "tbody")[:1]]
        market.story.page(confirmed.redirect_chain[-1][0], lines, who=WHO[receiver])
        after = market.read(receiver, f"/api/v1/deliveries/{told['id']}")
        assert (after["status"], after["counts"]) == ("confirmed", True)


def _a_delivery_is_corrected(market: Market, exchanges: dict[tuple[str, str], str]) -> None:
    market.story.chapter(
        "One was different", "A contested entry stays; a correction takes its place."
    )
    market.clock.days_later(7)
    told = market.send(
        "danube", "/api/v1/deliveries", _delivery(market, exchanges["danube", "farm"], "45")
    )
    path = f"/api/v1/deliveries/{told['id']}"
    objection = {"objection": "Our scales said 41.5 t."}
    contested = market.send("farm", f"{path}/objection", objection, status=200)
    assert contested["status"] == "contested"
    correction = _delivery(market, "", "41.5")
    del correction["exchange"]
    corrected = market.send("danube", f"{path}/correction", correction)
    final = market.send(
        "farm", f"/api/v1/deliveries/{corrected['id']}/confirmation", {}, status=200
    )
    assert (final["corrects"], final["counts"]) == (told["id"], True)
    entries = market.read("farm", "/api/v1/deliveries?counts=true")["results"]
    assert sorted(Decimal(e["quantity"]["value"]) for e in entries) == [24, 40, Decimal("41.5")]


def _record_books_are_written(market: Market) -> None:
    market.story.chapter("The record books", "Code, quantity, operation and day.")
    for name in ("thracia", "recycler"):
        book = market.browser(name).get("/my/record-book.csv").content.decode("utf-8-sig")
        glass = [line for line in book.splitlines() if "15 01 07" in line]
        assert len(glass) == 1
        assert ",R5," in glass[0]
        market.story.page("/my/record-book.csv", glass, who=WHO[name])


def _impact_is_counted_once(market: Market) -> None:
    market.story.chapter(
        "Impact is counted once",
        "Each firm reads its own share; the four together are what the ledger holds.",
    )
    together: dict[str, int] = {}
    ledger: dict[tuple[str, str], int] = {}
    for name in PLACES:
        statement = market.read(name, "/api/v1/impact")
        for measure, band in statement["delivered"].items():
            together[measure] = together.get(measure, 0) + int(band["amount"])
        told = {measure: band["amount"] for measure, band in statement["delivered"].items()}
        market.story.say(f"- {WHO[name]}: " + ", ".join(f"{m} {v}" for m, v in told.items()))
        for figure in market.read(name, "/api/v1/impact-figures")["results"]:
            ledger[figure["delivery"], figure["measure"]] = int(figure["total"]["amount"])
    whole: dict[str, int] = {}
    for (_delivery_id, measure), amount in ledger.items():
        whole[measure] = whole.get(measure, 0) + amount
    assert together == whole
    assert whole["diverted_kg"] == 40_000 + 24_000 + 5_000 + 41_500
    market.story.say("Together: " + ", ".join(f"{m} {v}" for m, v in whole.items()))
    farm = market.read("farm", "/api/v1/impact")
    assert Decimal(farm["agreed"]["diverted_kg"]["amount"]) == 480_000
    assert Decimal(farm["delivered"]["diverted_kg"]["amount"]) == (40_000 + 24_000 + 41_500) / 2


def _statements_in_both_languages(market: Market) -> None:
    market.story.chapter("The statement", "For a firm, in its reader's language; for a chamber.")
    headings = {"bg": "Отчет за въздействието", "en": "Impact statement"}
    for language, heading in headings.items():
        page = market.browser("farm", language).get("/impact/")
        assert said(page, "h1") == [heading]
        rows = said(page, "tr", within=("section", "card-sheet"))
        market.story.page(f"/impact/ ({language})", rows, who=WHO["farm"])
        assert len(rows) > 4
    year = market.clock.moment.year
    chamber = market.browser("officer", "bg").get(f"/chamber/impact/?region=BG311&year={year}")
    told = said(chamber, "p", within=("section", "card-sheet"))
    market.story.page("/chamber/impact/", told, who="The officer of Vidin")
    assert "по-малко от три фирми" in told[0], "one brewery alone is no statistic"


def _the_market_follows_up(market: Market) -> None:
    market.story.chapter(
        "Time passes",
        "`manage.py tick` reminds, asks and sums up; a second pass says nothing new.",
    )
    market.clock.days_later(90)
    mail.outbox.clear()
    call_command("tick", verbosity=0)
    sent = len(mail.outbox)
    letters = {(letter.to[0], letter.subject): letter.body for letter in mail.outbox}
    for address, subject in sorted(letters):
        market.story.say(f"- {address}: {subject}")
    asked = [subject for to, subject in letters if to == "danube@example.org"]
    assert any("Още ли е валидна" in subject for subject in asked)
    call_command("tick", verbosity=0)
    assert len(mail.outbox) == sent, "a second pass sends nothing"
    body = next(b for (to, s), b in letters.items() if to == "danube@example.org" and "Още" in s)
    link = next(line for line in body.splitlines() if "/listing-checks/" in line)
    path = "/" + link.split("/", 3)[3]
    visitor = Browser(headers={"accept-language": "bg"})
    assert visitor.get(path).status_code == 200
    answered = visitor.post(path, {"answer": "valid"}, follow=True)
    assert said(answered, "p", within=("div", "notice")) == ["Благодарим: обявата е потвърдена."]
