"""Short forms of things that other things refer to, and the schemas they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from rest_framework import serializers

from api.fields import Answer, Label
from geo.models import Region

LANGUAGES = ("bg", "en")
POINT = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"type": "string", "const": "Point"},
        "coordinates": {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
            "description": "longitude, latitude (WGS 84)",
        },
    },
}
MONEY = {
    "type": ["object", "null"],
    "required": ["amount", "currency", "per"],
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2}$"},
        "currency": {"type": "string", "const": "EUR"},
        "per": {"type": "string", "description": "t, m3, MWh or unit, by kind of resource"},
    },
}


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def point(lon: float, lat: float) -> dict[str, Any]:
    """GeoJSON point with six decimals (0.1 m)."""
    return {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}


class MaterialBrief(Answer):
    """A concept by code and name."""

    id = serializers.CharField(source="code")
    label: Any = Label()
    kind = serializers.CharField()
    pillar = serializers.CharField()


class RegionBrief(Answer):
    """A region by code and name."""

    id = serializers.CharField(source="code")
    label: Any = Label()
    level = serializers.SerializerMethodField()

    def get_level(self, region: Region) -> str:
        return Region.Level(region.level).name.lower()


class OrganisationBrief(Answer):
    """An organisation by id and name."""

    id = serializers.CharField(source="public_id")
    label: Any = serializers.SerializerMethodField()

    def get_label(self, organisation: Any) -> Any:
        return organisation_label(organisation, self.context)


class SiteBrief(Answer):
    """A site by id and name."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()


def organisation_label(organisation: Any, context: Mapping[str, Any]) -> Any:
    """The name in the reader's language where the organisation gave one; both with lang=all."""
    latin = organisation.name_en or organisation.name
    if context.get("all_languages"):
        return {"bg": organisation.name, "en": latin}
    return organisation.name if get_language() == "bg" else latin
