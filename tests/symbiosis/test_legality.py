"""The law, rule by rule: the shipped table put to cases, each by the citation it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbiosis.core.legality import (
    Case,
    Document,
    Outcome,
    Party,
    Route,
    Shortfall,
    Status,
    Stream,
    barriers,
    decide,
    may_block,
)
from symbiosis.legality import blocking_table, rule_table

DAY = date(2026, 11, 21)
TABLE = rule_table()


def stream(status="waste", code="", entry="", material="stuff", *, broader=(), kind="material"):
    lineage = frozenset({material, *broader})
    return Stream(material, lineage, kind, Status(status), code, entry)


def route(use="somewhere", operation="R3", *, broader=()):
    return Route(operation, use, frozenset({use, *broader}))


def case(what, way=None, *, holder="BG", receiver="BG", held=(), taken=(), **more):
    return Case(
        stream=what,
        route=way or route(),
        holder=Party(holder, 1, tuple(held)),
        receiver=Party(receiver, 2, tuple(taken)),
        day=DAY,
        **more,
    )


def paper(kind, *codes, operations=("R1", "R2", "R3", "R4", "R5", "R10", "R12", "R13"), **more):
    return Document(
        kind,
        more.pop("number", "1"),
        codes=more.pop("limits", dict.fromkeys(codes)),
        operations=frozenset(operations),
        **more,
    )


PLAIN = stream(code="020304", entry="AN")
MIRROR = stream(code="200125", entry="MN")
HAZARDOUS = stream(code="140603", entry="AH")
SCRAP = stream(code="170405", entry="MN", material="ferrous-scrap")

# (what it is about, case, outcome, rule id, paper asked for)
LAW = [
    ("status unknown", case(stream("unknown")), "conditional", "bg-status-settled", "legal-status"),
    ("waste without a code", case(stream()), "conditional", "bg-waste-code", "waste-code"),
    ("a code says it is waste", case(stream("unknown", "020304", "AN")), "conditional",
     "bg-receiver-document", "bg-treatment-document"),
    ("mirror entry", case(MIRROR), "conditional", "bg-mirror-entry", "hazard-assessment"),
    ("outside the green list", case(PLAIN, receiver="GR"), "conditional", "eu-not-green-listed",
     "shipment-consent"),
    ("receiver, чл. 35", case(PLAIN), "conditional", "bg-receiver-document",
     "bg-treatment-document"),
    ("scrap metal needs a permit", case(SCRAP), "conditional", "bg-receiver-metal",
     "bg-metal-permit"),
    ("hazardous, чл. 67", case(HAZARDOUS), "blocked", "bg-receiver-hazardous",
     "bg-hazardous-permit"),
    ("HP1-HP15", case(HAZARDOUS), "blocked", "bg-hazard-properties", "hazard-properties"),
    ("hazardous on the road", case(HAZARDOUS), "blocked", "eu-dangerous-goods", "dangerous-goods"),
    ("carrier, чл. 78", case(PLAIN), "conditional", "bg-carrier", "bg-carrier-registration"),
    ("four conditions, Art. 5", case(stream("by_product"), route(operation="by-product")),
     "conditional", "bg-by-product", "by-product-evidence"),
    ("end of waste", case(stream("end_of_waste")), "conditional", "bg-end-of-waste",
     "end-of-waste-conformity"),
    ("scrap, 333/2011", case(stream("end_of_waste"), route("steelmaking-scrap-charge")),
     "conditional", "eu-end-of-waste-metal", "end-of-waste-conformity"),
    ("cullet, 1179/2012", case(stream("end_of_waste"), route("glass-cullet-furnace")),
     "conditional", "eu-end-of-waste-glass", "end-of-waste-conformity"),
    ("copper, 715/2013", case(stream("end_of_waste"), route("copper-smelter-feed")),
     "conditional", "eu-end-of-waste-copper", "end-of-waste-conformity"),
    ("feed business", case(stream("by_product"), route("ruminant-feed", broader=["animal-feed"])),
     "conditional", "bg-feed-business", "feed-business"),
    ("feed supplier", case(stream("product"), route("animal-feed")), "conditional",
     "eu-feed-supplier", "feed-business-holder"),
    ("food business", case(stream("product"), route("food-ingredient")), "conditional",
     "eu-food-business", "food-business"),
    ("waste is no food", case(PLAIN, route("food-redistribution")), "blocked",
     "eu-food-waste-status", ""),
    ("catering waste is no feed", case(stream(code="200108", entry="AN"), route("animal-feed")),
     "blocked", "eu-feed-catering", ""),
    ("manure is no feed", case(stream("by_product", material="cattle-manure", broader=["manures"]),
     route("animal-feed")), "blocked", "eu-feed-manure", ""),
    ("dressed seed is no feed", case(stream("by_product", material="seed-reject"),
     route("animal-feed")), "blocked", "eu-feed-dressed-seed", ""),
    ("fallen stock", case(stream("by_product", material="fallen-stock"),
     route("fishmeal-raw-material")), "blocked", "eu-feed-fallen-stock", ""),
    ("waste as fuel, 2010/75", case(stream(code="150103", entry="MN"), route("boiler-fuel", "R1")),
     "conditional", "eu-waste-as-fuel", "co-incineration-permit"),
    ("PCB are destroyed", case(stream(code="130101", entry="AH"), route(operation="R9")),
     "blocked", "eu-pop", ""),
    ("asbestos", case(stream(code="170605", entry="AH")), "blocked", "eu-asbestos", ""),
    ("sludge on land", case(stream(code="190805", entry="AN", material="sewage-sludge"),
     route("soil-improver", "R10")), "conditional", "bg-sludge-on-land", "sludge-use-permit"),
    ("animal by-products", case(stream("by_product", material="whey")), "conditional",
     "bg-animal-by-products", "animal-by-products"),
    ("hazardous is no by-product", case(HAZARDOUS, route(operation="by-product")), "blocked",
     "eu-hazardous-as-by-product", "by-product-evidence"),
    ("DIWASS", case(PLAIN, receiver="RO"), "conditional", "eu-diwass", "shipment-registration"),
    ("notification, Art. 5", case(HAZARDOUS, receiver="RO"), "blocked", "eu-notification",
     "shipment-consent"),
    ("sludge is not green", case(stream(code="190805", entry="AN"), receiver="GR"), "conditional",
     "eu-notified-codes", "shipment-consent"),
    ("Romanian receiver", case(PLAIN, receiver="RO"), "conditional", "eu-receiver-document",
     "treatment-document"),
    ("Romanian holder", case(PLAIN, holder="RO"), "conditional", "eu-carrier",
     "carrier-registration"),
    ("status across the border", case(stream("by_product"), receiver="RO"), "conditional",
     "eu-status-across-border", "legal-status"),
    ("hazardous leaves the OECD", case(HAZARDOUS, receiver="RS"), "blocked", "eu-export-hazardous",
     ""),
    ("green export", case(PLAIN, receiver="RS"), "conditional", "eu-export-green",
     "shipment-consent"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("about", "given_case", "outcome", "rule", "asked"), LAW, ids=[row[0] for row in LAW]
)
def test_the_law_names_its_paper(about, given_case, outcome, rule, asked):
    verdict = decide(TABLE, given_case)
    found = {f.rule.id: f for f in (*verdict.blocks, *verdict.missing)}
    assert verdict.outcome == outcome
    assert rule in found
    assert (found[rule].paper.key if found[rule].paper else "") == asked


ACCOMPANYING = [
    ("contract, чл. 8", case(PLAIN), "written-contract"),
    ("identification document", case(HAZARDOUS), "identification-document"),
    ("record book", case(PLAIN), "record-book"),
    ("Annex VII", case(replace(PLAIN, green=("B3060",)), receiver="GR"), "annex-vii"),
    ("movement document", case(HAZARDOUS, receiver="RO"), "movement-document"),
    ("certain use", case(stream("by_product")), "by-product-contract"),
    ("safety data sheet", case(stream("product"), route("acid-regeneration")), "safety-data-sheet"),
    ("commercial document", case(stream("by_product", material="whey")), "commercial-document"),
]


@pytest.mark.parametrize(("about", "given_case", "key"), ACCOMPANYING)
def test_papers_of_the_deal_are_named_not_missed(about, given_case, key):
    verdict = decide(TABLE, given_case)
    assert key in {rule.paper.key for rule in verdict.accompanying}
    assert key not in {f.paper.key for f in verdict.missing if f.paper}
    signed = decide(TABLE, replace(given_case, drawn_up=frozenset({key})))
    assert key not in {rule.paper.key for rule in signed.accompanying}


@pytest.mark.parametrize("kind", ["water", "energy", "capacity"])
def test_what_is_no_material_asks_for_no_paper(kind):
    verdict = decide(TABLE, case(stream("unknown", kind=kind)))
    assert verdict.outcome == Outcome.ALLOWED
    assert not verdict.accompanying


def test_a_product_moves_freely():
    assert decide(TABLE, case(stream("product"))).outcome == Outcome.ALLOWED


CARRIER = paper("waste_transport", "020304", "140603")
REGISTERED = paper("waste_registration", "020304", site=2)


def test_with_every_paper_a_waste_exchange_is_allowed():
    verdict = decide(TABLE, case(PLAIN, held=[CARRIER], taken=[REGISTERED]))
    assert verdict.outcome == Outcome.ALLOWED
    assert {rule.id for rule in verdict.held} == {"bg-carrier", "bg-receiver-document"}


def test_either_side_may_carry():
    assert decide(TABLE, case(PLAIN, taken=[CARRIER, REGISTERED])).outcome == Outcome.ALLOWED


def test_hazardous_waste_moves_with_every_paper():
    permit = paper("waste_permit", "140603", operations=["R2"], site=2)
    sheet = paper("classification", "140603", hazard_properties=frozenset({"HP3"}))
    verdict = decide(
        TABLE,
        case(
            HAZARDOUS,
            route(operation="R2"),
            held=[sheet, CARRIER, paper("dangerous_goods")],
            taken=[permit],
        ),
    )
    assert verdict.outcome == Outcome.ALLOWED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"codes": {"020103": None}}, Shortfall.CODE),
        ({"operations": frozenset({"R13"})}, Shortfall.OPERATION),
        ({"site": 9}, Shortfall.SITE),
        ({"valid_until": DAY - timedelta(days=1)}, Shortfall.EXPIRED),
        ({"valid_from": DAY + timedelta(days=1)}, Shortfall.NOT_YET_VALID),
        ({"codes": {"020304": 499_999}}, Shortfall.TONNES),
        ({"kind": "waste_transport"}, Shortfall.ABSENT),
    ],
)
def test_a_document_falls_short_for_a_stated_reason(change, why):
    short = replace(REGISTERED, **change)
    verdict = decide(TABLE, case(PLAIN, held=[CARRIER], taken=[short], kg=500_000))
    (missing,) = verdict.missing
    assert (missing.rule.id, missing.shortfall) == ("bg-receiver-document", why)
    assert missing.number == ("" if why is Shortfall.ABSENT else "1")


def test_the_nearest_document_is_named():
    wrong_code = replace(REGISTERED, number="far", codes={"020103": None})
    lapsed = replace(REGISTERED, number="near", valid_until=DAY - timedelta(days=9))
    for documents in ([wrong_code, lapsed], [lapsed, wrong_code]):
        verdict = decide(TABLE, case(PLAIN, held=[CARRIER], taken=documents))
        assert [f.number for f in verdict.missing] == ["near"]


def test_valid_through_its_last_day_and_warned_before():
    last = replace(REGISTERED, valid_until=DAY)
    verdict = decide(TABLE, case(PLAIN, held=[CARRIER], taken=[last]))
    assert verdict.outcome == Outcome.ALLOWED
    assert [(w.number, w.valid_until) for w in verdict.warnings] == [("1", DAY)]
    longer = replace(last, number="2", valid_until=DAY + timedelta(days=400))
    assert not decide(TABLE, case(PLAIN, held=[CARRIER], taken=[last, longer])).warnings


def test_a_side_that_keeps_its_papers_back_is_asked_not_barred():
    hidden = replace(case(HAZARDOUS), receiver=Party("BG", 0, told=False))
    verdict = decide(TABLE, hidden)
    assert verdict.outcome == Outcome.CONDITIONAL
    assert Shortfall.NOT_TOLD in {f.shortfall for f in verdict.missing}
    forbidden = replace(hidden, stream=stream(code="170605", entry="AH"))
    assert decide(TABLE, forbidden).outcome == Outcome.BLOCKED


def test_a_limit_in_tonnes_leaves_room_for_less():
    permit = paper("waste_permit", operations=["R3"], site=2, limits={"140603": 200_000})
    for kg, barred in ((None, False), (150_000, False), (250_000, False)):
        verdict = decide(TABLE, case(HAZARDOUS, taken=[permit], kg=kg))
        assert (verdict.outcome == Outcome.BLOCKED) is barred
    assert Shortfall.TONNES in {f.shortfall for f in verdict.missing}


def test_national_law_stands_in_for_the_default_only_at_home():
    rules = {rule.id for rule in TABLE.in_force("BG", "BG")}
    assert "bg-receiver-document" in rules
    assert "eu-receiver-document" not in rules
    across = {rule.id for rule in TABLE.in_force("BG", "RO")}
    assert {"bg-carrier", "eu-receiver-document"} <= across
    assert "bg-receiver-document" not in across


# -- what always holds ------------------------------------------------------------------------

STATUSES = st.sampled_from(["unknown", "waste", "by_product", "end_of_waste", "product"])
CODES = st.sampled_from(
    [("", ""), ("020304", "AN"), ("200125", "MN"), ("140603", "AH"), ("170405", "MN"),
     ("200108", "AN"), ("190805", "AN"), ("170605", "AH"), ("130101", "AH")]
)  # fmt: skip
KINDS = sorted({kind for paper in TABLE.papers.values() for kind in paper.kinds})
DATES = st.one_of(st.none(), st.dates(DAY - timedelta(days=200), DAY + timedelta(days=200)))
OPERATIONS = ["R1", "R2", "R3", "R9", "R10", "by-product", "end-of-waste", "direct", ""]

documents = st.builds(
    Document,
    kind=st.sampled_from(KINDS),
    number=st.sampled_from(["1", "2", "3"]),
    site=st.sampled_from([None, 1, 2, 9]),
    codes=st.dictionaries(
        st.sampled_from(["020304", "200125", "140603", "170405"]),
        st.one_of(st.none(), st.integers(1, 10**7)),
    ),
    operations=st.frozensets(st.sampled_from(["R1", "R2", "R3", "R10", "R13"])),
    materials=st.frozensets(st.sampled_from(["stuff", "other"])),
    hazard_properties=st.frozensets(st.sampled_from(["HP3", "HP14"])),
    valid_from=DATES,
    valid_until=DATES,
)
parties = st.builds(
    Party,
    country=st.sampled_from(["BG", "RO", "GR", "RS", "TR"]),
    site=st.sampled_from([1, 2]),
    documents=st.lists(documents, max_size=4).map(tuple),
    told=st.booleans(),
)
uses = st.sampled_from(
    ["somewhere", "animal-feed", "boiler-fuel", "food-ingredient", "soil-improver"]
)
cases = st.builds(
    lambda status, code, use, operation, holder, receiver, kg: Case(
        stream(status, *code), route(use, operation), holder, receiver, DAY, kg
    ),
    STATUSES,
    CODES,
    uses,
    st.sampled_from(OPERATIONS),
    parties,
    parties,
    st.one_of(st.none(), st.integers(1, 10**7)),
)
BADNESS = {Outcome.ALLOWED: 0, Outcome.CONDITIONAL: 1, Outcome.BLOCKED: 2}


def unmet(verdict):
    return {f.rule.id for f in (*verdict.blocks, *verdict.missing)}


@given(cases, documents, st.sampled_from(["holder", "receiver"]))
def test_one_more_paper_never_makes_it_worse(given_case, document, side):
    before = decide(TABLE, given_case)
    party = getattr(given_case, side)
    richer = replace(party, documents=(*party.documents, document))
    after = decide(TABLE, replace(given_case, **{side: richer}))
    assert BADNESS[after.outcome] <= BADNESS[before.outcome]
    assert unmet(after) <= unmet(before)


@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_papers_does_not_matter(given_case, chance):
    shuffled = {}
    for side in ("holder", "receiver"):
        party = getattr(given_case, side)
        shuffled[side] = replace(
            party, documents=tuple(chance.sample(party.documents, len(party.documents)))
        )
    one, other = decide(TABLE, given_case), decide(TABLE, replace(given_case, **shuffled))
    assert one.outcome == other.outcome
    assert [(f.rule.id, f.shortfall) for f in one.missing] == [
        (f.rule.id, f.shortfall) for f in other.missing
    ]
    assert one.warnings == other.warnings


@given(cases)
def test_the_matchers_question_is_the_verdicts(given_case):
    """Whole classes are asked with the blocking rules alone; the answer is that of the verdict."""
    verdict = decide(TABLE, given_case)
    found = barriers(blocking_table(), given_case)
    assert [f.rule.id for f in found] == [f.rule.id for f in verdict.blocks]
    if found:
        assert may_block(blocking_table(), given_case)


@given(cases)
def test_showing_ones_papers_is_no_harm_where_they_suffice(given_case):
    told = replace(
        given_case,
        holder=replace(given_case.holder, told=True),
        receiver=replace(given_case.receiver, told=True),
    )
    assert {rule.id for rule in decide(TABLE, given_case).held} <= {
        rule.id for rule in decide(TABLE, told).held
    }
