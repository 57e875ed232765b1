"""Which factors hold for an exchange on a day: a tenant's, else the table's or the catalogue's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.catalogue.models import Conversion, Material
from marketplace.exchanges.models import Exchange, HaulageBorneBy, Terms
from marketplace.firms.models import Affiliation, Organisation
from marketplace.impact.factors import Factor, FactorTable
from marketplace.impact.formulas import Flow, Side
from marketplace.impact.models import FactorOverride
from marketplace.listings.models import WasteStatus
from marketplace.units import ResourceKind

_PAYER: Mapping[str, Side | None] = {
    HaulageBorneBy.OFFER: Side.HOLDER,
    HaulageBorneBy.NEED: Side.RECEIVER,
    HaulageBorneBy.SHARED: None,
}
CATALOGUE_MONEY = "Catalogue of this project, order of magnitude for screening"


@dataclass(frozen=True, slots=True)
class Movement:
    """What moves: a delivery's, or an agreement's."""

    base_quantity: int
    road_m: int
    transport: str
    on: date


def flow_of(exchange: Exchange, movement: Movement, table: FactorTable) -> Flow:
    """A movement under an exchange with every factor that holds for it."""
    offered, needed = exchange.offer.material, exchange.need.material
    overrides = _overrides(exchange, movement.on)
    conversion = (
        Conversion.objects.filter(source=offered, target=needed).order_by("-weight").first()
    )
    terms = exchange.agreed_terms
    rail = movement.transport == "rail"
    freight = f"freight.{movement.transport}"
    haulage = "haulage.rail" if rail else "haulage.road"
    return Flow(
        kind=ResourceKind(offered.kind),
        base_quantity=movement.base_quantity,
        road_m=movement.road_m,
        substitution=_substitution(offered, needed, conversion),
        avoided=overrides.get(f"avoided:{offered.code}") or _avoided(offered, table),
        processing=overrides.get(f"processing:{offered.code}"),
        freight=overrides.get(freight) or table[freight],
        disposal=_money("disposal", offered, offered.disposal_cents_per_t or None, table),
        purchase=_money("purchase", needed, _purchase_cents(needed), table),
        treatment=_treatment(conversion, offered, table),
        water=overrides.get(f"water:{offered.code}"),
        energy=overrides.get(f"energy:{offered.code}"),
        price_cents=terms.price_cents if terms else 0,
        haulage_rate=overrides.get(haulage) or table[haulage],
        haulage_payer=_payer(terms),
        is_waste=exchange.offer.waste_status != WasteStatus.PRODUCT,
    )


def _payer(terms: Terms | None) -> Side | None:
    return Side.RECEIVER if terms is None else _PAYER[terms.haulage_borne_by]


def _substitution(offered: Material, needed: Material, conversion: Conversion | None) -> Decimal:
    """Units of the input replaced per unit delivered: what is asked for by its own name or a wider
    one is replaced one to one, a use as far as the catalogue says, less what a process loses."""
    replaces = Decimal(1)
    if needed.is_use and offered.substitution is not None:
        replaces = offered.substitution
    return replaces * conversion.yield_ratio if conversion else replaces


def _avoided(material: Material, table: FactorTable) -> Factor | None:
    if material.avoided_kgco2e_per_t is None:
        return None
    return Factor(
        code=f"avoided:{material.code}",
        value=material.avoided_kgco2e_per_t,
        unit="kg CO2e / t",
        spread_percent=table["avoided.spread"].spread_percent,
        year=material.avoided_year,
        source=material.avoided_source,
    )


def _money(what: str, material: Material, cents: int | None, table: FactorTable) -> Factor | None:
    if cents is None:
        return None
    return Factor(
        code=f"{what}:{material.code}",
        value=Decimal(cents),
        unit="cents / t",
        spread_percent=table["money.spread"].spread_percent,
        year=table["money.spread"].year,
        source=CATALOGUE_MONEY,
    )


def _purchase_cents(material: Material) -> int | None:
    if material.purchase_cents_per_t is not None:
        return material.purchase_cents_per_t
    low, high = material.value_low_cents_per_t, material.value_high_cents_per_t
    return None if low is None or high is None else (low + high) // 2


def _treatment(
    conversion: Conversion | None, material: Material, table: FactorTable
) -> Factor | None:
    if conversion is None:
        return None
    middle = (conversion.cost_low_cents_per_t + conversion.cost_high_cents_per_t) // 2
    return _money("treatment", material, middle, table)


def _overrides(exchange: Exchange, on: date) -> dict[str, Factor]:
    """The tenants' factors of the day: the holder's hosts before the receiver's, any host before
    the secretariat; among equals the host with the lower number, and its latest row."""
    hosts = _hosts([exchange.offer_organisation_id, exchange.need_organisation_id])
    rows = FactorOverride.objects.filter(host_id__in=hosts, valid_from__lte=on)
    found: dict[str, tuple[tuple[int, int, int], Factor]] = {}
    for row in rows:
        rank = (-hosts[row.host_id], row.valid_from.toordinal(), row.pk)
        if row.code not in found or rank > found[row.code][0]:
            found[row.code] = (rank, _told(row))
    return {code: factor for code, (_rank, factor) in found.items()}


def _hosts(member_ids: Iterable[int]) -> dict[int, int]:
    """Hosts of the two firms with their rank, the first to be asked ranked lowest."""
    ranked: list[int] = []
    for member_id in member_ids:
        of_member = Affiliation.objects.filter(member_id=member_id).order_by("host_id")
        ranked.extend(of_member.values_list("host_id", flat=True))
    secretariat = Organisation.objects.filter(type=Organisation.Type.SECRETARIAT)
    ranked.extend(secretariat.order_by("pk").values_list("pk", flat=True))
    hosts: dict[int, int] = {}
    for rank, host_id in enumerate(ranked):
        hosts.setdefault(host_id, rank)
    return hosts


def _told(row: FactorOverride) -> Factor:
    return Factor(
        code=row.code,
        value=row.value,
        unit=row.unit,
        spread_percent=row.spread_percent,
        year=row.year,
        source=row.source,
    )
