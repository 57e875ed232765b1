"""/assessments and /product-assessments: how circular the caller's own organisations are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, Ask, Exactly, Moment, PublicId, WholeNumber, Words, plain
from api.filters import PublicId as PublicIdFilter
from api.idempotency import once
from api.resources import Listed, Readable, Resource
from api.v1.briefs import MaterialBrief
from api.v1.references import OwnOrganisationRef
from council.circularity.advice import Advice, Step, advice_for
from council.circularity.flows import FLOWS, YearOfFlows
from council.circularity.indicators import (
    Indicators,
    Product,
    indicators,
    material_circularity,
)
from council.circularity.models import ProductAssessment, YearAssessment
from council.circularity.selectors import (
    product_assessments_visible_to,
    year_assessments_visible_to,
)
from council.circularity.services import save_product, save_year

MEASURES = list(Indicators.__dataclass_fields__)
_SHARE = {"type": ["string", "null"], "pattern": r"^[01]\.[0-9]{4}$"}
_FLOWS_SCHEMA = {
    "type": "object",
    "description": "Whole kilograms, kWh and litres, as the name ends; parts begin with of_ or "
    "hazardous_.",
    "required": list(FLOWS),
    "properties": {name: {"type": "string", "pattern": "^[0-9]+$"} for name in FLOWS},
}
_INDICATORS_SCHEMA = {
    "type": "object",
    "description": "Shares from 0 to 1; null where the year tells nothing of it.",
    "required": MEASURES,
    "properties": dict.fromkeys(MEASURES, _SHARE),
}


def shares(measures: Indicators) -> dict[str, str | None]:
    """Measures as decimal strings."""
    values = {name: getattr(measures, name) for name in MEASURES}
    return {name: None if value is None else str(value) for name, value in values.items()}


class FlowsAsk(Ask):
    """A year of flows; what is left out is zero."""

    def get_fields(self) -> dict[str, Any]:
        return {name: Exactly(digits=16, places=0, required=False) for name in FLOWS}


class YearAsk(Ask):
    organisation = OwnOrganisationRef(required=False)
    year = WholeNumber(min_value=1900, max_value=2200)
    flows = FlowsAsk()


class YearAnswer(Answer):
    """A year as it was saved; of a year the assessment saved last counts."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    organisation = PublicId(prefix="org", source="organisation.uid")
    year = serializers.IntegerField()
    flows = serializers.SerializerMethodField()
    indicators = serializers.SerializerMethodField()
    saved_at = Moment()

    @extend_schema_field({"type": "string", "const": "assessment"})
    def get_object(self, row: YearAssessment) -> str:
        return "assessment"

    @extend_schema_field(_FLOWS_SCHEMA)
    def get_flows(self, row: YearAssessment) -> dict[str, str]:
        return {name: str(row.flows.of(name)) for name in FLOWS}

    @extend_schema_field(_INDICATORS_SCHEMA)
    def get_indicators(self, row: YearAssessment) -> dict[str, str | None]:
        return shares(indicators(row.flows))


class AdviceAnswer(Answer):
    """A step that would raise material circularity, reckoned by itself."""

    step = serializers.ChoiceField(choices=[step.value for step in Step])
    material = MaterialBrief()
    base_quantity_kg = serializers.SerializerMethodField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()
    proposal = PublicId(prefix="proposal", source="proposal.uid", allow_null=True, default=None)

    @extend_schema_field({"type": "string", "pattern": "^[0-9]+$"})
    def get_base_quantity_kg(self, row: Advice) -> str:
        return str(row.kg)

    @extend_schema_field({"type": "string"})
    def get_before(self, row: Advice) -> str:
        return str(row.before)

    @extend_schema_field({"type": "string"})
    def get_after(self, row: Advice) -> str:
        return str(row.after)


class AdviceList(Answer):
    results = AdviceAnswer(many=True)


class YearFilters(FilterSet):
    organisation = PublicIdFilter(field_name="organisation__uid", prefix="org")


