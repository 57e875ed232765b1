"""Measures of circularity against the methodology's own values, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.circularity.flows import FLOWS, TREATMENTS, YearOfFlows, contradictions
from council.circularity.indicators import (
    ImpossibleShares,
    Product,
    eco_connectance,
    indicators,
    material_circularity,
)

D = Decimal


@pytest.mark.parametrize(
    ("product", "linear", "indicator"),
    [
        (Product(), "1", "0.1"),
        (Product(reused=D(1), to_reuse=D(1)), "0", "1"),
        (Product(biological=D(1), to_compost=D(1)), "0", "1"),
        # Twice the average life halves what is lost: 1 - 0.9 / 2.
        (Product(lifetime_ratio=D(2)), "1", "0.55"),
        # Worse than the average linear product is held at nothing.
        (Product(lifetime_ratio=D("0.5")), "1", "0"),
        # V = 0.5, WF = 0.5 (1 - 0.8) / 0.8 = 0.125, WC = 0.9 x 0.15 = 0.135, W = 0.1 + 0.13 = 0.23,
        # LFI = 0.73 / (2 - 0.005) = 0.36591..., MCI = 1 - 0.36591 x 0.9 / 1.5 = 0.78045...
        (
            Product(
                recycled=D("0.5"),
                feedstock_yield=D("0.8"),
                to_recycling=D("0.9"),
                recycling_yield=D("0.85"),
                lifetime_ratio=D("1.5"),
            ),
            "0.3659",
            "0.7805",
        ),
    ],
)
def test_material_circularity(product: Product, linear: str, indicator: str) -> None:
    told = material_circularity(product)
    assert (told.linear_flow_index, told.indicator) == (D(linear), D(indicator))


def test_the_short_form_would_be_wrong() -> None:
    """(V + W) / 2M holds only where both recycling losses are the same."""
    product = Product(recycled=D(1), feedstock_yield=D("0.5"))
    told = material_circularity(product)
    short = (told.virgin_kg + told.waste_kg) / (2 * product.mass_kg)
    assert told.linear_flow_index == D("0.6")
    assert short == D("0.75")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"recycled": D("0.6"), "reused": D("0.5")}, "recycled", "more_than_whole"),
        ({"to_reuse": D("0.6"), "to_energy": D("0.5")}, "to_recycling", "more_than_whole"),
        ({"recycled": D("-0.1")}, "recycled", "out_of_range"),
        ({"feedstock_yield": D(0)}, "feedstock_yield", "out_of_range"),
        ({"recycling_yield": D("1.1")}, "recycling_yield", "out_of_range"),
        ({"lifetime_ratio": D("NaN")}, "lifetime_ratio", "out_of_range"),
    ],
)
def test_impossible_products(fields: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ImpossibleShares) as refused:
        material_circularity(Product(**fields))
    assert (refused.value.field, refused.value.code) == (field, code)


shares = st.integers(0, 100).map(lambda n: D(n) / 300)
yields = st.integers(1, 100).map(lambda n: D(n) / 100)
products = st.builds(
    Product,
    mass_kg=st.integers(1, 10_000).map(D),
    recycled=shares,
    reused=shares,
    biological=shares,
    to_recycling=shares.map(lambda share: share * 3 / 4),
    to_reuse=shares.map(lambda share: share * 3 / 4),
    to_compost=shares.map(lambda share: share * 3 / 4),
    to_energy=shares.map(lambda share: share * 3 / 4),
    recycling_yield=yields,
    feedstock_yield=yields,
    lifetime_ratio=st.integers(1, 400).map(lambda n: D(n) / 100),
)


@given(products)
def test_always_a_share_and_independent_of_size(product: Product) -> None:
    told = material_circularity(product)
    assert 0 <= told.indicator <= 1
    twice = material_circularity(replace(product, mass_kg=product.mass_kg * 2))
    assert twice.indicator == told.indicator


@given(products, st.integers(101, 300))
def test_a_longer_life_is_never_worse(product: Product, percent: int) -> None:
    longer = replace(product, lifetime_ratio=product.lifetime_ratio * percent / 100)
    assert material_circularity(longer).indicator >= material_circularity(product).indicator


amounts = st.integers(0, 10**9)
years = st.builds(YearOfFlows, **dict.fromkeys(FLOWS, amounts)).filter(
    lambda year: not contradictions(year)
) | st.builds(
    YearOfFlows,
    inflow_kg=amounts,
    products_kg=amounts,
    **dict.fromkeys(TREATMENTS, amounts),
)


@given(years)
def test_measures_are_shares_or_silent(year: YearOfFlows) -> None:
    told = indicators(year)
    for name in told.__dataclass_fields__:
        value = getattr(told, name)
        assert value is None or 0 <= value <= 1, name


@given(years, st.integers(0, 10**9))
def test_placing_waste_keeps_the_mass_and_never_lowers_the_measure(
    year: YearOfFlows, kg: int
) -> None:
    placed = year.placing(kg)
    assert placed.waste_kg == year.waste_kg
    assert not contradictions(placed)
    before, after = indicators(year), indicators(placed)
    if before.material_circularity is not None and after.material_circularity is not None:
        assert after.material_circularity >= before.material_circularity


@given(years, st.integers(0, 10**9))
def test_substituting_can_be_taken_back(year: YearOfFlows, kg: int) -> None:
    changed = year.substituting(kg)
    gained = changed.of_secondary_kg - year.of_secondary_kg
    assert 0 <= gained <= kg
    assert changed.substituting(-gained) == year


def test_measures_of_a_year_by_hand() -> None:
    year = YearOfFlows(
        inflow_kg=1000,
        of_secondary_kg=200,
        of_reused_kg=100,
        products_kg=600,
        of_recoverable_kg=150,
        prepared_kg=100,
        recycled_kg=50,
        recovered_kg=50,
        landfilled_kg=200,
        energy_kwh=400,
        of_renewable_kwh=100,
    )
    told = indicators(year)
    assert told.circular_inflow == D("0.3")
    assert told.circular_outflow == D("0.3")
    assert told.material_circularity == D("0.3")
    assert told.recycled_input == D("0.2222")
    assert told.recycled_output == D("0.1667")
    assert told.placed_waste == D("0.375")
    assert told.renewable_energy == D("0.25")
    assert told.circular_water is None


def test_eco_connectance_needs_two_firms() -> None:
    assert eco_connectance(1, 0) is None
    assert eco_connectance(5, 4) == D("0.4")
