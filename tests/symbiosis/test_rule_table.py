"""The reviewed rule table: it holds together, names only what exists, and refuses what does not."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from marketplace.catalogue.knowledge import load_knowledge
from marketplace.firms.permits import Permit
from symbiosis.core.errors import RuleTableError
from symbiosis.core.legality import Effect, Role, parse_table
from symbiosis.legality import RULE_FILES, _rows, rule_table

TABLE = rule_table()
RULES = pytest.mark.parametrize("rule", TABLE.rules, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def knowledge():
    return load_knowledge()


@RULES
def test_a_rule_speaks_of_concepts_and_codes_that_exist(rule, knowledge):
    concepts = {concept.id for concept in knowledge.concepts}
    assert rule.when.use | rule.when.not_use | rule.when.material <= concepts
    known = {code.code for code in knowledge.waste_codes}
    for prefix in (*rule.when.codes, *rule.when.not_codes):
        assert any(code.startswith(prefix) for code in known), prefix


@RULES
def test_a_rule_is_cited_dated_and_worded_in_both_languages(rule):
    assert any(letter.isdigit() for letter in rule.citation)
    assert date(1986, 1, 1) < rule.dated < date(2026, 11, 21)
    assert len(rule.en) > 30
    assert len(rule.bg) > 30
    assert rule.id.startswith(f"{rule.country.lower()}-")


@pytest.mark.parametrize("paper", TABLE.papers.values(), ids=lambda paper: paper.key)
def test_a_paper_is_asked_for_and_can_be_recorded(paper):
    assert any(rule.paper is paper for rule in TABLE.rules), "no rule asks for it"
    assert paper.kinds <= set(Permit.Kind.values)
    assert paper.role is Role.DEAL or paper.issuer_en


def test_every_kind_of_permit_counts_somewhere():
    counted = {kind for paper in TABLE.papers.values() for kind in paper.kinds}
    assert counted == set(Permit.Kind.values)


def test_bulgarian_law_covers_what_the_default_asks_of_waste():
    """No default on the holder's or receiver's papers for waste is left without its own law."""
    replaced = {rule.replaces for rule in TABLE.rules if rule.country == "BG"}
    at_home = {"eu-receiver-document", "eu-receiver-hazardous", "eu-carrier", "eu-records",
               "eu-hazardous-identification", "eu-by-product", "eu-end-of-waste",
               "eu-waste-code", "eu-mirror-entry", "eu-hazard-properties"}  # fmt: skip
    assert at_home <= replaced


def test_only_what_nothing_helps_is_forbidden_without_a_paper():
    for rule in TABLE.rules:
        assert (rule.paper is None) == (rule.effect is Effect.FORBID)


PAPER = {"key": "a-paper", "role": "receiver", "en": "a paper", "bg": "документ",
         "kinds": ["waste_permit"], "covers": ["code"]}  # fmt: skip
CONTRACT = {"key": "a-contract", "role": "deal", "en": "a contract", "bg": "договор"}
RULE = {
    "id": "eu-a-rule", "country": "EU", "law_of": "receiver", "effect": "condition",
    "paper": "a-paper", "citation": "Art. 1", "date": "2020-01-31", "en": "words", "bg": "думи",
    "when": {"status": ["waste"]},
}  # fmt: skip

FAULTS = [
    ("paper", "role", "judge"), ("paper", "en", "документ"), ("paper", "bg", "paper"),
    ("paper", "covers", ["weather"]), ("paper", "key", "Not a key"), ("paper", "colour", "red"),
    ("paper", "kinds", []), ("rule", "country", "XX"), ("rule", "law_of", "carrier"),
    ("rule", "effect", "maybe"), ("rule", "effect", "forbid"), ("rule", "effect", "accompany"),
    ("rule", "paper", "unknown"), ("rule", "paper", "a-contract"), ("rule", "date", "yesterday"),
    ("rule", "citation", ""), ("rule", "bg", "words"), ("rule", "to_verify", "perhaps"),
    ("rule", "replaces", "eu-no-such-rule"), ("rule", "when", {"status": ["rotten"]}),
    ("rule", "when", {"codes": ["0203"]}), ("rule", "when", {"operation": ["R14"]}),
    ("rule", "when", {"border": ["moon"]}), ("rule", "when", {"weather": ["rain"]}),
    ("rule", "when", "always"), ("rule", "colour", "red"),
]  # fmt: skip


def test_the_example_of_these_tests_is_sound():
    assert parse_table([PAPER, CONTRACT], [RULE]).by_id["eu-a-rule"].citation == "Art. 1"


@pytest.mark.parametrize(("record", "field", "value"), FAULTS)
def test_a_row_that_does_not_hold_is_refused_by_name(record, field, value):
    paper = PAPER | ({field: value} if record == "paper" else {})
    rule = RULE | ({field: value} if record == "rule" else {})
    with pytest.raises(RuleTableError) as refused:
        parse_table([paper, CONTRACT], [rule])
    assert refused.value.field in {field, *(value if isinstance(value, dict) else ()), "effect",
                                   "paper"}  # fmt: skip


def test_no_row_stands_twice():
    with pytest.raises(RuleTableError, match="twice"):
        parse_table([PAPER, CONTRACT], [RULE, RULE])
    with pytest.raises(RuleTableError, match="twice"):
        parse_table([PAPER, PAPER], [RULE])


def test_every_file_is_read():
    names = {path.name for path in rule_files()}
    assert names == {"papers.yaml", "green-list.yaml", *RULE_FILES}
    assert sum(len(_rows(name)) for name in RULE_FILES) == len(TABLE.rules)


def rule_files():
    from symbiosis.legality import LEGALITY_DIR

    return list(LEGALITY_DIR.glob("*.yaml"))


@pytest.mark.parametrize(("holder", "receiver"), list(product(["BG", "RO", "RS"], repeat=2)))
def test_no_default_and_its_replacement_hold_together(holder, receiver):
    in_force = TABLE.in_force(holder, receiver)
    ids = {rule.id for rule in in_force}
    assert not ids & {rule.replaces for rule in in_force}
