"""The figures of the ledger: by hand, as properties, and never counted twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from marketplace.impact.factors import Factor, reviewed_factors
from marketplace.impact.formulas import (
    NOTHING,
    Bounds,
    Figure,
    Flow,
    Measure,
    Side,
    added_up,
    impact_of,
)
from marketplace.units import ResourceKind

TABLE = reviewed_factors()


def factor(value: str, spread: str = "0", code: str = "test") -> Factor:
    return Factor(code, Decimal(value), "", Decimal(spread), 2025, "a test")


PAPER = Flow(
    kind=ResourceKind.MATERIAL,
    base_quantity=12_345,
    road_m=100_000,
    substitution=Decimal("0.85"),
    avoided=factor("1351.26", "40"),
    processing=factor("51.26"),
    freight=TABLE["freight.road"],
    disposal=factor("7000", "30"),
    purchase=factor("10000", "30"),
    treatment=factor("1500"),
    price_cents=2000,
    haulage_rate=TABLE["haulage.road"],
)


def figures(flow: Flow) -> dict[Measure, Figure]:
    return {figure.measure: figure for figure in impact_of(flow, TABLE)}


def test_a_flow_by_hand() -> None:
    told = figures(PAPER)
    assert told[Measure.DIVERTED].total == Bounds(12_345, 12_345, 12_345)
    assert told[Measure.VIRGIN].total.amount == 10_493  # 12,345 x 0.85 = 10,493.25
    # 12.345 t x (1351.26 - 51.26) - 1,234.5 t km x 0.10163 = 16,048.5 - 125.462235 kg
    assert told[Measure.CARBON].total.amount == 15_923_038
    # low: 12.345 x (810.756 - 51.26) - 1,234.5 x 0.121956 = 9,375.97812 - 150.554682
    assert told[Measure.CARBON].total.low == 9_225_423
    money = told[Measure.MONEY]
    assert money.holder.amount == 111_105  # 12.345 t x (70 + 20 EUR)
    # 12.345 x (0.85 x 100 - 15 - 20) - 1,234.5 t km x 0.12 EUR = 617.25 - 148.14
    assert money.receiver.amount == 46_911
    assert told[Measure.JOBS].total == Bounds(7_716, 7_716, 42_569)
    assert Measure.WATER not in told, "no factor, no figure"


def test_every_figure_says_what_it_was_computed_from() -> None:
    for figure in impact_of(PAPER, TABLE):
        assert figure.inputs["base_quantity"] == "12345"
        for used in figure.factors:
            assert used.source
            assert used.told()["year"]
    carbon = figures(PAPER)[Measure.CARBON]
    assert [used.code for used in carbon.factors] == ["test", "test", "freight.road"]
    assert figures(replace(PAPER, processing=None))[Measure.CARBON].inputs["processing"] == (
        "not known, left out"
    )


def test_agreed_haulage_is_exact_and_borne_by_who_agreed_to() -> None:
    agreed = figures(replace(PAPER, haulage_cents=9_999, haulage_payer=Side.HOLDER))[Measure.MONEY]
    free = figures(replace(PAPER, haulage_cents=0))[Measure.MONEY]
    assert agreed.receiver == free.receiver
    assert agreed.holder.amount == free.holder.amount - 9_999
    assert agreed.inputs["haulage"] == "agreed"


def test_heat_counts_as_it_flows_and_is_not_hauled() -> None:
    heat = Flow(
        kind=ResourceKind.ENERGY,
        base_quantity=2_001,
        road_m=5_000,
        avoided=factor("224"),
        freight=TABLE["freight.road"],
        haulage_rate=TABLE["haulage.road"],
    )
    told = figures(heat)
    assert told[Measure.ENERGY].holder.amount == 1_000
    assert told[Measure.ENERGY].receiver.amount == 1_001
    assert told[Measure.CARBON].total.amount == 448_224  # 2.001 MWh x 224 kg
    assert Measure.DIVERTED not in told
    assert Measure.JOBS not in told


def test_a_product_diverts_nothing_from_disposal() -> None:
    told = figures(replace(PAPER, is_waste=False))
    assert Measure.DIVERTED not in told
    assert Measure.VIRGIN in told


def test_the_shipped_table_says_where_every_factor_comes_from() -> None:
    assert TABLE["freight.road"].value == Decimal("0.10163")
    assert TABLE.version.startswith("screening-2026.1+")
    for code, row in TABLE.factors.items():
        assert row.source, code
        assert row.year, code


values = st.decimals("0", "5000", places=3)
factors = st.builds(
    lambda value, spread: Factor("f", value, "", Decimal(spread), 2025, "drawn"),
    values,
    st.integers(0, 100),
)
known_or_not = st.none() | factors
flows = st.builds(
    Flow,
    kind=st.sampled_from(ResourceKind),
    base_quantity=st.integers(1, 10**9),
    road_m=st.integers(0, 900_000),
    substitution=st.decimals("0", "1", places=4),
    avoided=known_or_not,
    processing=known_or_not,
    freight=factors,
    disposal=known_or_not,
    purchase=known_or_not,
    treatment=known_or_not,
    water=known_or_not,
    energy=known_or_not,
    price_cents=st.integers(-50_000, 50_000),
    haulage_rate=factors,
    haulage_cents=st.none() | st.integers(0, 10**8),
    haulage_payer=st.sampled_from([*Side, None]),
    is_waste=st.booleans(),
)


@given(flow=flows)
def test_bands_are_ordered_for_both_sides_and_their_sum(flow: Flow) -> None:
    for figure in impact_of(flow, TABLE):
        for bounds in (figure.holder, figure.receiver, figure.total):
            assert bounds.low <= bounds.amount <= bounds.high


@given(
    flow=flows.filter(lambda flow: flow.avoided is not None),
    price=st.integers(-50_000, 50_000),
    payer=st.sampled_from([*Side, None]),
)
def test_what_passes_between_the_two_changes_no_total(
    flow: Flow, price: int, payer: Side | None
) -> None:
    """Price and who bears the haulage move money between the sides and make none."""
    before = figures(flow)
    after = figures(replace(flow, price_cents=price, haulage_payer=payer))
    for measure, figure in before.items():
        slack = 1 if measure is Measure.MONEY else 0  # two roundings to a cent instead of one
        assert abs(after[measure].total.amount - figure.total.amount) <= slack
    exact = _carbon_by_fractions(flow)
    assert abs(Fraction(before[Measure.CARBON].total.amount) - exact) <= Fraction(1, 2)


def _carbon_by_fractions(flow: Flow) -> Fraction:
    """The formula again in exact fractions, grams."""
    assert flow.avoided is not None
    processing = Fraction(flow.processing.value) if flow.processing else Fraction(0)
    tonnes = Fraction(flow.base_quantity, 1000)
    hauled = flow.kind in (ResourceKind.MATERIAL, ResourceKind.WATER)
    haulage = tonnes * Fraction(flow.road_m, 1000) * Fraction(flow.freight.value) if hauled else 0
    return 1000 * (tonnes * (Fraction(flow.avoided.value) - processing) - haulage)


@given(
    booked=st.lists(st.tuples(flows, st.integers(0, 4), st.integers(0, 4)), max_size=12),
    viewer_of=st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
def test_shares_of_disjoint_viewers_add_up_to_the_total(
    booked: list[tuple[Flow, int, int]], viewer_of: list[int]
) -> None:
    """Five firms trade (also with themselves) and belong to one of three viewers each: what the
    viewers report together is what was delivered, in every measure and at both ends."""
    shares = [
        (firm, figure.measure, figure.share(side))
        for flow, holder, receiver in booked
        for figure in impact_of(flow, TABLE)
        for side, firm in ((Side.HOLDER, holder), (Side.RECEIVER, receiver))
    ]
    total = added_up(
        (figure.measure, figure.total)
        for flow, _h, _r in booked
        for figure in impact_of(flow, TABLE)
    )
    reports = [
        added_up((measure, part) for firm, measure, part in shares if viewer_of[firm] == viewer)
        for viewer in range(3)
    ]
    for measure, whole in total.items():
        together = NOTHING
        for report in reports:
            together += report.get(measure, NOTHING)
        assert together == whole
