"""How far a stream can go and what moving it costs against bulk goods on a standard truck.

Money decides most reaches by itself (candidates.py in the core); the limits here are physical:
heat cools in its pipe, water is not carted across the country. What runs in a pipe pays for it.
"""

from __future__ import annotations

from marketplace.catalogue.models import Material

HEAT_REACH_KM = 8.0
"""District-heat pipes lose too much beyond; order of magnitude of industrial heat schemes."""

WATER_REACH_KM = 25.0
"""Piped process water; Kalundborg's own network stays within a few kilometres."""

GAS_REACH_KM = 30.0
"""Raw biogas and off-gas lines; beyond, gas is upgraded and fed into the grid."""

POWER_REACH_KM = 300.0
CAPACITY_REACH_KM = 150.0
"""Storage, press time or a laboratory is worth a drive within a region and its neighbours."""

FULL_LOAD_DENSITY_KG_M3 = 267
"""24 t in 90 m3: lighter goods fill the truck before they load it."""

STANDARD = 1_000
LIQUID_PERMILLE = 1_250
"""Tankers return empty and are washed: a planning surcharge of a quarter."""

PIPED_PERMILLE = {"heat": 28_000, "gas": 4_600, "power": 0}
"""A pipe's yearly cost per MWh and kilometre, against a tonne-kilometre of standard haulage at its
default rate of 12 cents: 336 cents for heat, 55 for gas; the public grid asks no distance.

Heat: a connection is held feasible from 1.5 MWh a metre and year at 8 EUR/GJ (Beccali et al. 2016,
after practice of district heating), which is 43 EUR a metre and year; spread over 12.8 GWh a year,
the order of one plant's spare heat. Smaller flows pay more per MWh than is counted here. Gas:
11 EUR a metre and year over 20 GWh, a planning value of this project."""

WATER_PERMILLE = 370
"""22 EUR a metre of main and year over 500,000 m3: 4.4 cents a m3 and km (planning value)."""

_REACH_BY_FORM = {"heat": HEAT_REACH_KM, "gas": GAS_REACH_KM, "power": POWER_REACH_KM}
_REACH_BY_KIND = {
    Material.Kind.WATER: WATER_REACH_KM,
    Material.Kind.CAPACITY: CAPACITY_REACH_KM,
    Material.Kind.ENERGY: GAS_REACH_KM,
}


def reach_km(material: Material) -> float:
    """Straight-line kilometres beyond which the stream is not proposed; infinite if money rules."""
    if material.kind == Material.Kind.MATERIAL:
        return float("inf")
    return _REACH_BY_FORM.get(material.form, _REACH_BY_KIND[Material.Kind(material.kind)])


def haulage_permille(material: Material) -> int:
    """Cost of moving a tonne (MWh, m3) a kilometre against dense dry bulk, in permille."""
    if material.kind == Material.Kind.ENERGY:
        return PIPED_PERMILLE.get(material.form, PIPED_PERMILLE["gas"])
    if material.kind == Material.Kind.WATER:
        return WATER_PERMILLE
    if material.kind == Material.Kind.CAPACITY:
        return 0
    bulk = STANDARD
    if material.density_kg_m3:
        bulk = max(STANDARD, STANDARD * FULL_LOAD_DENSITY_KG_M3 // material.density_kg_m3)
    return bulk * LIQUID_PERMILLE // STANDARD if material.form == "liquid" else bulk
