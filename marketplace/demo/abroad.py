"""The partner cluster across the Danube: a site of its own in Romania, with streams and needs, so
that the fictional market has exchanges that cross a border."""

from __future__ import annotations

import random

from marketplace.catalogue.models import Material
from marketplace.demo.listings import DemoMarketError, listing_of
from marketplace.demo.vocabulary import NEED_NOTES, OFFER_NOTES
from marketplace.firms.models import Organisation, Site
from marketplace.firms.services import placement
from marketplace.listings.models import Need, Offer

GIURGIU = (25.9699, 43.9037)
"""Longitude and latitude of the town."""

OFFERED = ("pet-bottle-waste", "wheat-bran", "occ-cardboard", "ferrous-scrap", "used-cooking-oil")
NEEDED = ("animal-feed", "plastic-regranulate-feed", "papermaking-recovered-fibre",
          "steelmaking-scrap-charge", "solvent-recovery-feed", "biogas-substrate")  # fmt: skip

LISTED_ABROAD = len(OFFERED) + len(NEEDED)


def list_abroad(chance: random.Random, cluster: Organisation, *, source: str) -> Site:
    """The cluster's site in Giurgiu and what it lists there. Raises DemoMarketError where the
    catalogue lacks one of the concepts."""
    place = placement(*GIURGIU)
    site = Site.objects.create(
        organisation=cluster,
        name="Giurgiu, склад на клъстера (измислен)",
        city="Giurgiu",
        country="RO",
        location=place.location,
        cell_location=place.cell_location,
        region=place.region,
        cell_region=place.cell_region,
        source=source,
        external_id="demo-site-cluster-giurgiu",
    )
    known = Material.objects.in_bulk([*OFFERED, *NEEDED], field_name="code")
    missing = {*OFFERED, *NEEDED} - set(known)
    if missing:
        raise DemoMarketError(f"The catalogue lacks {', '.join(sorted(missing))}.")
    Offer.objects.bulk_create(
        listing_of(Offer, chance, site, known[code], OFFER_NOTES) for code in OFFERED
    )
    Need.objects.bulk_create(
        listing_of(Need, chance, site, known[code], NEED_NOTES) for code in NEEDED
    )
    return site
