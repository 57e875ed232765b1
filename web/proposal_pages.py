"""A proposal as its page shows it: amounts in words, the value's parts as bars, open questions."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.dates import MONTHS
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.listings.disclosure import DisclosedListing
from marketplace.listings.models import Service, WasteStatus
from symbiosis.legal_words import LegalWords, in_words
from symbiosis.reasons import worded
from symbiosis.selectors import DisclosedProposal
from symbiosis.settling import Settlement, settlement_of
from web import presentation


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the waterfall: ``start`` and ``width`` in thousandths of the chart."""

    label: str
    amount: str
    start: int
    width: int
    kind: str


@dataclass(frozen=True, slots=True)
class PriceBand:
    """What the receiver could pay the holder per unit, so that both gain; cents."""

    settlement: Settlement
    unit: str
    asking_cents: int | None

    @property
    def asking_within(self) -> bool:
        return self.asking_cents is not None and self.settlement.holds(self.asking_cents)


@dataclass(frozen=True, slots=True)
class Step:
    """A service between the two ends: what it takes, gives and costs, in words."""

    kind: str
    title: str
    place: str
    taken: str
    given: str
    cost: str
    distance: str
    months: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    disclosed: DisclosedProposal
    quantity: str
    bars: tuple[Bar, ...]
    band: PriceBand | None
    reasons: list[str]
    steps: tuple[Step, ...]
    unknowns: list[str]
    legal: LegalWords | None

    @property
    def proposal(self) -> object:
        return self.disclosed.proposal

    @property
    def added_co2e_kg(self) -> int:
        """What the exchange emits beyond what it avoids; meant for a negative balance."""
        return -self.disclosed.proposal.co2e_kg

    @property
    def delivered(self) -> str:
        """What reaches the receiver of a stream led through services."""
        proposal = self.disclosed.proposal
        reached = proposal.delivered_quantity or proposal.base_quantity
        return presentation.base_amount(reached, self.disclosed.need.material.kind)

    @property
    def one_off(self) -> bool:
        return "one_off" in (self.disclosed.offer.pattern, self.disclosed.need.pattern)

    @property
    def fictional(self) -> bool:
        return self.disclosed.offer.fictional or self.disclosed.need.fictional


def proposal_page(disclosed: DisclosedProposal) -> ProposalPage:
    proposal = disclosed.proposal
    kind = disclosed.offer.material.kind
    amount = presentation.base_amount(proposal.base_quantity, kind)
    one_off = "one_off" in (disclosed.offer.pattern, disclosed.need.pattern)
    return ProposalPage(
        disclosed=disclosed,
        quantity=presentation.per_period(amount, "one_off" if one_off else "continuous"),
        bars=_waterfall(disclosed),
        band=_band(disclosed),
        reasons=worded(proposal.reasons),
        steps=_steps(disclosed),
        unknowns=[*_unknowns(disclosed.offer), *_unknowns(disclosed.need)],
        legal=None if disclosed.verdict is None else in_words(disclosed.verdict),
    )


def _steps(disclosed: DisclosedProposal) -> tuple[Step, ...]:
    kind = disclosed.offer.material.kind
    kinds = dict(Service.Kind.choices)
    place = "place_bg" if get_language() == "bg" else "place_en"
    return tuple(
        Step(
            kind=str(kinds[leg["kind"]]),
            title=leg["title"],
            place=leg[place] or leg["place_en"],
            taken=presentation.base_amount(leg["in"], kind),
            given=presentation.base_amount(leg["out"], kind),
            cost=presentation.euros(leg["cost_cents"]),
            distance=presentation.kilometres(leg["straight_m"]),
            months=", ".join(f"{MONTHS[a]} → {MONTHS[b]}" for a, b in leg["months"])
            if leg["kind"] == Service.Kind.STORAGE
            else "",
        )
        for leg in disclosed.proposal.legs
    )


def _waterfall(disclosed: DisclosedProposal) -> tuple[Bar, ...]:
    """Gains, then costs, then what remains; the parts add up to the last bar exactly."""
    p = disclosed.proposal
    steps = [
        (_("Disposal avoided"), p.disposal_cents),
        (_("Purchase avoided"), p.purchase_cents),
        (_("Carbon avoided"), p.carbon_cents),
        (_("Treatment"), -p.processing_cents),
        (_("Haulage"), -p.haulage_cents),
    ]
    steps = [(label, cents) for label, cents in steps if cents]
    levels = [0]
    for _label, cents in steps:
        levels.append(levels[-1] + cents)
    bottom, top = min(*levels, 0, p.value_cents), max(*levels, 1)
    scale = 1000 / (top - bottom)

    def bar(label: str, cents: int, before: int, kind: str) -> Bar:
        left, right = sorted((before, before + cents))
        start, end = round((left - bottom) * scale), round((right - bottom) * scale)
        return Bar(label, presentation.euros(cents), start, max(end - start, 4), kind)

    return (
        *(
            bar(label, cents, before, "gain" if cents > 0 else "cost")
            for (label, cents), before in zip(steps, levels, strict=False)
        ),
        bar(_("Value of the exchange"), p.value_cents, 0, "total"),
    )


def _band(disclosed: DisclosedProposal) -> PriceBand | None:
    settlement = settlement_of(disclosed.proposal)
    if settlement is None:
        return None
    unit = presentation.unit_name(disclosed.offer.material.kind)
    return PriceBand(settlement, unit, disclosed.offer.price_cents)


def _unknowns(listing: DisclosedListing) -> list[str]:
    """What this side has not said yet; withheld answers are not questions."""
    if listing.organisation is None:
        return [_("Who stands behind the anonymous side: it decides when to show itself.")]
    offered = listing.side == "offer"
    found = []
    if listing.inferred:
        found.append(
            _("Offer: whether the stream exists in this amount; the firm has not confirmed it.")
            if offered
            else _("Need: whether the firm takes this in; it has not confirmed it.")
        )
    if offered and listing.material.kind == "material":
        found.extend(_legal_unknowns(listing))
    if not listing.quality_notes:
        found.append(
            _("Offer: quality, such as moisture, purity and contaminants.")
            if offered
            else _("Need: the quality that is acceptable.")
        )
    if listing.available_from is None and not listing.months:
        found.append(
            _("Offer: from when to when it is available.")
            if offered
            else _("Need: from when to when it is wanted.")
        )
    return found


def _legal_unknowns(listing: DisclosedListing) -> list[str]:
    if listing.waste_status == WasteStatus.UNKNOWN:
        return [_("Offer: whether it is waste, a by-product or a product.")]
    if listing.waste_status == WasteStatus.WASTE and listing.waste_code is None:
        return [_("Offer: the waste code.")]
    return []
