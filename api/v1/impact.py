"""/impact: what the caller's own sides have saved, agreed and delivered apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django_filters import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, CalendarDay, Moment, PublicId
from api.filters import Choice, Day, Instant
from api.filters import PublicId as PublicIdFilter
from api.resources import Listed, Resource
from marketplace.impact.formulas import FORMULAS, Bounds, Formula, Measure
from marketplace.impact.models import ImpactFigure
from marketplace.impact.statements import Statement, evidence_of, impact_statement, own_scope

MEASURES = [measure.value for measure in Measure]
_BAND = {
    "type": "object",
    "description": "Whole numbers in the unit that the measure's name ends with.",
    "required": ["low", "amount", "high"],
    "properties": {name: {"type": "string"} for name in ("low", "amount", "high")},
}
_BANDS = {
    "type": "object",
    "description": "By measure; a measure without a factor is absent, which is not zero.",
    "properties": dict.fromkeys(MEASURES, _BAND),
}


class StatementAnswer(Answer):
    """A screening estimate: bands bound the figures and are no confidence intervals."""

    object = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    agreed = serializers.SerializerMethodField()
    delivered = serializers.SerializerMethodField()
    agreed_exchanges = serializers.IntegerField()
    deliveries = serializers.IntegerField()
    awaiting = serializers.IntegerField()
    contested = serializers.IntegerField()
    factor_sets = serializers.ListField(child=serializers.CharField())

    @extend_schema_field({"type": "string", "const": "impact_statement"})
    def get_object(self, statement: Statement) -> str:
        return "impact_statement"

    @extend_schema_field({"type": "string", "const": "screening estimate"})
    def get_note(self, statement: Statement) -> str:
        return "screening estimate"

    @extend_schema_field({**_BANDS, "description": "What agreed exchanges save in a year."})
    def get_agreed(self, statement: Statement) -> dict[str, dict[str, str]]:
        return _bands(statement.agreed)

    @extend_schema_field({**_BANDS, "description": "What confirmed deliveries have saved."})
    def get_delivered(self, statement: Statement) -> dict[str, dict[str, str]]:
        return _bands(statement.delivered)


def _bands(totals: Mapping[Measure, Bounds]) -> dict[str, dict[str, str]]:
    return {measure.value: band(totals[measure]) for measure in Measure if measure in totals}


def band(bounds: Bounds) -> dict[str, str]:
    """A band as decimal strings."""
    return {"low": str(bounds.low), "amount": str(bounds.amount), "high": str(bounds.high)}


class FigureAnswer(Answer):
    """One measure of one delivery with all it was computed from; both sides' shares together."""

    delivery = PublicId(prefix="delivery", source="delivery.uid")
    delivered_on = CalendarDay(source="delivery.delivered_on")
    measure = serializers.ChoiceField(choices=MEASURES)
    total = serializers.SerializerMethodField()
    formula = serializers.SerializerMethodField()
    inputs = serializers.DictField(child=serializers.CharField())
    factors = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    factor_set = serializers.CharField()
    attribution = serializers.CharField()
    booked_at = Moment()

    @extend_schema_field(_BAND)
    def get_total(self, figure: ImpactFigure) -> dict[str, str]:
        return band(Bounds(figure.low, figure.amount, figure.high))

    @extend_schema_field(
        {
            "type": "object",
            "required": ["id", "text"],
            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
        }
    )
    def get_formula(self, figure: ImpactFigure) -> dict[str, str]:
        return {"id": figure.formula, "text": FORMULAS[Formula(figure.formula)]}


class Impact(Resource):
    """The caller's own statement: its sides of every exchange, over all time."""

    scope = "impact"
    serializer_class = StatementAnswer
    pagination_class = None
    list_actions = ()

    @extend_schema(responses=StatementAnswer)
    def retrieve_own(self, request: Request) -> Response:
        return self.answer(impact_statement(own_scope(self.viewer)))


class FigureFilters(FilterSet):
    delivery = PublicIdFilter(field_name="delivery__uid", prefix="delivery")
    measure = Choice(choices=MEASURES)
    updated_since = Instant(field_name="booked_at", lookup_expr="gte")
    delivered_on__gte = Day(field_name="delivery__delivered_on", lookup_expr="gte")
    delivered_on__lte = Day(field_name="delivery__delivered_on", lookup_expr="lte")


class ImpactFigures(Listed, Resource):
    """The booked figures behind the statement, the latest first."""

    scope = "impact"
    serializer_class = FigureAnswer
    filterset_class: ClassVar[Any] = FigureFilters
    orderings = {"created_at": ("id",)}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return evidence_of(own_scope(self.viewer))
