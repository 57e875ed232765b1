"""Hazard properties HP1-HP15 of a waste, derived where its composition decides, else asked for.

Annex III of Directive 2008/98/EC in the wording of Regulation (EU) 1357/2014, with HP14 by
Regulation (EU) 2017/997. What is derived here are the concentration limits: single substances above
a limit, sums of substances above a cut-off, and for HP14 the weighted sums. Properties that only a
test or a measurement shows (HP1, HP2, HP3, HP12, HP15), and infection (HP9), are asked for, with
the statements that call for the test; they are never derived as absent.

Concentrations are thousandths of a per cent (10 mg/kg) by weight, whole numbers: 0.1 % is 100.

>>> found = assess([Component("lead monoxide", frozenset({"H360", "H410"}), 400)])
>>> [finding.hp for finding in found if finding.answer is Answer.YES]
['HP10', 'HP14']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

PER_CENT = 1_000
"""Units of a component's share in one per cent."""

WHOLE = 100 * PER_CENT
CITATION = "Directive 2008/98/EC, Annex III (Regulations (EU) 1357/2014 and 2017/997)"

HAZARD_PROPERTIES = tuple(f"HP{number}" for number in range(1, 16))


class Answer(StrEnum):
    """What the composition says of one property."""

    YES = "yes"
    NO = "no"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Component:
    """A substance of the waste: its hazard statements (Regulation (EC) 1272/2008) and its share."""

    name: str
    statements: frozenset[str]
    share: int


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of Annex III: shares of substances with one of the statements, each at least the
    cut-off, against ``share``; ``summed``: taken together, else each by itself."""

    hp: str
    statements: tuple[str, ...]
    share: int
    summed: bool
    cut_off: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One property: the answer, the limit that decided it with the share that was found, or the
    statements that make a test necessary."""

    hp: str
    answer: Answer
    statements: tuple[str, ...] = ()
    found: int = 0
    limit: int | None = None


def _of(hp: str, statements: str, per_cent: float, *, summed: bool, cut_off: float = 0) -> Limit:
    return Limit(
        hp, tuple(statements.split()), round(per_cent * PER_CENT), summed, round(cut_off * PER_CENT)
    )


LIMITS: tuple[Limit, ...] = (
    _of("HP4", "H314", 1, summed=True, cut_off=1),
    _of("HP4", "H318", 10, summed=True, cut_off=1),
    _of("HP4", "H315 H319", 20, summed=True, cut_off=1),
    _of("HP5", "H370", 1, summed=False),
    _of("HP5", "H371", 10, summed=False),
    _of("HP5", "H335", 20, summed=False),
    _of("HP5", "H372", 1, summed=False),
    _of("HP5", "H373", 10, summed=False),
    _of("HP5", "H304", 10, summed=True),  # and thin: see MEASURED
    _of("HP6", "H300-1", 0.1, summed=True, cut_off=0.1),
    _of("HP6", "H300-2", 0.25, summed=True, cut_off=0.1),
    _of("HP6", "H301", 5, summed=True, cut_off=0.1),
    _of("HP6", "H302", 25, summed=True, cut_off=1),
    _of("HP6", "H310-1", 0.25, summed=True, cut_off=0.1),
    _of("HP6", "H310-2", 2.5, summed=True, cut_off=0.1),
    _of("HP6", "H311", 15, summed=True, cut_off=0.1),
    _of("HP6", "H312", 55, summed=True, cut_off=1),
    _of("HP6", "H330-1", 0.1, summed=True, cut_off=0.1),
    _of("HP6", "H330-2", 0.5, summed=True, cut_off=0.1),
    _of("HP6", "H331", 3.5, summed=True, cut_off=0.1),
    _of("HP6", "H332", 22.5, summed=True, cut_off=1),
    _of("HP7", "H350", 0.1, summed=False),
    _of("HP7", "H351", 1, summed=False),
    _of("HP8", "H314", 5, summed=True, cut_off=1),
    _of("HP10", "H360", 0.3, summed=False),
    _of("HP10", "H361", 3, summed=False),
    _of("HP11", "H340", 0.1, summed=False),
    _of("HP11", "H341", 1, summed=False),
    _of("HP13", "H317", 10, summed=False),
    _of("HP13", "H334", 10, summed=False),
    _of("HP14", "H420", 0.1, summed=False),
    _of("HP14", "H400", 25, summed=True, cut_off=0.1),
)
"""Limits of single properties; the weighted sums of HP14 stand in ``_CHRONIC``. A statement with a
category ("H300-1") is that of category 1; without one the stricter category is assumed."""

_CHRONIC: tuple[Mapping[str, int], ...] = (
    {"H410": 100, "H411": 10, "H412": 1},
    {"H410": 1, "H411": 1, "H412": 1, "H413": 1},
)
"""HP14: sums with these weights against 25 %; cut-off 0.1 % for H410 and 1 % for the others."""

