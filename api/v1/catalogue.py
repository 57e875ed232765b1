"""/materials, /waste-codes, /activities, /units: what can be listed, and in which words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, Label, euros, plain
from api.filters import Choice, Flag, Text, Texts
from api.pagination import WholeList
from api.resources import Listed, Readable, Resource
from marketplace.catalogue.models import Pillar, WasteCode
from marketplace.catalogue.selectors import activities, catalogue, waste_codes
from marketplace.units import (
    BASE_UNIT,
    PERIODS_PER_YEAR,
    PRICE_UNIT,
    UNITS,
    Basis,
    ResourceKind,
)

PILLARS = [value for value, _label in Pillar.choices]
KINDS = [kind.value for kind in ResourceKind]
MONEY_RANGE = {
    "type": ["object", "null"],
    "properties": {
        "low": {"type": ["string", "null"]},
        "high": {"type": ["string", "null"]},
        "currency": {"type": "string", "const": "EUR"},
        "per": {"type": "string"},
    },
}


class MaterialAnswer(Answer):
    """A concept of the catalogue: a stream, or a use that a receiver asks for."""

    id = serializers.CharField(source="code")
    label: Any = Label()
    kind = serializers.ChoiceField(choices=KINDS)
    is_use = serializers.BooleanField()
    pillar = serializers.CharField()
    sector = serializers.CharField()
    broader = serializers.CharField(source="broader.code", default=None, allow_null=True)
    synonyms = serializers.SerializerMethodField()
    waste_codes = serializers.SerializerMethodField()
    cn_codes = serializers.ListField(child=serializers.CharField())
    form = serializers.CharField()
    density_kg_m3 = serializers.IntegerField(allow_null=True)
    units = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField(method_name="value_range")
    avoided_kgco2e_per_t = serializers.SerializerMethodField()
    avoided_source = serializers.CharField()

    def get_synonyms(self, material: Any) -> dict[str, list[str]]:
        return {"bg": material.synonyms_bg, "en": material.synonyms_en}

    def get_waste_codes(self, material: Any) -> list[str]:
        return sorted(code.code for code in material.waste_codes.all())

    def get_units(self, material: Any) -> list[str]:
        return list(UNITS[ResourceKind(material.kind)])

    @extend_schema_field(MONEY_RANGE)
    def value_range(self, material: Any) -> dict[str, Any] | None:
        low, high = material.value_low_cents_per_t, material.value_high_cents_per_t
        if low is None and high is None:
            return None
        return {
            "low": None if low is None else euros(low),
            "high": None if high is None else euros(high),
            "currency": "EUR",
            "per": PRICE_UNIT[ResourceKind(material.kind)],
        }

    def get_avoided_kgco2e_per_t(self, material: Any) -> str | None:
        factor = material.avoided_kgco2e_per_t
        return None if factor is None else plain(factor)


class MaterialFilters(FilterSet):
    q = Text(method="matching")
    id__in = Texts(field_name="code", lookup_expr="in")
    kind = Choice(choices=KINDS)
    pillar = Choice(choices=PILLARS)
    sector = Text()
    is_use = Flag()
    broader = Text(field_name="broader__code")
    waste_code = Text(field_name="waste_codes__code")

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.matching(value)


class Materials(Listed, Readable, Resource):
    """The catalogue of concepts, in Bulgarian and English."""

    scope = "materials"
    public_read = True
    serializer_class = MaterialAnswer
    filterset_class = MaterialFilters
    orderings = {"id": ("code",)}
    default_ordering = "id"

    def visible(self) -> Any:
        return catalogue()


class WasteCodeAnswer(Answer):
    """An entry of the European List of Waste."""

    id = serializers.CharField(source="code")
    display_code = serializers.CharField()
    label: Any = Label()
    entry = serializers.ChoiceField(choices=WasteCode.Entry.values)
    hazardous = serializers.BooleanField()
    mirrors = serializers.SerializerMethodField()
    question = Label("question")

    def get_mirrors(self, code: Any) -> list[str]:
        return sorted(other.code for other in code.mirrors.all())


class WasteCodeFilters(FilterSet):
    q = Text(method="matching")
    id__in = Texts(field_name="code", lookup_expr="in")
    id__startswith = Text(field_name="code", lookup_expr="startswith")
    entry = Choice(choices=list(WasteCode.Entry.values))
    hazardous = Flag(method="by_hazard")

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        digits = re.sub(r"[\s*]", "", value)
        words = Q(name_en__icontains=value) | Q(name_bg__icontains=value)
        return queryset.filter(words | Q(code__startswith=digits) if digits.isdigit() else words)

    def by_hazard(self, queryset: Any, name: str, value: bool) -> Any:
        hazardous = (WasteCode.Entry.ABSOLUTE_HAZARDOUS, WasteCode.Entry.MIRROR_HAZARDOUS)
        found = Q(entry__in=hazardous)
        return queryset.filter(found if value else ~found)


class WasteCodes(Listed, Readable, Resource):
    """The List of Waste (Decision 2000/532/EC as amended) with mirror entries."""

    scope = "materials"
    public_read = True
    serializer_class = WasteCodeAnswer
    filterset_class = WasteCodeFilters
    orderings = {"id": ("code",)}
    default_ordering = "id"

    def visible(self) -> Any:
        return waste_codes()


class ActivityAnswer(Answer):
    """A NACE activity."""

    id = serializers.CharField(source="code")
    revision = serializers.CharField()
    label: Any = Label()


class ActivityFilters(FilterSet):
    q = Text(method="matching")
    id__startswith = Text(field_name="code", lookup_expr="startswith")
    revision = Text()

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(name_en__icontains=value) | Q(name_bg__icontains=value))


class Activities(Listed, Readable, Resource):
    """NACE activities by revision and code; a code alone answers by the newest revision."""

    scope = "materials"
    public_read = True
    serializer_class = ActivityAnswer
    filterset_class = ActivityFilters
    orderings = {"id": ("code", "id")}
    default_ordering = "id"

    def visible(self) -> Any:
        return activities() if self.action == "list" else activities().order_by("-revision")


@dataclass(frozen=True, slots=True)
class KindOfResource:
    """The units of one kind of resource."""

    kind: ResourceKind

    @property
    def units(self) -> list[str]:
        return list(UNITS[self.kind])

    @property
    def base_unit(self) -> str:
        return BASE_UNIT[self.kind]

    @property
    def price_per(self) -> str:
        return PRICE_UNIT[self.kind]


class UnitAnswer(Answer):
    """Units a quantity of this kind may have; prices are per ``price_per``."""

    id = serializers.ChoiceField(choices=KINDS, source="kind.value")
    units = serializers.ListField(child=serializers.CharField())
    base_unit = serializers.CharField()
    price_per = serializers.CharField()
    bases = serializers.SerializerMethodField()

    def get_bases(self, kind: KindOfResource) -> dict[str, int]:
        """Basis -> how many of them a year is counted as; a total counts once."""
        return {basis.value: PERIODS_PER_YEAR.get(basis, 1) for basis in Basis}


class Units(Resource):
    """Units per kind of resource, with what they count over."""

    scope = "materials"
    public_read = True
    serializer_class = UnitAnswer
    pagination_class = WholeList
    list_actions = ()

    def list(self, request: Request) -> Response:
        kinds = [KindOfResource(kind) for kind in ResourceKind]
        return Response({"results": self.get_serializer(kinds, many=True).data})

    def retrieve(self, request: Request, public_id: str) -> Response:
        if public_id not in KINDS:
            raise NotFound()
        return self.answer(KindOfResource(ResourceKind(public_id)))
