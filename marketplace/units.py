"""Quantities and money: parsed exactly, checked by dimension, kept as integers of a base unit.

Base units per resource kind: materials kg, water litre (= kg), energy and heat kWh, capacity the
unit the concept names (counted in thousandths, so that half a pallet place is exact).
The engine and the database see only those integers; people see what they typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any

import pint
from django.utils.translation import gettext as _

from marketplace.errors import InvalidInput, Problem

MAX_BASE = 10**13
"""Ten billion tonnes in kg: beyond it a figure is a typing error, and int64 stays far away."""


class ResourceKind(StrEnum):
    MATERIAL = "material"
    WATER = "water"
    ENERGY = "energy"
    CAPACITY = "capacity"


class Basis(StrEnum):
    """What a quantity is counted over."""

    TOTAL = "total"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


PERIODS_PER_YEAR = {Basis.DAY: 365, Basis.WEEK: 52, Basis.MONTH: 12, Basis.YEAR: 1}

BASE_UNIT = {
    ResourceKind.MATERIAL: "kg",
    ResourceKind.WATER: "litre",
    ResourceKind.ENERGY: "kWh",
    ResourceKind.CAPACITY: "milliunit",
}
PRICE_UNIT = {
    ResourceKind.MATERIAL: "t",
    ResourceKind.WATER: "m3",
    ResourceKind.ENERGY: "MWh",
    ResourceKind.CAPACITY: "unit",
}
"""What a price is quoted per; always 1,000 base units, so one formula serves every kind."""

UNITS: dict[ResourceKind, tuple[str, ...]] = {
    ResourceKind.MATERIAL: ("t", "kg", "g", "m3", "l"),
    ResourceKind.WATER: ("m3", "l", "t"),
    ResourceKind.ENERGY: ("MWh", "kWh", "GWh", "GJ", "MJ"),
    ResourceKind.CAPACITY: ("unit", "pallet", "m2", "m3", "h", "t"),
}
"""Units a form offers, the usual first. Volumes of materials need the concept's bulk density."""


@cache
def registry() -> pint.UnitRegistry[Any]:
    """The unit registry with Decimal magnitudes and the units pint does not define."""
    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Decimal, cache_folder=None)
    ureg.define("m3 = meter ** 3")
    ureg.define("m2 = meter ** 2")
    return ureg


_MASS = {"g": "gram", "kg": "kilogram", "t": "metric_ton"}
_VOLUME = {"l": "liter", "m3": "m3"}
_ENERGY = {
    "kWh": "kilowatt_hour",
    "MWh": "megawatt_hour",
    "GWh": "gigawatt_hour",
    "MJ": "megajoule",
    "GJ": "gigajoule",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A decimal amount of a unit over a basis, as its owner wrote it."""

    value: Decimal
    unit: str
    basis: Basis

    def __str__(self) -> str:
        suffix = "" if self.basis is Basis.TOTAL else f"/{self.basis.value}"
        return f"{self.value.normalize():f} {self.unit}{suffix}"


def parse_decimal(text: str | Decimal | int, *, field: str) -> Decimal:
    """A finite plain decimal, comma or point; refuses exponents, NaN and words.

    Raises InvalidInput naming the field.
    """
    if isinstance(text, Decimal | int) and not isinstance(text, bool):
        value = Decimal(text)
    else:
        cleaned = str(text).strip().replace("\u00a0", "").replace(" ", "").replace(",", ".")
        if not cleaned or any(c not in "0123456789.-" for c in cleaned):
            raise InvalidInput(
                [
                    Problem(
                        field, "not_a_number", _("%(text)s is not a plain number.") % {"text": text}
                    )
                ]
            )
        try:
            value = Decimal(cleaned)
        except InvalidOperation as error:
            raise InvalidInput(
                [
                    Problem(
                        field, "not_a_number", _("%(text)s is not a plain number.") % {"text": text}
                    )
                ]
            ) from error
    if not value.is_finite():
        raise InvalidInput([Problem(field, "not_finite", _("The number must be finite."))])
    return value


def to_base(
    value: Decimal,
    unit: str,
    kind: ResourceKind,
    *,
    density_kg_m3: int | None = None,
    field: str = "quantity",
) -> int:
    """The amount in whole base units of its kind, rounded half up; exact through Decimal.

    ``density_kg_m3`` turns a material's volume into mass. Raises InvalidInput where the unit does
    not measure this kind, where a volume has no density, or where the amount is out of range.
    """
    amount = _amount_in_base(value, unit, kind, density_kg_m3, field)
    base = int(amount.to_integral_value(rounding="ROUND_HALF_UP"))
    if base <= 0:
        raise InvalidInput([Problem(field, "not_positive", _("The quantity must be above zero."))])
    if base > MAX_BASE:
        raise InvalidInput(
            [Problem(field, "too_large", _("The quantity is beyond any real stream."))]
        )
    return base


def _amount_in_base(
    value: Decimal, unit: str, kind: ResourceKind, density_kg_m3: int | None, field: str
) -> Decimal:
    if unit not in UNITS[kind]:
        raise InvalidInput(
            [
                Problem(
                    field,
                    "wrong_unit",
                    _("%(unit)s does not measure this resource; use %(units)s.")
                    % {"unit": unit, "units": ", ".join(UNITS[kind])},
                )
            ]
        )
    if kind is ResourceKind.CAPACITY:
        return value * 1000
    if kind is ResourceKind.ENERGY:
        return _convert(value, _ENERGY[unit], "kilowatt_hour")
    if unit in _MASS:
        return _convert(value, _MASS[unit], "kilogram")
    litres = _convert(value, _VOLUME[unit], "liter")
    if kind is ResourceKind.WATER:
        return litres
    if not density_kg_m3:
        raise InvalidInput(
            [
                Problem(
                    field,
                    "density_unknown",
                    _(
                        "The bulk density of this material is not known: "
                        "give the quantity in tonnes."
                    ),
                )
            ]
        )
    return litres * density_kg_m3 / 1000


def _convert(value: Decimal, unit: str, target: str) -> Decimal:
    return Decimal(registry().Quantity(value, unit).to(target).magnitude)


def per_year(base: int, basis: Basis) -> int:
    """Base units in a year of a flow; a total counts once."""
    return base * PERIODS_PER_YEAR.get(basis, 1)


def cents(amount: Decimal, *, field: str = "price") -> int:
    """Whole euro cents of an amount; refuses fractions of a cent rather than rounding them."""
    scaled = amount * 100
    if scaled != scaled.to_integral_value():
        raise InvalidInput([Problem(field, "too_precise", _("Money has at most two decimals."))])
    return int(scaled)
