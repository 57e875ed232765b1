"""The verdict is taken anew when an exchange is opened and when it is agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from marketplace.catalogue.green_list import green_entries
from marketplace.errors import Conflict
from marketplace.exchanges.services import MoveDetails, propose_terms
from marketplace.exchanges.words import Move
from marketplace.models import Exchange, Permit, PermittedCode, WasteCode
from symbiosis.lawful import checks_of, move_lawfully, verdicts_of
from symbiosis.legal_words import in_words
from symbiosis.models import LegalCheck, Proposal
from symbiosis.taking_up import open_from_proposal
from tests.api.callers import program
from tests.api.things import proposal
from tests.exchange_stories import NOW, TODAY, Pair, draft, pair
from tests.factories import SiteFactory, WasteCodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def solvent() -> WasteCode:
    code: WasteCode = WasteCodeFactory(code="140603", entry="AH")
    return code


def permitted(two: Pair, code: WasteCode, **fields: Any) -> Permit:
    """The receiver's permit for the code, whatever the operation and the site."""
    permit = Permit.objects.create(
        organisation=two.need.organisation, kind="waste_permit", number="P-77", **fields
    )
    PermittedCode.objects.create(permit=permit, waste_code=code)
    return permit


def hazardous(code: WasteCode) -> Pair:
    return pair(offer__waste_status="waste", offer__waste_code=code)


def agree(two: Pair, exchange: Exchange) -> Exchange:
    return move_lawfully(
        viewer=two.receiver,
        exchange=exchange,
        move=Move.ACCEPT_TERMS,
        now=NOW,
        details=MoveDetails(terms_number=exchange.terms_number),
    )


def test_a_permit_that_expired_meanwhile_bars_agreeing(solvent: WasteCode) -> None:
    two = hazardous(solvent)
    permit = permitted(two, solvent, valid_until=TODAY - timedelta(days=1))
    exchange = two.with_terms(10)
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        agree(two, exchange)
    (problem,) = refusal.value.problems
    assert problem.code == "barred_by_law"
    assert "P-77" in problem.detail, "the paper that lapsed is named"
    exchange.refresh_from_db()
    two.offer.refresh_from_db()
    assert (exchange.state, two.offer.base_reserved) == ("terms", 0)
    assert not LegalCheck.objects.exists()

    Permit.objects.filter(pk=permit.pk).update(valid_until=TODAY + timedelta(days=400))
    agreed = agree(two, exchange)
    assert agreed.state == "agreed"
    kept = LegalCheck.objects.get()
    assert (kept.move, kept.number, kept.outcome) == ("accept_terms", agreed.version, "conditional")
    assert "bg-receiver-hazardous" in kept.findings["held"]


def test_what_only_lacks_a_paper_goes_on_with_the_paper_named() -> None:
    two = pair(offer__waste_status="waste", offer__waste_code=WasteCodeFactory(code="020704"))
    exchange = agree(two, two.with_terms(10))
    (kept,) = checks_of(exchange, two.holder)
    assert "bg-treatment-document" in {line["paper"] for line in kept.findings["missing"]}
    assert kept.rules_edition


def test_what_was_kept_is_never_changed_and_is_the_parties_own() -> None:
    two = pair(offer__waste_status="waste")
    exchange = agree(two, two.with_terms(10))
    assert list(checks_of(exchange, pair().holder)) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        LegalCheck.objects.update(outcome="allowed")


def test_a_proposal_that_the_law_bars_by_now_is_not_opened(solvent: WasteCode) -> None:
    two = hazardous(solvent)
    found: Proposal = proposal(two.offer, two.need)
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        open_from_proposal(viewer=two.holder, proposal=found, now=NOW)
    assert refusal.value.problems[0].code == "barred_by_law"
    assert not Exchange.objects.exists()
    permitted(two, solvent)
    opened = open_from_proposal(viewer=two.holder, proposal=found, now=NOW)
    assert LegalCheck.objects.get().number == opened.version
    assert list(checks_of(opened, two.receiver)) == [], "before names are shared: nobody's papers"


