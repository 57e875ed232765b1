"""The slices' models, in one place for Django, and which of them leave an audit trail."""

from marketplace.audit import audited
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
from marketplace.firms.permits import Permit, PermitMaterial, PermittedCode
from marketplace.firms.users import User, UserGroup, UserPermission
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
    ServiceCode,
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
    "PermitMaterial",
    "PermittedCode",
    "Pillar",
    "QuantityBasis",
    "Service",
    "ServiceCode",
    "Site",
    "SiteDuplicate",
    "StreamProfile",
    "SupplyPattern",
    "Terms",
    "User",
    "UserGroup",
    "UserPermission",
    "Visibility",
    "WasteCode",
    "WasteStatus",
]

audited(Organisation)
audited(Affiliation)
audited(Membership)
audited(Site)
audited(SiteDuplicate)
# Of a person the trail knows the number and the rights.
audited(User, exclude=("email", "full_name", "password", "last_login"))
audited(UserGroup)
audited(UserPermission)
# What is inferred is derived anew with every import, a hundred thousand rows at a time.
audited(Offer, only={"origin": Origin.POSTED.value})
audited(Need, only={"origin": Origin.POSTED.value})
audited(Service)
audited(ServiceCode)
audited(Permit)
audited(PermittedCode)
audited(PermitMaterial)
audited(Exchange)
audited(Document)
audited(Delivery)
audited(FactorOverride)
audited(ListingCheck)
audited(Blocker)
