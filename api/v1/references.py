"""Fields that name other things: what the caller may not use answers like what does not exist."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.v1.briefs import POINT
from geo.coordinates import as_point
from geo.errors import GeoError
from marketplace.catalogue.selectors import activities, catalogue, waste_codes
from marketplace.firms.selectors import organisations_of, sites_editable_by
from marketplace.ids import decode
from marketplace.text_rules import hostile_character


class Reference(serializers.Field):  # type: ignore[type-arg]
    """A code or id in the body, the row in the validated values."""

    default_error_messages = {
        "not_text": _("Text is needed."),
        "unknown_reference": _("There is no such thing."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("not_text")
        if not data or len(data) > 120 or hostile_character(data) is not None:
            self.fail("unknown_reference")
        found = self._once(data)
        if found is None:
            self.fail("unknown_reference")
        return found

    def _once(self, text: str) -> Any:
        """The row; many rows that name the same thing share one look-up."""
        known = self.context.get("references")
        if known is None:
            return self.rows(text).first()
        key = (type(self), text)
        if key not in known:
            known[key] = self.rows(text).first()
        return known[key]

    def rows(self, text: str) -> QuerySet[Any]:
        """Rows that the text may name for this caller."""
        raise NotImplementedError


@extend_schema_field({"type": "string", "description": "Code of a material of the catalogue."})
class MaterialRef(Reference):
    """A need may name a use (animal feed) where the view says so; an offer names a stream."""

    def rows(self, text: str) -> QuerySet[Any]:
        known = catalogue() if self.context.get("takes_uses") else catalogue().streams()
        return known.filter(code=text)


@extend_schema_field({"type": "string", "pattern": "^[0-9]{6}$"})
class WasteCodeRef(Reference):
    def rows(self, text: str) -> QuerySet[Any]:
        return waste_codes().filter(code=text)


@extend_schema_field({"type": "string", "description": "NACE code such as 10.51."})
class ActivityRef(Reference):
    def rows(self, text: str) -> QuerySet[Any]:
        return activities().filter(code=text).order_by("-revision")


class OwnReference(Reference):
    """By TypeID, among the caller's own."""

    prefix = ""

    def rows(self, text: str) -> QuerySet[Any]:
        uid = decode(self.prefix, text)
        mine = self.mine(self.context["viewer"])
        return mine.none() if uid is None else mine.filter(uid=uid)

    def mine(self, viewer: Any) -> QuerySet[Any]:
        """The caller's own rows."""
        raise NotImplementedError


@extend_schema_field({"type": "string", "pattern": "^site_[0-9a-z]{26}$"})
class OwnSiteRef(OwnReference):
    prefix = "site"

    def mine(self, viewer: Any) -> QuerySet[Any]:
        return sites_editable_by(viewer)


@extend_schema_field({"type": "string", "pattern": "^org_[0-9a-z]{26}$"})
class OwnOrganisationRef(OwnReference):
    prefix = "org"

    def mine(self, viewer: Any) -> QuerySet[Any]:
        return organisations_of(viewer)


@extend_schema_field(POINT)
class PointIn(serializers.Field):  # type: ignore[type-arg]
    """A GeoJSON point: exactly type and two finite numbers, longitude first."""

    default_error_messages = {
        "not_a_point": _("A GeoJSON Point with longitude and latitude."),
        "out_of_range": _("Longitude or latitude is out of range."),
    }

    def to_internal_value(self, data: Any) -> tuple[float, float]:
        if not isinstance(data, dict) or set(data) != {"type", "coordinates"}:
            self.fail("not_a_point")
        pair = data["coordinates"]
        if data["type"] != "Point" or not isinstance(pair, list) or len(pair) != 2:
            self.fail("not_a_point")
        if not all(_number(value) for value in pair):
            self.fail("not_a_point")
        lon, lat = (float(value) for value in pair)
        if not (math.isfinite(lon) and math.isfinite(lat)):
            self.fail("out_of_range")
        try:
            as_point(lon, lat)
        except GeoError:
            self.fail("out_of_range")
        return lon, lat


def _number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
