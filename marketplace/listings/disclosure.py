"""What of a listing a viewer is told: one rule for the API, pages, tiles, exports and mail.

An anonymous listing tells outsiders its concept, a quantity band and a 5 km grid cell, never its
holder, site, words, price or exact amount. Any listing may keep back single aspects of itself, from
everybody or from those who are not members.
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
from marketplace.listings.confidence import (
    EVERYTHING,
    Aspect,
    QuantityBand,
    quantity_band,
    with_place,
)
from marketplace.listings.models import Listing, Visibility
from marketplace.units import Quantity


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
    withheld: tuple[str, ...]
    members_only: tuple[str, ...]
    confidential: tuple[str, ...]
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


def withheld(listing: Listing, viewer: Viewer) -> frozenset[str]:
    """The aspects that this viewer is not told."""
    if viewer.secretariat or viewer.acts_for(listing.organisation_id):
        return frozenset()
    if listing.visibility == Visibility.ANONYMOUS:
        return EVERYTHING
    kept = frozenset(listing.confidential)
    if not viewer.member:
        kept |= frozenset(listing.members_only)
    return with_place(kept)


def disclose(listing: Listing, viewer: Viewer, *, opted_in: bool = False) -> DisclosedListing:
    """The listing in the form this viewer may have; assumes that the viewer may see it at all.

    ``opted_in``: both sides of an exchange have agreed to be known to each other.
    """
    hidden = frozenset() if opted_in else withheld(listing, viewer)
    own = viewer.acts_for(listing.organisation_id)
    words, code = Aspect.WORDS not in hidden, Aspect.CODE not in hidden
    holder, place = Aspect.HOLDER not in hidden, Aspect.PLACE not in hidden
    quantity, window = Aspect.QUANTITY not in hidden, Aspect.WINDOW not in hidden
    return DisclosedListing(
        public_id=listing.public_id,  # type: ignore[attr-defined]
        side=listing._meta.model_name or "",
        material=listing.material,
        title=listing.title if words else listing.material.name,
        description=listing.description if words else "",
        quantity=listing.quantity if quantity else None,
        base_quantity=listing.base_quantity if quantity else None,
        band=quantity_band(listing.base_quantity),
        lon=listing.public_location.x,
        lat=listing.public_location.y,
        exact_location=Aspect.PLACE not in listing.kept_back,
        region=listing.public_region,
        organisation=listing.organisation if holder else None,
        site=listing.site if place else None,
        waste_code=listing.waste_code if code else None,
        waste_status=listing.waste_status,
        pattern=listing.pattern,
        available_from=listing.available_from if window else None,
        available_until=listing.available_until if window else None,
        months=tuple(listing.months),
        price_cents=None if Aspect.PRICE in hidden else listing.price_cents,
        quality_notes=listing.quality_notes if words else "",
        visibility=listing.visibility,
        withheld=tuple(aspect for aspect in Aspect.values if aspect in hidden),
        members_only=tuple(listing.members_only) if own else (),
        confidential=tuple(listing.confidential) if own else (),
        inferred=listing.inferred,
        fictional=listing.organisation.is_demo,
        own=own,
        language=listing.language,
        status=listing.status,
        min_lot_value=listing.min_lot_value if quantity else None,
        external_id=listing.external_id if own else "",
        posted_on=listing.created_at.date(),
        updated_at=None if hidden else listing.updated_at,
        version=0 if hidden else listing.version,
        completeness=completeness(listing) if own else None,
    )
