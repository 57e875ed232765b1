"""How much of a stream a site probably has, and on what ground that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from marketplace.catalogue.models import Material, StreamProfile
from marketplace.firms.models import Site

ASSUMED_EMPLOYEES = 60
"""Median head count taken where neither employees nor tonnes are known (industrial site subject to
emissions reporting; a convention of this project, shown with every figure that rests on it)."""

HEAT_MWH_PER_T_CO2 = Decimal("0.47")
"""Recoverable heat of a burner that reports its CO2: natural gas gives 0.202 t a MWh (IPCC 2006,
56.1 kg/GJ), and 9.5 % of industry's energy is technically recoverable heat (Papapetrou et al.,
Applied Thermal Engineering 138 (2018) 207-216)."""

ORDER_OF_MAGNITUDE = {"high": Decimal(500), "medium": Decimal(200), "low": Decimal(50)}
"""Stated convention where only the trade is known: tonnes of a material, units of capacity."""

SCALE = {Material.Kind.ENERGY: 20, Material.Kind.WATER: 100}
"""The same convention in MWh and m3: a plant above the 20 MW of the emissions trading directive
burns some 80 GWh a year, of which a tenth is heat to spare; water counts in tens of thousands."""

MAX_PER_YEAR = Decimal(5_000_000)
_WEIGHT = {"high": 3, "medium": 2, "low": 1}
_GIVES = StreamProfile.Direction.OUTPUT


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tonnes (m3, MWh, units) a year and the ground they rest on."""

    per_year: Decimal
    ground: str


def shares_of_reported(streams: Sequence[StreamProfile]) -> dict[int, Decimal]:
    """For each stream of a site its part of what the register reports in one sum: waste over the
    materials given off, heat over the heat streams, by how likely each is."""
    totals: dict[str, int] = {}
    for stream in streams:
        totals[_sum_of(stream)] = totals.get(_sum_of(stream), 0) + _WEIGHT[stream.likelihood]
    return {s.pk: Decimal(_WEIGHT[s.likelihood]) / totals[_sum_of(s)] for s in streams}


def estimate(site: Site, profile: StreamProfile, *, share: Decimal) -> Estimate:
    """The best figure the site's data allow, with its ground.

    ``share``: this stream's part of a reported sum. Order: known share of the reported waste,
    reported production, part of the reported waste, heat or CO2, head count (own, then assumed),
    order of magnitude of the trade.
    """
    reported = {key: Decimal(value) for key, value in site.reported.items()}
    waste = sum(
        (v for k, v in reported.items() if k.startswith("waste_") and k.endswith("_t")), Decimal(0)
    )
    among = _sum_of(profile)
    of_waste = share if among == "waste" else None
    of_heat = share if among == "heat" else Decimal(0)
    candidates = (
        (profile.share_of_waste, waste, "share_of_reported_waste"),
        (profile.t_per_t_product, reported.get("production_t"), "reported_production"),
        (of_waste, waste, "reported_waste"),
        (of_heat * 1000, reported.get("excess_heat_gwh"), "reported_excess_heat"),
        (of_heat * HEAT_MWH_PER_T_CO2, reported.get("co2_t"), "reported_co2"),
        (profile.t_per_employee, site.employees, "employees"),
        (profile.t_per_employee, ASSUMED_EMPLOYEES, "assumed_employees"),
    )
    for factor, figure, ground in candidates:
        if factor and figure and (per_year := _sane(factor * figure)):
            return Estimate(per_year, ground)
    usual = ORDER_OF_MAGNITUDE[profile.likelihood]
    return Estimate(
        usual * SCALE.get(Material.Kind(profile.material.kind), 1), "order_of_magnitude"
    )


def ground_text(inferred_from: dict[str, Any]) -> str:
    """A sentence on what an inferred amount rests on, for whoever looks at the listing."""
    wordings = {
        "share_of_reported_waste": _("The amount is the trade's usual share of the waste that the "
                                     "site reports to a public register."),
        "reported_production": _("The amount follows from the production that the site reports to "
                                 "a public register."),
        "reported_waste": _("The amount is a part of the waste that the site reports to a public "
                            "register, divided among its likely streams."),
        "reported_excess_heat": _("The amount is a part of the excess heat that a public data set "
                                  "gives for the site."),
        "reported_co2": _("The amount follows from the CO2 that the site reports: about a tenth of "
                          "the burnt energy is recoverable heat."),
        "employees": _("The amount follows from the number of employees."),
        "assumed_employees": _("The amount assumes %(n)d employees; nothing better is known.")
        % {"n": ASSUMED_EMPLOYEES},
        "order_of_magnitude": _("The amount is an order of magnitude of the trade; nothing of the "
                                "site itself is known."),
    }  # fmt: skip
    return wordings.get(str(inferred_from.get("ground")), "")


def _sum_of(profile: StreamProfile) -> str:
    """Which reported sum a stream is a part of: ``waste``, ``heat``, or none."""
    material = profile.material
    if profile.direction != _GIVES:
        return ""
    if material.form == "heat":
        return "heat"
    return "waste" if material.kind == Material.Kind.MATERIAL and material.form != "gas" else ""


def _sane(amount: Decimal) -> Decimal:
    """Two significant digits, so that an inference never looks like a measurement."""
    capped = min(amount, MAX_PER_YEAR)
    if capped < Decimal("0.1"):
        return Decimal(0)
    return Decimal(f"{capped:.1e}").quantize(Decimal("0.1"))
