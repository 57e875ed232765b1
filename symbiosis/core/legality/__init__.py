"""May this stream go to that receiver, and which paper is missing? No Django, no clock.

`parse_table` reads the reviewed rules; `decide` weighs one case and names every missing paper;
`barriers` answers only whether the case is blocked and by which rules, for whole classes of
listings at once. docs/algorithms/legality.md tells the law behind it.
"""

from symbiosis.core.legality.decide import (
    Finding,
    Outcome,
    Shortfall,
    Verdict,
    Warned,
    barriers,
    decide,
    may_block,
)
from symbiosis.core.legality.facts import NOTHING, Case, Document, Party, Route, Status, Stream
from symbiosis.core.legality.table import Effect, Paper, Role, Rule, RuleTable, parse_table

__all__ = [
    "NOTHING",
    "Case",
    "Document",
    "Effect",
    "Finding",
    "Outcome",
    "Paper",
    "Party",
    "Role",
    "Route",
    "Rule",
    "RuleTable",
    "Shortfall",
    "Status",
    "Stream",
    "Verdict",
    "Warned",
    "barriers",
    "decide",
    "may_block",
    "parse_table",
]
