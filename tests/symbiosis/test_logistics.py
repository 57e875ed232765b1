"""How far streams go and what moving them costs."""

from __future__ import annotations

import math

import pytest

from marketplace.models import Material
from symbiosis.core.params import Params
from symbiosis.logistics import haulage_permille, reach_km

HEAT = Material(kind="energy", form="heat")


@pytest.mark.parametrize(
    ("kind", "form", "reach"),
    [
        ("material", "solid", math.inf),
        ("material", "liquid", math.inf),
        ("energy", "heat", 8),
        ("energy", "gas", 30),
        ("energy", "power", 300),
        ("energy", "", 30),
        ("water", "liquid", 25),
        ("capacity", "", 150),
    ],
)
def test_physics_limits_what_money_does_not(kind: str, form: str, reach: float) -> None:
    assert reach_km(Material(kind=kind, form=form)) == reach


@pytest.mark.parametrize(
    ("kind", "form", "permille"),
    [
        ("energy", "heat", 28_000),
        ("energy", "gas", 4_600),
        ("energy", "", 4_600),
        ("energy", "power", 0),
        ("water", "liquid", 370),
        ("capacity", "", 0),
    ],
)
def test_lines_are_paid_for_whatever_the_density(kind: str, form: str, permille: int) -> None:
    assert haulage_permille(Material(kind=kind, form=form, density_kg_m3=10)) == permille


def test_a_kilometre_of_heat_costs_a_feasible_connection() -> None:
    """43 EUR a metre and year over 12.8 GWh, at the default rate of a tonne-kilometre."""
    per_mwh_km = Params().haulage_cents_per_tonne_km * haulage_permille(HEAT) / 1_000
    assert per_mwh_km == pytest.approx(4_300 * 1_000 / 12_800, rel=0.01)


@pytest.mark.parametrize(
    ("density", "form", "permille"),
    [
        (None, "solid", 1_000),
        (1_500, "solid", 1_000),
        (267, "solid", 1_000),
        (89, "solid", 3_000),
        (30, "solid", 8_900),
        (None, "liquid", 1_250),
        (1_000, "liquid", 1_250),
    ],
)
def test_light_goods_fill_the_truck_before_they_load_it(
    density: int | None, form: str, permille: int
) -> None:
    assert haulage_permille(Material(kind="material", form=form, density_kg_m3=density)) == permille


def test_every_kind_has_an_answer() -> None:
    for kind in Material.Kind.values:
        assert reach_km(Material(kind=kind)) > 0
        assert haulage_permille(Material(kind=kind)) >= 0
