"""How far streams go and what moving them costs."""

from __future__ import annotations

import math

import pytest

from marketplace.models import Material
from symbiosis.logistics import haulage_permille, reach_km


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


@pytest.mark.parametrize("kind", ["energy", "water", "capacity"])
def test_what_is_piped_or_stays_pays_no_haulage(kind: str) -> None:
    assert haulage_permille(Material(kind=kind, form="liquid", density_kg_m3=10)) == 0


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
