"""The matcher never plans what the law bars, and says what it left out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from marketplace.firms.permits import Permit, PermittedCode
from marketplace.models import Conversion, Material, WasteCode
from symbiosis import gate as gates
from symbiosis.barriers import barrier_counts
from symbiosis.gate.numbering import Numbering
from symbiosis.models import Barrier, Proposal
from symbiosis.ranking import rank_listing
from symbiosis.resident.keeper import Keeper, Superseded
from symbiosis.services import run_matching
from tests.factories import (
    PLOVDIV,
    MaterialFactory,
    NeedFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def match():
    return run_matching(as_of=TODAY, now=lambda: NOW)


@pytest.fixture
def solvents() -> Material:
    """Spent solvents that a recovery plant takes as R2."""
    use = MaterialFactory(
        code="solvent-recovery-feed",
        name_en="Solvent recovery feed",
        name_bg="Суровина за регенерация на разтворители",
        is_use=True,
        disposal_cents_per_t=0,
        purchase_cents_per_t=40_000,
        substitution=None,
    )
    Conversion.objects.create(
        source=MaterialFactory(code="spent-solvents", name_en="Spent solvents"),
        target=use,
        process_en="distillation",
        process_bg="дестилация",
        yield_ratio=Decimal("0.8"),
        route="R2",
        weight=Decimal("0.9"),
    )
    return use


@pytest.fixture
def hazardous() -> WasteCode:
    return WasteCodeFactory(code="140603", entry="AH", name_en="Other solvents")


def spent(code: WasteCode | None, **fields):
    return OfferFactory(
        site=fields.pop("site", None) or SiteFactory(region=RegionFactory()),
        material=Material.objects.get(code="spent-solvents"),
        waste_status="waste",
        waste_code=code,
        **fields,
    )


def plant(use: Material, **fields):
    site = SiteFactory(lon=PLOVDIV[0], lat=PLOVDIV[1], region=RegionFactory(code="BG421"))
    return NeedFactory(site=site, material=use, **fields)


def permit(need, *codes: WasteCode, **fields) -> Permit:
    held = Permit.objects.create(
        organisation=need.organisation,
        site=fields.pop("site", need.site),
        kind=fields.pop("kind", "waste_permit"),
        number=fields.pop("number", "12-ДО-1"),
        operations=fields.pop("operations", ["R2"]),
        **fields,
    )
    for code in codes:
        PermittedCode.objects.create(permit=held, waste_code=code)
    return held


def planned() -> set[tuple[int, int]]:
    return set(Proposal.objects.values_list("offer_id", "need_id"))


def test_hazardous_waste_goes_only_to_the_permitted_receiver(solvents, hazardous):
    offer = spent(hazardous)
    barred, able = plant(solvents), plant(solvents)
    permit(able, hazardous)
    match()
    assert planned() == {(offer.pk, able.pk)}
    barrier = Barrier.objects.get()
    assert (barrier.offer_id, barrier.need_id) == (offer.pk, barred.pk)
    assert barrier.rules == ["bg-receiver-hazardous"]


def test_without_the_gate_the_barred_pair_is_planned(solvents, hazardous, monkeypatch):
    """The control: the pair is worth making, so nothing but the gate keeps it out."""
    offer, barred = spent(hazardous), plant(solvents)
    match()
    assert planned() == set()
    real = Numbering.__init__
    monkeypatch.setattr(Numbering, "__init__", lambda self, catalogue, _: real(self, catalogue, {}))
    match()
    assert planned() == {(offer.pk, barred.pk)}


@pytest.mark.parametrize(
    "fields",
    [
        {"operations": ["R3"]},
        {"valid_until": date(2026, 11, 20)},
        {"valid_from": date(2026, 11, 22)},
        {"withdrawn_on": date(2026, 1, 1)},
        {"kind": "waste_registration"},
    ],
    ids=["another operation", "expired", "not yet valid", "withdrawn", "only a registration"],
)
def test_a_permit_that_falls_short_does_not_open_the_way(solvents, hazardous, fields):
    spent(hazardous)
    permit(plant(solvents), hazardous, **fields)
    match()
    assert planned() == set()


def test_a_permit_of_another_site_or_code_does_not_open_the_way(solvents, hazardous):
    spent(hazardous)
    need = plant(solvents)
    permit(need, hazardous, site=SiteFactory(organisation=need.organisation))
    permit(need, WasteCodeFactory(code="140602", entry="AH"), number="12-ДО-2")
    match()
    assert planned() == set()


def test_offers_of_one_material_are_told_apart_by_their_code(solvents, hazardous):
    """The class decides, not the concept: the clean stream passes where the hazardous may not."""
    dirty, clean = spent(hazardous), spent(WasteCodeFactory(code="161002", entry="AN"))
    need = plant(solvents)
    match()
    assert planned() == {(clean.pk, need.pk)}
    assert set(Barrier.objects.values_list("offer_id", flat=True)) == {dirty.pk}


def test_a_receiver_that_keeps_its_name_back_is_asked_not_barred(solvents, hazardous):
    offer = spent(hazardous)
    need = plant(solvents, visibility="anonymous")
    match()
    assert planned() == {(offer.pk, need.pk)}


def test_what_is_forbidden_stays_so_with_any_paper_and_name(hazardous):
    feed = MaterialFactory(
        code="animal-feed", name_en="Feed", is_use=True, purchase_cents_per_t=20_000,
        disposal_cents_per_t=0,
    )  # fmt: skip
    catering = MaterialFactory(code="catering-waste", name_en="Catering waste")
    Conversion.objects.create(
        source=catering, target=feed, process_en="boiling", process_bg="варене", route="by-product"
    )
    OfferFactory(site=SiteFactory(), material=catering)
    need = NeedFactory(site=SiteFactory(lon=24), material=feed, visibility="anonymous")
    permit(need, kind="feed_business")
    match()
    assert planned() == set()
    assert Barrier.objects.get().rules == ["eu-feed-catering-concept"]


def test_a_posting_is_ranked_behind_the_same_gate(solvents, hazardous):
    barred, able = plant(solvents), plant(solvents)
    permit(able, hazardous)
    ranked = rank_listing(spent(hazardous), as_of=TODAY)
    assert [proposal.need_id for proposal in ranked] == [able.pk]
    offer = spent(hazardous)
    assert list(rank_listing(barred, as_of=TODAY)) == []
    assert offer.pk in {proposal.offer_id for proposal in rank_listing(able, as_of=TODAY)}


def test_barriers_are_counted_and_lifted(solvents, hazardous):
    region = RegionFactory()
    for kilograms in (5, 20):
        spent(hazardous, site=SiteFactory(region=region), quantity_value=Decimal(kilograms))
    need, other = plant(solvents), plant(solvents)
    match()
    (line,) = barrier_counts()
    assert (line.rule, line.waste_code_id, line.region_id) == (
        "bg-receiver-hazardous",
        hazardous.pk,
        region.pk,
    )
    assert (line.offers, line.pairs, line.base_quantity) == (2, 4, 25_000)
    assert barrier_counts(region_ids=[region.pk + 1]) == []
    permit(need, hazardous)
    permit(other, hazardous)
    match()
    assert barrier_counts() == []
    assert Barrier.objects.filter(lifted_at__isnull=False).count() == 4


class TestResident:
    """The plan that is kept current follows the same gate."""

    def keeper(self) -> Keeper:
        return Keeper(day=TODAY, now=lambda: NOW)

    def test_a_later_offer_of_a_known_class_is_placed(self, solvents, hazardous):
        spent(hazardous)
        plant(solvents)
        able = plant(solvents, quantity_value=Decimal(10_000))
        permit(able, hazardous)
        keeper = self.keeper()
        later = spent(hazardous)
        keeper.take_changes()
        assert {need for offer, need in planned() if offer == later.pk} == {able.pk}

    def test_a_class_never_weighed_asks_for_a_new_market(self, solvents, hazardous):
        plant(solvents)
        spent(WasteCodeFactory(code="161002", entry="AN"))
        keeper = self.keeper()
        spent(hazardous)
        with pytest.raises(Superseded):
            keeper.take_changes()
        self.keeper()
        assert len(planned()) == 1

    def test_a_new_code_on_a_listing_bars_it(self, solvents, hazardous):
        offer = spent(WasteCodeFactory(code="161002", entry="AN"))
        spent(hazardous)
        need = plant(solvents)
        keeper = self.keeper()
        assert planned() == {(offer.pk, need.pk)}
        offer.waste_code = hazardous
        offer.save()
        keeper.take_changes()
        assert planned() == set()

    def test_a_new_permit_moves_the_ground(self, solvents, hazardous):
        spent(hazardous)
        need = plant(solvents)
        keeper = self.keeper()
        assert not keeper.worn(TODAY)
        permit(need, hazardous)
        assert keeper.worn(TODAY)


def test_nothing_barred_costs_no_class(solvents):
    """Where the law bars nothing the engine sees the catalogue's own arrays."""
    spent(None)
    plant(solvents)
    from symbiosis.catalogue import current_catalogue
    from symbiosis.problems import load_market

    loaded = load_market(as_of=TODAY, catalogue=current_catalogue())
    assert len(loaded.gate.pairs) == len(loaded.catalogue.arrays)
    assert len(loaded.gate.barred) == 0
    assert isinstance(loaded.gate, gates.Gate)
