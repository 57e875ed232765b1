"""HP1-HP15 from composition, against the limits of Annex III written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbiosis.core.legality.hazards import (
    HAZARD_PROPERTIES,
    LIMITS,
    PER_CENT,
    STATEMENTS,
    WHOLE,
    Answer,
    Component,
    assess,
)


def answers(*components: tuple[str, float], complete: bool = True) -> dict[str, str]:
    """Each property's answer for substances given as (statements, per cent)."""
    found = assess(
        [
            Component("x", frozenset(text.split()), round(share * PER_CENT))
            for text, share in components
        ],
        complete=complete,
    )
    return {finding.hp: finding.answer.value for finding in found}


def yes(*components: tuple[str, float]) -> set[str]:
    return {hp for hp, answer in answers(*components).items() if answer == "yes"}


@pytest.mark.parametrize(
    ("hp", "statement", "limit"),
    [
        ("HP4", "H318", 10), ("HP4", "H315", 20), ("HP4", "H319", 20), ("HP5", "H370", 1),
        ("HP5", "H371", 10), ("HP5", "H335", 20), ("HP5", "H372", 1), ("HP5", "H373", 10),
        ("HP6", "H300-1", 0.1), ("HP6", "H300-2", 0.25), ("HP6", "H301", 5), ("HP6", "H302", 25),
        ("HP6", "H310-1", 0.25), ("HP6", "H310-2", 2.5), ("HP6", "H311", 15), ("HP6", "H312", 55),
        ("HP6", "H330-1", 0.1), ("HP6", "H330-2", 0.5), ("HP6", "H331", 3.5), ("HP6", "H332", 22.5),
        ("HP7", "H350", 0.1), ("HP7", "H351", 1), ("HP8", "H314", 5), ("HP10", "H360", 0.3),
        ("HP10", "H361", 3), ("HP11", "H340", 0.1), ("HP11", "H341", 1), ("HP13", "H317", 10),
        ("HP13", "H334", 10), ("HP14", "H420", 0.1), ("HP14", "H400", 25), ("HP14", "H410", 0.25),
        ("HP14", "H411", 2.5), ("HP14", "H412", 25), ("HP14", "H413", 25),
    ],
)  # fmt: skip
def test_the_limit_itself_makes_it_hazardous_and_just_below_does_not(
    hp: str, statement: str, limit: float
) -> None:
    assert hp in yes((statement, limit))
    assert hp not in yes((statement, limit - 0.001))


def test_sums_count_only_what_reaches_the_cut_off() -> None:
    assert yes(("H302", 13), ("H302", 12)) == {"HP6"}
    assert yes(*[("H302", 0.9)] * 40) == set(), "each below one per cent"
    assert yes(("H350", 0.09), ("H350", 0.09)) == set(), "single substances are not added up"
    assert yes(("H411", 0.9), ("H410", 0.2)) == set()
    assert yes(("H411", 1), ("H410", 0.15)) == {"HP14"}


def test_corrosive_waste_is_not_called_irritant_beside() -> None:
    assert yes(("H314", 3)) == {"HP4"}
    assert yes(("H314", 6)) == {"HP8"}


def test_letters_and_missing_categories_are_read_strictly() -> None:
    assert yes(("H350i", 0.1)) == {"HP7"}
    assert yes(("H360FD", 0.3)) == {"HP10"}
    assert yes(("H300", 0.1)) == {"HP6"}


def test_what_only_a_test_shows_is_asked() -> None:
    told = answers(("H225", 40))
    assert {hp for hp, answer in told.items() if answer == "ask"} == {
        "HP1", "HP2", "HP3", "HP9", "HP12", "HP15",
    }  # fmt: skip
    assert answers(("H304", 12))["HP5"] == "ask", "viscosity decides"
    (flammable,) = [f for f in assess([Component("x", frozenset({"H225"}), 9)]) if f.hp == "HP3"]
    assert flammable.statements == ("H225",)


def test_an_incomplete_composition_answers_no_nowhere() -> None:
    assert "no" not in answers(("H302", 1), complete=False).values()
    assert "no" not in answers().values()
    assert answers(("H350", 1), complete=False)["HP7"] == "yes"


def test_impossible_shares_are_refused() -> None:
    for shares in ([0], [-1], [WHOLE, 1]):
        with pytest.raises(ValueError, match="share"):
            assess([Component("x", frozenset({"H302"}), share) for share in shares])


components = st.lists(
    st.builds(
        Component,
        st.just("x"),
        st.frozensets(st.sampled_from(sorted(STATEMENTS)), max_size=3),
        st.integers(1, WHOLE // 8),
    ),
    max_size=6,
)


@given(components, st.randoms())
def test_order_does_not_matter_and_every_property_is_answered(
    given_components: list[Component], chance: object
) -> None:
    found = assess(given_components)
    assert [finding.hp for finding in found] == list(HAZARD_PROPERTIES)
    assert assess(given_components[::-1]) == found


@given(components, components)
def test_more_of_a_hazard_never_makes_it_harmless(
    first: list[Component], second: list[Component]
) -> None:
    """But for an irritant that becomes corrosive."""
    if sum(c.share for c in (*first, *second)) > WHOLE:
        return
    before = {f.hp for f in assess(first) if f.answer is Answer.YES}
    after = {f.hp for f in assess([*first, *second]) if f.answer is Answer.YES}
    assert before - {"HP4"} <= after
    assert "HP4" not in before or {"HP4", "HP8"} & after


def test_limits_name_known_properties() -> None:
    assert {limit.hp for limit in LIMITS} <= set(HAZARD_PROPERTIES)
