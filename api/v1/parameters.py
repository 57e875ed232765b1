"""/matching-parameters: what the engine reckons with, in which unit, why, and where it is from."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer
from api.pagination import WholeList
from api.resources import Resource
from symbiosis.parameters import ParameterInForce, parameters_in_force

_VALUE = {"type": ["number", "boolean"]}


class ParameterAnswer(Answer):
    """A setting of the matching engine. Cents are euro cents; the words are English."""

    id = serializers.CharField(source="parameter.name")
    unit = serializers.CharField(source="parameter.unit")
    value = serializers.SerializerMethodField(method_name="value_now")
    default: Any = serializers.SerializerMethodField(method_name="usual_value")
    low = serializers.FloatField(source="parameter.low")
    high = serializers.FloatField(source="parameter.high")
    is_default = serializers.BooleanField()
    set_source = serializers.CharField(
        help_text="What a value other than the default rests on; empty for the default."
    )
    reason = serializers.CharField(source="parameter.reason", help_text="Of the default.")
    source: Any = serializers.CharField(source="parameter.source", help_text="Of the default.")

    @extend_schema_field(_VALUE)
    def value_now(self, row: ParameterInForce) -> Any:
        return row.value

    @extend_schema_field(_VALUE)
    def usual_value(self, row: ParameterInForce) -> Any:
        return row.parameter.default


class MatchingParameters(Resource):
    """Haulage, carbon and the limits of the search, as this market reckons with them now."""

    scope = "materials"
    public_read = True
    serializer_class = ParameterAnswer
    pagination_class = WholeList
    list_actions = ()

    def list(self, request: Request) -> Response:
        return Response({"results": self.get_serializer(parameters_in_force(), many=True).data})

    def retrieve(self, request: Request, public_id: str) -> Response:
        for row in parameters_in_force():
            if row.parameter.name == public_id:
                return self.answer(row)
        raise NotFound()
