"""What would raise an organisation's circularity, by how much, and where to begin.

Each piece of advice changes the year as it stands by one exchange and reckons the measure anew, so
that the effects are those of single steps: two together may bring less than their sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from council.circularity.flows import YearOfFlows
from council.circularity.indicators import indicators
from council.circularity.recorded import RecordedExchange
from marketplace.catalogue.models import Material
from marketplace.firms.models import Organisation
from marketplace.firms.viewers import Viewer
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from marketplace.units import ResourceKind
from symbiosis.models import Proposal
from symbiosis.selectors import proposals_of_organisations

ADVICE_SHOWN = 12
PROPOSALS_READ = 60


class Step(StrEnum):
    """What to do: open a proposal as its holder or receiver, or list what is only inferred."""

    OPEN_AS_HOLDER = "open_as_holder"
    OPEN_AS_RECEIVER = "open_as_receiver"
    LIST_OFFER = "list_offer"
    LIST_NEED = "list_need"

    @property
    def gives(self) -> bool:
        return self in (Step.OPEN_AS_HOLDER, Step.LIST_OFFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One step with the material circularity before and after it; ``proposal`` where there is one
    to open, else the form of a listing with the material filled in."""

    step: Step
    material: Material
    kg: int
    before: Decimal
    after: Decimal
    proposal: Proposal | None = None

    @property
    def gain(self) -> Decimal:
        return self.after - self.before


def advice_for(viewer: Viewer, organisation: Organisation, year: YearOfFlows) -> list[Advice]:
    """Steps that would raise the material circularity of the year, the largest effect first.

    Only what the year's flows leave room for counts: a by-product can be placed as far as waste is
    disposed of, and taken in as far as inflow is virgin. Empty where the year tells no circularity.
    """
    before = indicators(year).material_circularity
    if before is None:
        return []
    found = [
        Advice(step=step, material=material, kg=kg, before=before, after=after, proposal=proposal)
        for step, material, kg, proposal in _steps(viewer, organisation)
        if (after := _after(year, step, kg)) is not None and after > before
    ]
    found.sort(key=lambda row: (-row.gain, row.proposal is None, -row.kg, row.material.code))
    return _once_a_material(found)[:ADVICE_SHOWN]


def _after(year: YearOfFlows, step: Step, kg: int) -> Decimal | None:
    changed = year.placing(kg) if step.gives else year.substituting(kg)
    return indicators(changed).material_circularity


def _once_a_material(found: Iterable[Advice]) -> list[Advice]:
    """The best step for each material and direction: a stream can be placed only once."""
    best: dict[tuple[int, bool], Advice] = {}
    for row in found:
        best.setdefault((row.material.pk, row.step.gives), row)
    return list(best.values())


def _steps(
    viewer: Viewer, organisation: Organisation
) -> Iterable[tuple[Step, Material, int, Proposal | None]]:
    own = organisation.pk
    for proposal in proposals_of_organisations(viewer)[:PROPOSALS_READ]:
        if proposal.offer.organisation_id == own:
            side, step = proposal.offer, Step.OPEN_AS_HOLDER
        elif proposal.need.organisation_id == own:
            side, step = proposal.need, Step.OPEN_AS_RECEIVER
        else:
            continue
        if side.material.kind == ResourceKind.MATERIAL:
            yield step, side.material, proposal.base_quantity, proposal
    for listings, step in (
        (offers_visible_to(viewer), Step.LIST_OFFER),
        (needs_visible_to(viewer), Step.LIST_NEED),
    ):
        inferred = listings.open().inferred().of_organisations(frozenset({own}))
        for row in inferred.filter(material__kind=ResourceKind.MATERIAL):
            yield step, row.material, row.base_quantity, None


@dataclass(frozen=True, slots=True)
class ExchangeEffect:
    """An exchange's deliveries of a year, and the material circularity without and with them."""

    recorded: RecordedExchange
    without: Decimal | None
    reached: Decimal | None


def effects_of_exchanges(
    year: YearOfFlows, exchanges: Iterable[RecordedExchange]
) -> list[ExchangeEffect]:
    """Before and after each exchange: the year as it would have been without it, beside the year
    as it was."""
    reached = indicators(year).material_circularity
    return [
        ExchangeEffect(row, indicators(row.undone(year)).material_circularity, reached)
        for row in exchanges
    ]
