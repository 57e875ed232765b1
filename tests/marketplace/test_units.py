from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.errors import InvalidInput
from marketplace.units import Basis, ResourceKind, cents, parse_decimal, per_year, to_base


@pytest.mark.parametrize(
    ("value", "unit", "kind", "base"),
    [
        ("1.234567", "t", ResourceKind.MATERIAL, 1235),
        ("0.5", "kg", ResourceKind.MATERIAL, 1),
        ("3.6", "GJ", ResourceKind.ENERGY, 1000),
        ("2", "m3", ResourceKind.WATER, 2000),
        ("2.5", "pallet", ResourceKind.CAPACITY, 2500),
    ],
)
def test_amounts_become_whole_base_units(value, unit, kind, base):
    assert to_base(Decimal(value), unit, kind) == base


def test_a_volume_of_material_needs_its_density():
    assert to_base(Decimal(2), "m3", ResourceKind.MATERIAL, density_kg_m3=450) == 900
    with pytest.raises(InvalidInput) as refused:
        to_base(Decimal(2), "m3", ResourceKind.MATERIAL)
    assert refused.value.problems[0].code == "density_unknown"


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [("1", "kWh", "wrong_unit"), ("0", "t", "not_positive"), ("-3", "t", "not_positive"),
     ("1e12", "t", "too_large"), ("0.0004", "kg", "not_positive")],
)  # fmt: skip
def test_impossible_amounts_are_refused_by_code(value, unit, code):
    with pytest.raises(InvalidInput) as refused:
        to_base(Decimal(value), unit, ResourceKind.MATERIAL)
    assert [p.code for p in refused.value.problems] == [code]


@pytest.mark.parametrize("text", ["1 234,5", "1234.5", "1\u00a0234,5"])
def test_numbers_as_people_write_them(text):
    assert parse_decimal(text, field="quantity") == Decimal("1234.5")


@pytest.mark.parametrize(
    "text", ["", "1e9", "NaN", "Infinity", "ten", "1,2,3", "١٢", "0x10", "--1"]
)
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_decimal(text, field="quantity")


@given(st.integers(1, 10**9))
def test_tonnes_and_kilograms_agree(kg):
    assert to_base(Decimal(kg) / 1000, "t", ResourceKind.MATERIAL) == kg


def test_money_is_never_rounded():
    assert cents(Decimal("12.34")) == 1234
    with pytest.raises(InvalidInput):
        cents(Decimal("12.345"))


def test_flows_are_counted_over_a_year():
    assert per_year(10, Basis.MONTH) == 120
    assert per_year(10, Basis.TOTAL) == 10
