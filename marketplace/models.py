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
from marketplace.deliveries.models import Delivery
from marketplace.exchanges.correspondence import Document, DocumentContent, Message
from marketplace.exchanges.models import Event, Exchange, Terms
from marketplace.firms.models import Affiliation, Membership, Organisation, Site, SiteDuplicate
from marketplace.firms.permits import Permit, PermittedCode
from marketplace.firms.users import User
from marketplace.followup.models import Blocker, ListingCheck, Notice
from marketplace.impact.models import FactorOverride, ImpactFigure, ImpactShare
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
    "Blocker",
    "CatalogueRelease",
    "Conversion",
    "Delivery",
    "Document",
    "DocumentContent",
    "Event",
    "Exchange",
    "FactorOverride",
    "ImpactFigure",
    "ImpactShare",
    "Listing",
    "ListingCheck",
    "ListingStatus",
    "Material",
    "Membership",
    "Message",
    "Need",
    "Notice",
    "Offer",
    "Organisation",
    "Origin",
    "Permit",
    "PermittedCode",
    "Pillar",
    "QuantityBasis",
    "Service",
    "Site",
    "SiteDuplicate",
    "StreamProfile",
    "SupplyPattern",
    "Terms",
    "User",
    "Visibility",
    "WasteCode",
    "WasteStatus",
]
