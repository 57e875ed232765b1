"""Measures of circularity: pure functions of masses, each with its formula and source.

Amounts are whole kilograms, litres or kilowatt-hours, shares are Decimals from 0 to 1. A measure
whose denominator is zero has no value and is None, which is not the same as zero.

Sources: Ellen MacArthur Foundation and ANSYS, Circularity Indicators: methodology (2019), for the
material circularity indicator; WBCSD, Circular Transition Indicators v4.0 (2023), for circular
inflow and outflow; ISO 59020:2024 for the recycled rates, whose optional forms are not used.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

from council.circularity.flows import YearOfFlows

ONE = Decimal(1)
ZERO = Decimal(0)
UTILITY_FACTOR = Decimal("0.9")
"""F(X) = 0.9 / X: a fully linear product of average life keeps 0.1."""

PLACES = Decimal("0.0001")


class ImpossibleShares(ValueError):
    """Shares that no product can have; ``field`` names the one to look at, ``code`` why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One kind of product, as the material circularity indicator asks for it.

    ``mass_kg`` of one unit (M). Of the feedstock: ``recycled`` (FR), ``reused`` (FU) and
    ``biological`` from sustained production (FS). After use: ``to_recycling`` (CR), ``to_reuse``
    (CU), ``to_compost`` (CC) and ``to_energy`` where energy recovery is eligible (CE).
    ``recycling_yield`` of the process after use (EC), ``feedstock_yield`` of the process that made
    the recycled feedstock (EF). ``lifetime_ratio`` L / Lav and ``intensity_ratio`` U / Uav against
    the industry's average.
    """

    mass_kg: Decimal = ONE
    recycled: Decimal = ZERO
    reused: Decimal = ZERO
    biological: Decimal = ZERO
    to_recycling: Decimal = ZERO
    to_reuse: Decimal = ZERO
    to_compost: Decimal = ZERO
    to_energy: Decimal = ZERO
    recycling_yield: Decimal = ONE
    feedstock_yield: Decimal = ONE
    lifetime_ratio: Decimal = ONE
    intensity_ratio: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialCircularity:
    """The indicator with the masses it was reckoned from, all for one unit of the product, kg."""

    virgin_kg: Decimal
    waste_kg: Decimal
    feedstock_loss_kg: Decimal
    recycling_loss_kg: Decimal
    linear_flow_index: Decimal
    utility: Decimal
    indicator: Decimal


def material_circularity(product: Product) -> MaterialCircularity:
    """The material circularity indicator of a product, full form.

    V = M (1 - FR - FU - FS), W = M (1 - CR - CU - CC - CE) + (WF + WC) / 2,
    LFI = (V + W) / (2 M + (WF - WC) / 2), MCI = max(0, 1 - LFI 0.9 / X).
    Raises ImpossibleShares.

    >>> material_circularity(Product()).indicator
    Decimal('0.1000')
    >>> material_circularity(Product(reused=ONE, to_reuse=ONE)).indicator
    Decimal('1.0000')
    """
    _check(product)
    mass = product.mass_kg
    virgin = mass * (ONE - product.recycled - product.reused - product.biological)
    dumped = mass * (
        ONE - product.to_recycling - product.to_reuse - product.to_compost - product.to_energy
    )
    recycling_loss = mass * (ONE - product.recycling_yield) * product.to_recycling
    feedstock_loss = (
        mass * product.recycled * (ONE - product.feedstock_yield) / product.feedstock_yield
    )
    waste = dumped + (feedstock_loss + recycling_loss) / 2
    linear = (virgin + waste) / (2 * mass + (feedstock_loss - recycling_loss) / 2)
    utility = product.lifetime_ratio * product.intensity_ratio
    indicator = max(ZERO, ONE - linear * UTILITY_FACTOR / utility)
    return MaterialCircularity(
        virgin_kg=virgin,
        waste_kg=waste,
        feedstock_loss_kg=feedstock_loss,
        recycling_loss_kg=recycling_loss,
        linear_flow_index=linear.quantize(PLACES),
        utility=utility,
        indicator=indicator.quantize(PLACES),
    )


def _check(product: Product) -> None:
    positive = {"mass_kg", "feedstock_yield", "lifetime_ratio", "intensity_ratio"}
    unbounded = {"mass_kg", "lifetime_ratio", "intensity_ratio"}
    for field in fields(product):
        value: Decimal = getattr(product, field.name)
        if not value.is_finite() or value < 0 or (field.name in positive and value == 0):
            raise ImpossibleShares(field.name, "out_of_range")
        if field.name not in unbounded and value > 1:
            raise ImpossibleShares(field.name, "out_of_range")
    if product.recycled + product.reused + product.biological > 1:
        raise ImpossibleShares("recycled", "more_than_whole")
    if product.to_recycling + product.to_reuse + product.to_compost + product.to_energy > 1:
        raise ImpossibleShares("to_recycling", "more_than_whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """Shares from 0 to 1 with four places; None where the year tells nothing of it.

    ``circular_inflow`` and ``circular_outflow`` as CTI has them, ``material_circularity`` their
    mean weighted by mass; ``recycled_input`` and ``recycled_output`` as ISO 59020; ``placed_waste``
    what of waste and residues was used again or recycled.
    """

    circular_inflow: Decimal | None
    circular_outflow: Decimal | None
    material_circularity: Decimal | None
    recycled_input: Decimal | None
    recycled_output: Decimal | None
    placed_waste: Decimal | None
    renewable_energy: Decimal | None
    circular_water: Decimal | None


def indicators(year: YearOfFlows) -> Indicators:
    """Every measure of a year of flows.

    Outflow is products and all waste and residues; its circular part is what of the products is
    recovered and what of the rest is used again or recycled.

    >>> indicators(YearOfFlows(inflow_kg=100, of_secondary_kg=30)).circular_inflow
    Decimal('0.3000')
    """
    not_recycled = year.recovered_kg + year.disposed_kg
    return Indicators(
        circular_inflow=share(year.circular_inflow_kg, year.inflow_kg),
        circular_outflow=share(year.circular_outflow_kg, year.outflow_kg),
        material_circularity=share(
            year.circular_inflow_kg + year.circular_outflow_kg, year.inflow_kg + year.outflow_kg
        ),
        recycled_input=share(year.of_secondary_kg, year.inflow_kg - year.of_reused_kg),
        recycled_output=share(year.recycled_kg, year.recycled_kg + not_recycled),
        placed_waste=share(year.placed_kg, year.waste_kg),
        renewable_energy=share(year.of_renewable_kwh, year.energy_kwh),
        circular_water=share(year.of_reused_l, year.water_l),
    )


def share(part: int, whole: int) -> Decimal | None:
    """Part of a whole with four places; None where there is no whole."""
    if whole <= 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(PLACES)


def eco_connectance(firms: int, links: int) -> Decimal | None:
    """Links between pairs of firms against all pairs there could be, L / (n (n - 1) / 2).

    Source: Hardy and Graedel, Industrial ecosystems as food webs, J. Ind. Ecol. 6 (2002).

    >>> eco_connectance(4, 3)
    Decimal('0.5000')
    """
    return share(2 * links, firms * (firms - 1))
