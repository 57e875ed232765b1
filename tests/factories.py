"""Rows for tests, as small as the constraints allow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import factory
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from geo.models import Region
from geo.privacy import grid_cell
from marketplace.models import (
    Activity,
    Material,
    Membership,
    Need,
    Offer,
    Organisation,
    Site,
    User,
    WasteCode,
)

SOFIA = (23.3219, 42.6977)
PLOVDIV = (24.7453, 42.1354)


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "BG411"
    level = Region.Level.NUTS3
    country = "BG"
    name_en = "Sofia (capital)"
    name_bg = "София (столица)"

    @classmethod
    def square(cls, code: str, lon: float, lat: float, *, half: float = 0.5, **fields: Any) -> Any:
        """A square region around a point."""
        box = Polygon.from_bbox((lon - half, lat - half, lon + half, lat + half))
        return cls(code=code, geometry=MultiPolygon(box, srid=4326), **fields)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = factory.Sequence(lambda n: f"Person {n}")
    password = factory.django.Password("correct horse battery")


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Фирма {n} ООД")
    name_en = factory.Sequence(lambda n: f"Firm {n} Ltd")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Membership.Role.OWNER


class ActivityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Activity
        django_get_or_create = ("revision", "code")

    revision = "2.0"
    code = "11.05"
    name_en = "Manufacture of beer"
    name_bg = "Производство на пиво"


class SiteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Site
        exclude = ("lon", "lat", "cell")

    lon = SOFIA[0]
    lat = SOFIA[1]
    cell = factory.LazyAttribute(lambda site: grid_cell(site.lon, site.lat))
    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Площадка {n}")
    location = factory.LazyAttribute(lambda site: Point(site.lon, site.lat, srid=4326))
    cell_location = factory.LazyAttribute(
        lambda site: Point(site.cell.centre_lon, site.cell.centre_lat, srid=4326)
    )


class WasteCodeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = WasteCode
        django_get_or_create = ("code",)

    code = "020704"
    entry = WasteCode.Entry.ABSOLUTE_NON_HAZARDOUS
    name_en = "materials unsuitable for consumption or processing"
    name_bg = "материали, негодни за консумация или преработване"


class MaterialFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Material
        django_get_or_create = ("code",)

    code = "brewers-spent-grain"
    name_en = "Brewer's spent grain"
    name_bg = "Пивоварна каша"
    pillar = "agrarian"
    sector = "food"
    density_kg_m3 = 450
    disposal_cents_per_t = 7000
    value_low_cents_per_t = 1000
    value_high_cents_per_t = 4500
    purchase_cents_per_t = 16000
    substitution = Decimal("0.25")
    avoided_kgco2e_per_t = Decimal("90")
    avoided_source = "DEFRA 2025"
    avoided_year = 2025


class _ListingFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    site = factory.SubFactory(SiteFactory)
    organisation = factory.SelfAttribute("site.organisation")
    material = factory.SubFactory(MaterialFactory)
    title = factory.Sequence(lambda n: f"Листинг {n}")
    quantity_value = Decimal("100")
    quantity_unit = "t"
    quantity_basis = "year"
    base_quantity = factory.LazyAttribute(lambda listing: int(listing.quantity_value * 1000))
    public_location = factory.LazyAttribute(
        lambda listing: (
            listing.site.cell_location
            if getattr(listing, "visibility", "public") == "anonymous"
            else listing.site.location
        )
    )
    public_region = factory.LazyAttribute(
        lambda listing: (
            listing.site.cell_region
            if getattr(listing, "visibility", "public") == "anonymous"
            else listing.site.region
        )
    )


class OfferFactory(_ListingFactory):
    class Meta:
        model = Offer


class NeedFactory(_ListingFactory):
    class Meta:
        model = Need
