"""Taking in what a partner market tells, and naming the partners."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from marketplace.models import Material
from symbiosis.federation.models import ForeignDescriptor, PartnerMarket


@dataclass(frozen=True, slots=True)
class ToldDescriptor:
    """A partner's descriptor as it came, checked; ``material`` is its concept's code."""

    number: int
    uid: uuid.UUID
    side: str
    material: str
    band_low: int
    band_high: int
    lon: float
    lat: float
    country: str
    first_day: date | None
    last_day: date | None
    months: list[int]
    gone: bool


def hear(partner: PartnerMarket, told: Sequence[ToldDescriptor], *, now: datetime) -> None:
    """Write a partner's descriptors, the last word on each; in the caller's transaction."""
    codes = {row.material for row in told}
    materials = dict(Material.objects.filter(code__in=codes).values_list("code", "pk"))
    latest = {row.uid: row for row in told}.values()
    ForeignDescriptor.objects.bulk_create(
        [_heard(partner, row, materials.get(row.material), now) for row in latest],
        update_conflicts=True,
        unique_fields=["partner", "uid"],
        update_fields=[
            *("side", "material", "band_low", "band_high", "lon", "lat", "country"),
            *("first_day", "last_day", "months", "gone", "heard_at"),
        ],
    )


def _heard(
    partner: PartnerMarket, row: ToldDescriptor, material_id: int | None, now: datetime
) -> ForeignDescriptor:
    return ForeignDescriptor(
        partner=partner,
        uid=row.uid,
        side=row.side,
        material_id=material_id,
        band_low=row.band_low,
        band_high=row.band_high,
        lon=row.lon,
        lat=row.lat,
        country=row.country.upper(),
        first_day=row.first_day,
        last_day=row.last_day,
        months=row.months,
        gone=row.gone,
        heard_at=now,
    )


def name_partner(name: str) -> PartnerMarket:
    """The partner market of a name, in service from now on."""
    partner, _made = PartnerMarket.objects.get_or_create(name=name)
    partner.active = True
    partner.save(update_fields=["active"])
    return partner


def stop_partner(name: str) -> bool:
    """Tell a partner nothing more and hear nothing more of it; False where there is none."""
    return bool(PartnerMarket.objects.filter(name=name).update(active=False))