class YearAssessments(Listed, Readable, Resource):
    """Years of flows of the caller's organisations with their measures, every saved version."""

    scope = "circularity"
    id_prefix = "assessment"
    serializer_class = YearAnswer
    filterset_class: ClassVar[Any] = YearFilters
    orderings = {"created_at": ("id",), "year": ("year", "id")}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return year_assessments_visible_to(self.viewer)

    @extend_schema(request=YearAsk, responses={201: YearAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(YearAsk)
        return once(request, lambda: self._saved(values))

    @extend_schema(responses=AdviceList)
    def advice(self, request: Request, public_id: str) -> Response:
        """What would raise the material circularity of this year, the largest effect first."""
        row: YearAssessment = self.one(public_id)
        found = advice_for(self.viewer, row.organisation, row.flows)
        serializer = AdviceList({"results": found}, context=self.get_serializer_context())
        return Response(serializer.data)

    def _saved(self, values: Mapping[str, Any]) -> Response:
        told = {name: int(value) for name, value in values["flows"].items()}
        row = save_year(
            viewer=self.viewer,
            organisation=values.get("organisation") or self.only_organisation(),
            year=values["year"],
            flows=YearOfFlows(**told),
            now=timezone.now(),
        )
        return self.created(row)


_SHARES = (
    *("recycled", "reused", "biological"),
    *("to_recycling", "to_reuse", "to_compost", "to_energy"),
    *("recycling_yield", "feedstock_yield"),
)


class ProductAsk(Ask):
    """A product; shares from 0 to 1, what is left out is none of it, a yield is 1."""

    organisation = OwnOrganisationRef(required=False)
    name = Words(max_length=200)
    mass_kg = Exactly(digits=14, places=4)
    lifetime_ratio = Exactly(digits=7, places=3, required=False)
    intensity_ratio = Exactly(digits=7, places=3, required=False)

    def get_fields(self) -> dict[str, Any]:
        shares_asked = {name: Exactly(digits=5, places=4, required=False) for name in _SHARES}
        return {**super().get_fields(), **shares_asked}


class ProductAnswer(Answer):
    """A product with its material circularity indicator."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    organisation = PublicId(prefix="org", source="organisation.uid")
    name = serializers.CharField()
    answers = serializers.SerializerMethodField()
    indicator = serializers.SerializerMethodField()
    linear_flow_index = serializers.SerializerMethodField()
    saved_at = Moment()

    @extend_schema_field({"type": "string", "const": "product_assessment"})
    def get_object(self, row: ProductAssessment) -> str:
        return "product_assessment"

    @extend_schema_field(
        {
            "type": "object",
            "properties": {name: {"type": "string"} for name in Product.__dataclass_fields__},
        }
    )
    def get_answers(self, row: ProductAssessment) -> dict[str, str]:
        told: dict[str, Decimal] = {
            name: getattr(row, name) for name in Product.__dataclass_fields__
        }
        return {name: plain(value) for name, value in told.items()}

    @extend_schema_field({"type": "string"})
    def get_indicator(self, row: ProductAssessment) -> str:
        return str(material_circularity(row.product).indicator)

    @extend_schema_field({"type": "string"})
    def get_linear_flow_index(self, row: ProductAssessment) -> str:
        return str(material_circularity(row.product).linear_flow_index)


class ProductAssessments(Listed, Readable, Resource):
    """Products of the caller's organisations with their indicator, every saved version."""

    scope = "circularity"
    id_prefix = "product"
    serializer_class = ProductAnswer
    filterset_class: ClassVar[Any] = YearFilters
    orderings = {"created_at": ("id",)}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return product_assessments_visible_to(self.viewer)

    @extend_schema(request=ProductAsk, responses={201: ProductAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(ProductAsk)
        return once(request, lambda: self._saved(values))

    def _saved(self, values: dict[str, Any]) -> Response:
        told = {k: v for k, v in values.items() if k in Product.__dataclass_fields__}
        row = save_product(
            viewer=self.viewer,
            organisation=values.get("organisation") or self.only_organisation(),
            name=values["name"],
            product=Product(**told),
            now=timezone.now(),
        )
        return self.created(row)
