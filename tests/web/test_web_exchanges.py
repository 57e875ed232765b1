"""The pages of a negotiation: open from a proposal, move, propose, write, attach; who sees what."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from marketplace.models import Document, Exchange, Membership, Organisation
from symbiosis.models import Proposal
from tests.exchange_stories import Pair, pair
from tests.factories import MembershipFactory, OrganisationFactory, RegionFactory, SiteFactory

pytestmark = pytest.mark.django_db


def browser(organisation: Organisation, role: str = Membership.Role.OWNER) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(MembershipFactory(organisation=organisation, role=role).user)
    return client


def proposed(two: Pair) -> Proposal:
    return Proposal.objects.create(
        offer=two.offer,
        need=two.need,
        stage="planned",
        base_quantity=43_210,
        straight_m=1000,
        road_m=1300,
        value_cents=100,
        disposal_cents=50,
        purchase_cents=60,
        processing_cents=0,
        haulage_cents=10,
        value_cents_per_t=100,
        co2e_kg=5,
    )


def move(client: Client, exchange: Exchange, name: str, **answers: Any) -> Any:
    exchange.refresh_from_db()
    fields = {"version": exchange.version, **answers}
    body = {f"{name}-{field}": value for field, value in fields.items()}
    address = f"/exchanges/{exchange.public_id}/move/{name}/"
    return client.post(address, body, follow=True)


def test_from_the_button_on_a_proposal_to_agreement() -> None:
    two = pair()
    proposal = proposed(two)
    holder, receiver = browser(two.offer.organisation), browser(two.need.organisation)
    assert "Open an exchange" in holder.get(f"/proposals/{proposal.public_id}/").content.decode()
    opened = holder.post(f"/proposals/{proposal.public_id}/open/", follow=True)
    exchange = Exchange.objects.get()
    address = f"/exchanges/{exchange.public_id}/"
    assert opened.redirect_chain[-1][0] == address
    assert "To the exchange" in receiver.get(f"/proposals/{proposal.public_id}/").content.decode()
    for client, name in ((receiver, "interest"), (holder, "share"), (receiver, "share")):
        move(client, exchange, name)
    exchange.refresh_from_db()
    terms = {
        "quantity_value": "30,5",
        "quantity_unit": "t",
        "quantity_basis": "year",
        "price": "-7,50",
        "starts_on": "2027-01-01",
        "incoterm": "DAP",
        "haulage_borne_by": "offer",
        "version": exchange.version,
    }
    told = holder.post(f"{address}terms/", terms, follow=True).content.decode()
    assert "paid by the holder" in told
    move(receiver, exchange, "accept_terms", terms=1)
    exchange.refresh_from_db()
    assert (exchange.state, exchange.offer_reserved) == ("agreed", 30_500)
    assert address in holder.get("/my/").content.decode()


def test_a_refused_form_says_why_on_the_page() -> None:
    two = pair()
    exchange = two.opened()
    holder = browser(two.offer.organisation)
    told = move(holder, exchange, "decline", reason="")
    assert "This field is required" in told.content.decode()
    stale = move(holder, exchange, "decline", reason="price", version=1)
    assert "The exchange has changed meanwhile" in stale.content.decode()
    exchange.refresh_from_db()
    assert exchange.state == "interest_one"
    move(holder, exchange, "decline", reason="price", note="Твърде скъпо")
    exchange.refresh_from_db()
    assert (exchange.state, exchange.loss_reason) == ("declined", "price")


def test_an_anonymous_side_stays_unnamed_until_both_opted_in() -> None:
    organisation = OrganisationFactory(name="Тайна ООД", name_en="Secret Ltd")
    two = pair(
        need__visibility="anonymous",
        need__site=SiteFactory(organisation=organisation, name="Тайна площадка"),
        need__title="Тайно заглавие",
    )
    exchange = two.opened(base_quantity=43_210, value_cents=98_765_00)
    holder, receiver = browser(two.offer.organisation), browser(organisation)
    for step in ("", "interest", "share"):
        if step:
            move(receiver, exchange, step)
        for address in ("/my/", f"/exchanges/{exchange.public_id}/"):
            told = holder.get(address).content.decode()
            assert not [w for w in ("Secret", "Тайн", "98,765", "43.2") if w in told], address
    move(holder, exchange, "share")
    assert "Secret Ltd" in holder.get(f"/exchanges/{exchange.public_id}/").content.decode()


def test_documents_go_to_the_parties_alone() -> None:
    two = pair()
    exchange = two.opened()
    holder, receiver = browser(two.offer.organisation), browser(two.need.organisation)
    address = f"/exchanges/{exchange.public_id}/documents/"

    def attach(name: str, data: bytes) -> str:
        body = {"kind": "analysis", "file": SimpleUploadedFile(name, data)}
        return str(holder.post(address, body, follow=True).content.decode())

    assert "not what its name says" in attach("a.pdf", b"<script>")
    assert not Document.objects.exists()
    assert "a.pdf" in attach("a.pdf", b"%PDF-1.7")
    file = f"/documents/{Document.objects.get().public_id}/"
    served = receiver.get(file)
    assert served.content == b"%PDF-1.7"
    assert served["Content-Disposition"].startswith("attachment")
    assert browser(OrganisationFactory()).get(file).status_code == 404
    assert browser(OrganisationFactory()).get(address[:-10]).status_code == 404


def test_a_chamber_sees_where_it_stands_and_not_what_is_said() -> None:
    region = RegionFactory()
    two = pair(offer__site=SiteFactory(region=region))
    exchange = two.with_terms()
    receiver = browser(two.need.organisation)
    receiver.post(f"/exchanges/{exchange.public_id}/messages/", {"body": "Между нас"})
    chamber = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    officer = browser(chamber, Membership.Role.OFFICER)
    told = officer.get(f"/exchanges/{exchange.public_id}/").content.decode()
    assert "Terms on the table" in told or "terms on the table" in told
    assert not [word for word in ("Между нас", "12.50", "Propose these terms") if word in told]
    assert move(officer, exchange, "accept_terms", terms=1).status_code == 200
    exchange.refresh_from_db()
    assert exchange.state == "terms"