_CHRONIC_LIMIT = 25 * PER_CENT
_CHRONIC_CUT_OFF = {"H410": PER_CENT // 10, "H411": PER_CENT, "H412": PER_CENT, "H413": PER_CENT}

TESTED: Mapping[str, tuple[str, ...]] = {
    "HP1": ("H200", "H201", "H202", "H203", "H204", "H240", "H241"),
    "HP2": ("H270", "H271", "H272"),
    "HP3": ("H220", "H221", "H222", "H223", "H224", "H225", "H226", "H228", "H242", "H250",
            "H251", "H252", "H260", "H261"),
    "HP9": (),
    "HP12": ("EUH029", "EUH031", "EUH032"),
    "HP15": ("H205", "EUH001", "EUH019", "EUH044"),
}  # fmt: skip
"""Properties that a test, a measurement or the origin shows; statements that call for it."""

MEASURED = frozenset({"H304"})
"""Above the limit these decide only with a measurement (H304: viscosity up to 20.5 mm2/s)."""

_CATEGORISED = ("H300", "H310", "H330")
_LETTERED = re.compile(r"(H3[456]\d)[A-Za-z]+")
STATEMENTS = frozenset(
    [statement for limit in LIMITS for statement in limit.statements]
    + [statement for weights in _CHRONIC for statement in weights]
    + [statement for statements in TESTED.values() for statement in statements]
    + list(_CATEGORISED)
)
"""Every statement that bears on a property here."""


def assess(components: Iterable[Component], *, complete: bool = True) -> list[Finding]:
    """An answer for each of HP1-HP15, in order.

    ``complete``: the components are the whole of what the waste may hold above 0.1 %; else nothing
    is answered NO. Raises ValueError where shares are not positive or exceed the whole together.
    """
    known = [_with_categories(component) for component in components]
    if any(component.share <= 0 for component in known):
        raise ValueError("a share must be above zero")
    if sum(component.share for component in known) > WHOLE:
        raise ValueError("the shares exceed one hundred per cent")
    return [_finding(hp, known, complete=complete and bool(known)) for hp in HAZARD_PROPERTIES]


def _with_categories(component: Component) -> Component:
    """H300, H310 and H330 without a category count as category 1, the stricter one; the letters
    that tell how or what is harmed (H350i, H360FD) make no difference."""
    plain = (_LETTERED.sub(r"\1", statement) for statement in component.statements)
    statements = frozenset(f"{one}-1" if one in _CATEGORISED else one for one in plain)
    return Component(component.name, statements, component.share)


def _finding(hp: str, components: Sequence[Component], *, complete: bool) -> Finding:
    if hp in TESTED:
        named = {s for c in components for s in c.statements if s in TESTED[hp]}
        return Finding(hp, Answer.ASK, tuple(sorted(named)))
    nearest = max(
        (*(_measured(limit, components) for limit in LIMITS if limit.hp == hp),
         *(_chronic(weights, components) for weights in _CHRONIC if hp == "HP14")),
        key=_closeness,
    )  # fmt: skip
    if _corrosive_too(hp, components):
        return Finding(hp, Answer.NO, nearest.statements, nearest.found, nearest.limit)
    if nearest.answer is not Answer.NO:
        return nearest
    return nearest if complete else Finding(hp, Answer.ASK, nearest.statements)


def _closeness(found: Finding) -> tuple[bool, int]:
    """What decides first, then what comes nearest to its limit."""
    return found.answer is Answer.YES, found.found * 1_000_000 // (found.limit or 1)


def _corrosive_too(hp: str, components: Sequence[Component]) -> bool:
    """A waste that is corrosive (HP8) is not called irritant (HP4) beside it."""
    limit = next(limit for limit in LIMITS if limit.hp == "HP8")
    return hp == "HP4" and _measured(limit, components).answer is Answer.YES


def _measured(limit: Limit, components: Sequence[Component]) -> Finding:
    shares = [
        component.share
        for component in components
        if not component.statements.isdisjoint(limit.statements)
        and component.share >= limit.cut_off
    ]
    found = sum(shares) if limit.summed else max(shares, default=0)
    reached = Answer.ASK if MEASURED.issuperset(limit.statements) else Answer.YES
    answer = reached if shares and found >= limit.share else Answer.NO
    return Finding(limit.hp, answer, limit.statements, found, limit.share)


def _chronic(weights: Mapping[str, int], components: Sequence[Component]) -> Finding:
    found = 0
    for component in components:
        counted = [
            weight
            for statement, weight in weights.items()
            if statement in component.statements and component.share >= _CHRONIC_CUT_OFF[statement]
        ]
        found += max(counted, default=0) * component.share
    answer = Answer.YES if found >= _CHRONIC_LIMIT else Answer.NO
    return Finding("HP14", answer, tuple(weights), found, _CHRONIC_LIMIT)
