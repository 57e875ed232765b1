"""What the market itself recorded of a year: confirmed deliveries, as flows of one organisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from council.circularity.flows import YearOfFlows
from marketplace.deliveries.models import Delivery
from marketplace.exchanges.models import Exchange
from marketplace.firms.models import Organisation
from marketplace.units import ResourceKind

_RECOVERY_OTHER_THAN_RECYCLING = frozenset({"R1", "R12", "R13"})
"""Energy recovery, exchange before treatment and storage: no recovery to a material yet."""


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """The confirmed kilograms of one exchange in a year, from one organisation's side.

    ``treatment`` names the flow that what was handed over counts in, empty for what was taken in.
    """

    exchange: Exchange
    kg: int
    treatment: str

    @property
    def flows(self) -> YearOfFlows:
        if not self.treatment:
            return YearOfFlows(inflow_kg=self.kg, of_secondary_kg=self.kg)
        return YearOfFlows(**{self.treatment: self.kg})

    def undone(self, year: YearOfFlows) -> YearOfFlows:
        """The year as it would have been without the exchange: what was handed over landfilled,
        what was taken in bought as virgin material."""
        if not self.treatment:
            return year.substituting(-self.kg)
        return year.unplacing(self.kg, self.treatment)


def recorded_exchanges(organisation: Organisation, year: int) -> list[RecordedExchange]:
    """Exchanges of materials with confirmed deliveries in the year, the most first. Between two
    sites of one organisation nothing came in or went out."""
    rows = (
        Delivery.objects.counting()
        .between(date(year, 1, 1), date(year, 12, 31))
        .with_context()
        .filter(
            Q(exchange__offer_organisation=organisation)
            ^ Q(exchange__need_organisation=organisation),
            exchange__offer__material__kind=ResourceKind.MATERIAL,
        )
    )
    found: dict[tuple[int, str], RecordedExchange] = {}
    for delivery in rows:
        exchange = delivery.exchange
        gives = exchange.offer_organisation_id == organisation.pk
        treatment = _treatment(delivery.operation) if gives else ""
        before = found.get((exchange.pk, treatment))
        kg = delivery.base_quantity + (before.kg if before else 0)
        found[exchange.pk, treatment] = RecordedExchange(exchange, kg, treatment)
    return sorted(found.values(), key=lambda row: (-row.kg, row.exchange.pk, row.treatment))


def recorded_flows(exchanges: Iterable[RecordedExchange]) -> YearOfFlows:
    """All of them together."""
    total = YearOfFlows()
    for row in exchanges:
        total = total.plus(row.flows)
    return total


def _treatment(operation: str) -> str:
    """The flow of an R or D operation; none is use as a by-product."""
    if not operation:
        return "prepared_kg"
    if operation.startswith("D"):
        return {"D10": "incinerated_kg", "D1": "landfilled_kg", "D5": "landfilled_kg"}.get(
            operation, "otherwise_kg"
        )
    return "recovered_kg" if operation in _RECOVERY_OTHER_THAN_RECYCLING else "recycled_kg"
