"""What of a listing a viewer is told: one rule for the API, pages, tiles, exports and mail.

An anonymous listing tells outsiders its concept, a quantity band and a 5 km grid cell, never its
holder, site, words, price or exact amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from geo.models import Region
from marketplace.catalogue.models import Material, WasteCode
from marketplace.firms.models import Organisation, Site
from marketplace.firms.viewers import Viewer
from marketplace.listings.completeness import Completeness, completeness
from marketplace.listings.models import Listing, Visibility
from marketplace.units import Quantity


@dataclass(frozen=True, slots=True)
class QuantityBand:
    """Half-open range of base units, ``low <= quantity < high``; bands are fixed decades."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class DisclosedListing:
    """A listing as far as one viewer may know it; None where it is withheld."""

    public_id: str
    side: str
    material: Material
    title: str
    description: str
    quantity: Quantity | None
    base_quantity: int | None
    band: QuantityBand
    lon: float
    lat: float
    exact_location: bool
    region: Region | None
    organisation: Organisation | None
    site: Site | None
    waste_code: WasteCode | None
    waste_status: str
    pattern: str
    available_from: date | None
    available_until: date | None
    months: tuple[int, ...]
    price_cents: int | None
    quality_notes: str
    visibility: str
    inferred: bool
    fictional: bool
    own: bool
    language: str
    status: str
    min_lot_value: Decimal | None
    external_id: str
    posted_on: date
    updated_at: datetime | None
    version: int
    completeness: Completeness | None


def quantity_band(base_quantity: int) -> QuantityBand:
    """The decade that holds the quantity: 1,000 to 10,000 kg, and so on.

    >>> quantity_band(4200)
    QuantityBand(low=1000, high=10000)
    """
    low = 10 ** (len(str(base_quantity)) - 1)
    return QuantityBand(low, low * 10)


def withheld(listing: Listing, viewer: Viewer) -> bool:
    """Whether the viewer gets the general form only."""
    return (
        listing.visibility == Visibility.ANONYMOUS
        and not viewer.secretariat
        and not viewer.acts_for(listing.organisation_id)
    )


def disclose(listing: Listing, viewer: Viewer) -> DisclosedListing:
    """The listing in the form this viewer may have; assumes that the viewer may see it at all."""
    hidden = withheld(listing, viewer)
    return DisclosedListing(
        public_id=listing.public_id,  # type: ignore[attr-defined]
        side=listing._meta.model_name or "",
        material=listing.material,
        title=listing.material.name if hidden else listing.title,
        description="" if hidden else listing.description,
        quantity=None if hidden else listing.quantity,
        base_quantity=None if hidden else listing.base_quantity,
        band=quantity_band(listing.base_quantity),
        lon=listing.public_location.x,
        lat=listing.public_location.y,
        exact_location=listing.visibility != Visibility.ANONYMOUS,
        region=listing.public_region,
        organisation=None if hidden else listing.organisation,
        site=None if hidden else listing.site,
        waste_code=None if hidden else listing.waste_code,
        waste_status=listing.waste_status,
        pattern=listing.pattern,
        available_from=None if hidden else listing.available_from,
        available_until=None if hidden else listing.available_until,
        months=tuple(listing.months),
        price_cents=None if hidden else listing.price_cents,
        quality_notes="" if hidden else listing.quality_notes,
        visibility=listing.visibility,
        inferred=listing.inferred,
        fictional=listing.organisation.is_demo,
        own=viewer.acts_for(listing.organisation_id),
        language=listing.language,
        status=listing.status,
        min_lot_value=None if hidden else listing.min_lot_value,
        external_id=listing.external_id if viewer.acts_for(listing.organisation_id) else "",
        posted_on=listing.created_at.date(),
        updated_at=None if hidden else listing.updated_at,
        version=0 if hidden else listing.version,
        completeness=completeness(listing) if viewer.acts_for(listing.organisation_id) else None,
    )
