"""How far a stream can go and what moving it costs against bulk goods on a standard truck.

Money decides most reaches by itself (candidates.py in the core); the limits here are physical:
heat cools in its pipe, water is not carted across the country.
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

PIPED_PERMILLE = 0
"""A pipe or a wire has no haulage per tonne-kilometre; its reach is limited instead."""

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
    """Haulage cost of a tonne-kilometre against dense dry bulk, in permille."""
    if material.kind != Material.Kind.MATERIAL:
        return PIPED_PERMILLE
    bulk = STANDARD
    if material.density_kg_m3:
        bulk = max(STANDARD, STANDARD * FULL_LOAD_DENSITY_KG_M3 // material.density_kg_m3)
    return bulk * LIQUID_PERMILLE // STANDARD if material.form == "liquid" else bulk