def test_an_anonymous_receivers_papers_are_asked_for_not_judged(solvent: WasteCode) -> None:
    """A refusal would tell the holder what an anonymous side has not."""
    two = pair(offer__waste_status="waste", offer__waste_code=solvent, need__visibility="anonymous")
    open_from_proposal(viewer=two.holder, proposal=proposal(two.offer, two.need), now=NOW)
    (line,) = [
        line
        for line in LegalCheck.objects.get().findings["missing"]
        if line["rule"] == "bg-receiver-hazardous"
    ]
    assert line["why"] == "not_told"


def test_the_interface_names_papers_of_an_exchange() -> None:
    two = pair(offer__waste_status="waste", offer__waste_code=WasteCodeFactory(code="020704"))
    exchange = two.with_terms(10)
    caller = program(two.offer.organisation)
    told = caller.get(f"/api/v1/exchanges/{exchange.public_id}").json()["legality"]
    assert told["outcome"] == "conditional"
    assert "bg-treatment-document" in {line["paper"] for line in told["missing"]}


@pytest.mark.parametrize(
    ("code", "entry", "asked"),
    [("200125", "B3065", False), ("150105", "BEU04", False), ("190805", None, True),
     ("191212", "B3026", True), ("030305", None, True)],
)  # fmt: skip
def test_the_green_list_decides_between_annex_vii_and_notification(
    code: str, entry: str | None, asked: bool
) -> None:
    abroad = SiteFactory(country="RO", lon=26.1, lat=44.4)
    two = pair(
        offer__waste_status="waste",
        offer__waste_code=WasteCodeFactory(code=code, entry="AN"),
        need__site=abroad,
    )
    exchange = two.disclosed()
    (verdict,) = verdicts_of([exchange], two.holder, day=timezone.localdate(NOW)).values()
    words = in_words(verdict)
    entries = {found.key for found in words.green_list}
    assert (entry in entries) if entry else not entries
    papers = {line.paper for line in words.missing}
    accompanying = {line.paper for line in words.accompanying}
    assert ("shipment-consent" in papers) == asked
    assert ("annex-vii" in accompanying) == bool(entry)


def test_every_entry_says_where_it_stands() -> None:
    entries = [entry for code in ("150101", "200201", "170411") for entry in green_entries(code)]
    assert {entry.key for entry in entries} == {"B3020", "BEU05", "B1115"}
    for entry in entries:
        assert entry.citation.startswith("Regulation (EU) 2024/1157, Annex III")
        assert entry.to_verify


def test_new_terms_are_weighed_with_their_quantity() -> None:
    """A permit's yearly limit is held against what is agreed, not against what was proposed."""
    code = WasteCodeFactory(code="020704")
    two = pair(offer__waste_status="waste", offer__waste_code=code)
    permit = Permit.objects.create(
        organisation=two.need.organisation, kind="waste_registration", number="R-5"
    )
    PermittedCode.objects.create(permit=permit, waste_code=code, kg_per_year=20_000)
    exchange = two.disclosed()
    propose_terms(viewer=two.holder, exchange=exchange, draft=draft(30), now=NOW)
    exchange.refresh_from_db()
    agree(two, exchange)
    (line,) = [
        line
        for line in LegalCheck.objects.get().findings["missing"]
        if line["paper"] == "bg-treatment-document"
    ]
    assert (line["why"], line["number"]) == ("tonnes", "R-5")


def test_proposals_are_found_by_their_verdict(solvent: WasteCode) -> None:
    plain = pair()
    barred = hazardous(solvent)
    for two in (plain, barred):
        proposal(two.offer, two.need)
    caller = program(plain.offer.organisation)
    found = {
        outcome: [
            row["offer"]["id"]
            for row in caller.get(f"/api/v1/proposals?legality={outcome}").json()["results"]
        ]
        for outcome in ("allowed", "conditional", "blocked")
    }
    assert found["blocked"] == [barred.offer.public_id]
    assert plain.offer.public_id in found["conditional"] + found["allowed"]
    assert caller.get("/api/v1/proposals?legality=perhaps").status_code == 400
