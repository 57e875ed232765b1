"""A year of an organisation's flows: what came in, what went out and where it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

TREATMENTS = (
    "prepared_kg",
    "recycled_kg",
    "recovered_kg",
    "incinerated_kg",
    "landfilled_kg",
    "otherwise_kg",
)
"""Where waste and residues ended, as ESRS E5-5 divides it: prepared for reuse or used as a
by-product, recycled, other recovery (energy), incinerated, landfilled, other disposal."""

DIVERTED = TREATMENTS[:3]
DISPOSED = TREATMENTS[3:]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearOfFlows:
    """Whole kilograms, kilowatt-hours and litres; what begins with ``of_`` or ``hazardous_`` is a
    part of what stands before it.

    Inflow: ``inflow_kg`` in all, of which secondary (recycled or by-product), reused, and from
    sustained biological production; ``biological_kg`` sustained or not. Outflow: ``products_kg``,
    of which really recovered after use; waste and residues by where they ended (TREATMENTS).
    """

    inflow_kg: int = 0
    of_secondary_kg: int = 0
    of_reused_kg: int = 0
    of_sustained_kg: int = 0
    biological_kg: int = 0
    products_kg: int = 0
    of_recoverable_kg: int = 0
    prepared_kg: int = 0
    recycled_kg: int = 0
    recovered_kg: int = 0
    incinerated_kg: int = 0
    landfilled_kg: int = 0
    otherwise_kg: int = 0
    hazardous_prepared_kg: int = 0
    hazardous_recycled_kg: int = 0
    hazardous_recovered_kg: int = 0
    hazardous_incinerated_kg: int = 0
    hazardous_landfilled_kg: int = 0
    hazardous_otherwise_kg: int = 0
    energy_kwh: int = 0
    of_renewable_kwh: int = 0
    water_l: int = 0
    of_reused_l: int = 0

    @property
    def diverted_kg(self) -> int:
        """Waste and residues kept from disposal."""
        return self._sum(DIVERTED)

    @property
    def disposed_kg(self) -> int:
        return self._sum(DISPOSED)

    @property
    def waste_kg(self) -> int:
        return self._sum(TREATMENTS)

    @property
    def hazardous_kg(self) -> int:
        return self._sum([f"hazardous_{name}" for name in TREATMENTS])

    @property
    def placed_kg(self) -> int:
        """Kept in the loop of materials: used again or recycled."""
        return self.prepared_kg + self.recycled_kg

    @property
    def circular_inflow_kg(self) -> int:
        return self.of_secondary_kg + self.of_reused_kg + self.of_sustained_kg

    @property
    def outflow_kg(self) -> int:
        return self.products_kg + self.waste_kg

    @property
    def circular_outflow_kg(self) -> int:
        return self.of_recoverable_kg + self.placed_kg

    @property
    def linear_inflow_kg(self) -> int:
        """What by-products could still take the place of."""
        return max(0, self.inflow_kg - self.circular_inflow_kg)

    def plus(self, other: YearOfFlows) -> YearOfFlows:
        """Both together, flow by flow."""
        return YearOfFlows(**{name: self.of(name) + other.of(name) for name in FLOWS})

    def placing(self, kg: int) -> YearOfFlows:
        """The same year with some of what is disposed of used as a by-product instead, the
        landfilled first; no more than there is."""
        left, changes = kg, {}
        for name in ("landfilled_kg", "otherwise_kg", "incinerated_kg"):
            taken = min(left, self.of(name) - self.of(f"hazardous_{name}"))
            changes[name] = self.of(name) - taken
            left -= taken
        return replace(self, prepared_kg=self.prepared_kg + kg - left, **changes)

    def unplacing(self, kg: int, treatment: str) -> YearOfFlows:
        """The same year with some of what an exchange placed put on a landfill."""
        taken = min(kg, self.of(treatment))
        return replace(
            self,
            landfilled_kg=self.landfilled_kg + taken,
            **{treatment: self.of(treatment) - taken},
        )

    def substituting(self, kg: int) -> YearOfFlows:
        """The same year with some virgin inflow replaced by secondary material, as far as there is
        any; a negative amount takes it back."""
        by = max(-self.of_secondary_kg, min(kg, self.linear_inflow_kg))
        return replace(self, of_secondary_kg=self.of_secondary_kg + by)

    def of(self, name: str) -> int:
        amount: int = getattr(self, name)
        return amount

    def _sum(self, names: tuple[str, ...] | list[str]) -> int:
        return sum(self.of(name) for name in names)


FLOWS: tuple[str, ...] = tuple(f.name for f in fields(YearOfFlows))
"""Every flow by name, in the order of the form."""

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("inflow_kg", ("of_secondary_kg", "of_reused_kg", "of_sustained_kg")),
    ("inflow_kg", ("biological_kg",)),
    ("biological_kg", ("of_sustained_kg",)),
    ("products_kg", ("of_recoverable_kg",)),
    *((name, (f"hazardous_{name}",)) for name in TREATMENTS),
    ("energy_kwh", ("of_renewable_kwh",)),
    ("water_l", ("of_reused_l",)),
)
"""A whole, and the parts that together are at most the whole."""


def contradictions(year: YearOfFlows) -> list[str]:
    """Names of first parts that make more than their whole, in the order of the form.

    >>> contradictions(YearOfFlows(inflow_kg=10, of_secondary_kg=8, of_reused_kg=3))
    ['of_secondary_kg']
    """
    return [parts[0] for whole, parts in PARTS if sum(map(year.of, parts)) > year.of(whole)]
