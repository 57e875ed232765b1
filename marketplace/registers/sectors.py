"""Sector labels of registers that carry no NACE code, and the activity each stands for.

Kept beside the importer because the labels are the registers' own: Hotmaps' industrial database,
E-PRTR's Annex I sectors and activities, and the Bulgarian list of renewable plants.
"""

from __future__ import annotations

SECTOR_NACE = {
    "Cement": "23.51",
    "Glass": "23.1",
    "Iron and steel": "24.10",
    "Non-ferrous metals": "24.4",
    "Refineries": "19.20",
    "Chemical industry": "20.1",
    "Paper and printing": "17.12",
    "Non-metallic mineral products": "23",
    "Energy sector": "35.1",
    "Production and processing of metals": "24",
    "Mineral industry": "23",
    "Paper and wood production and processing": "17",
    "Animal and vegetable products from the food and beverage sector": "10",
    "Waste and wastewater management": "38",
    "Energy: Solar": "35.11",
    "Energy: Hydro": "35.11",
    "Energy: Wind": "35.11",
    "Energy: Biomass": "35.11",
    "Energy: Landfill gas": "35.11",
    "Energy: Waste gas / sludge biogas": "35.11",
}

STREAMLESS_SECTORS = frozenset({"Energy: Solar", "Energy: Hydro", "Energy: Wind"})
"""They burn nothing and process nothing: a power station's profile does not fit them."""


def activity_of(nace: str, sector: str) -> str:
    """NACE Rev. 2 code, from the register's own code first and the sector label else."""
    return nace or SECTOR_NACE.get(sector, "")
