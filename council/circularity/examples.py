"""Worked examples for training: fictional products and years, reckoned by the product's own code.

Each holds its answers only; the measures are computed when it is shown, so that no example can say
something else than the formulas do.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from council.circularity.flows import YearOfFlows
from council.circularity.indicators import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductExample:
    """``changed``: the same product after the change that the example is about."""

    title: Any
    story: Any
    product: Product
    changed: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class YearExample:
    title: Any
    story: Any
    year: YearOfFlows
    changed: YearOfFlows


PRODUCTS = (
    ProductExample(
        title=_("A polyethylene crate"),
        story=_(
            "A crate of 1.5 kg is made of virgin granulate and landfilled after use. Then half of "
            "the feedstock is recycled, made with a yield of 80 %, and nine crates in ten are "
            "collected for recycling that yields 85 %. The crate also lasts half as long again as "
            "the average one."
        ),
        product=Product(mass_kg=Decimal("1.5")),
        changed=Product(
            mass_kg=Decimal("1.5"),
            recycled=Decimal("0.5"),
            feedstock_yield=Decimal("0.8"),
            to_recycling=Decimal("0.9"),
            recycling_yield=Decimal("0.85"),
            lifetime_ratio=Decimal("1.5"),
        ),
    ),
    ProductExample(
        title=_("A work jacket"),
        story=_(
            "A jacket of 0.9 kg, a tenth of it recycled fibre. Then a rental scheme repairs it and "
            "gives it out again: it serves twice as long, and six jackets in ten are reused."
        ),
        product=Product(mass_kg=Decimal("0.9"), recycled=Decimal("0.1")),
        changed=Product(
            mass_kg=Decimal("0.9"),
            recycled=Decimal("0.1"),
            to_reuse=Decimal("0.6"),
            lifetime_ratio=Decimal(2),
        ),
    ),
)

YEARS = (
    YearExample(
        title=_("A brewery and its spent grain"),
        story=_(
            "A brewery takes in 10,000 t, 4,000 t of it malt from certified farms, sells 8,200 t "
            "and has 1,800 t of spent grain and yeast, of which 1,500 t are landfilled. Then a "
            "farm takes 1,400 t of the grain as feed."
        ),
        year=YearOfFlows(
            inflow_kg=10_000_000,
            biological_kg=4_000_000,
            of_sustained_kg=4_000_000,
            products_kg=8_200_000,
            prepared_kg=300_000,
            landfilled_kg=1_500_000,
        ),
        changed=YearOfFlows(
            inflow_kg=10_000_000,
            biological_kg=4_000_000,
            of_sustained_kg=4_000_000,
            products_kg=8_200_000,
            prepared_kg=1_700_000,
            landfilled_kg=100_000,
        ),
    ),
)
