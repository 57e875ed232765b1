"""The slices' models, in one place for Django."""

from marketplace.catalogue.models import (
    Activity,
    CatalogueRelease,
    Conversion,
    Material,
    Pillar,
    StreamProfile,
    WasteCode,
)
from marketplace.firms.models import Affiliation, Membership, Organisation, Site, SiteDuplicate
from marketplace.firms.users import User
from marketplace.listings.models import (
    Listing,
    ListingStatus,
    Need,
    Offer,
    Origin,
    QuantityBasis,
    Service,
    SupplyPattern,
    Visibility,
    WasteStatus,
)

__all__ = [
    "Activity",
    "Affiliation",
    "CatalogueRelease",
    "Conversion",
    "Listing",
    "ListingStatus",
    "Material",
    "Membership",
    "Need",
    "Offer",
    "Organisation",
    "Origin",
    "Pillar",
    "QuantityBasis",
    "Service",
    "Site",
    "SiteDuplicate",
    "StreamProfile",
    "SupplyPattern",
    "User",
    "Visibility",
    "WasteCode",
    "WasteStatus",
]
