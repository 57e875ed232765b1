"""/aggregates: what is offered and needed by region, under the rules of statistical secrecy."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer
from api.pagination import WholeList
from api.resources import Resource
from api.v1.briefs import RegionBrief
from marketplace.listings.aggregates import RegionTotals, regional_totals

_KILOGRAMS = {
    "type": ["string", "null"],
    "description": "Whole kilograms a year; null where too few firms stand behind the figure.",
}


class AggregateAnswer(Answer):
    """A region's totals of posted, lasting listings of materials."""

    id = serializers.CharField(source="region.code")
    region = RegionBrief()
    parent: Any = serializers.CharField(source="region.parent.code", default=None, allow_null=True)
    offered_kg_per_year = serializers.SerializerMethodField()
    needed_kg_per_year = serializers.SerializerMethodField()

    @extend_schema_field(_KILOGRAMS)
    def get_offered_kg_per_year(self, totals: RegionTotals) -> str | None:
        return None if totals.offered_kg is None else str(totals.offered_kg)

    @extend_schema_field(_KILOGRAMS)
    def get_needed_kg_per_year(self, totals: RegionTotals) -> str | None:
        return None if totals.needed_kg is None else str(totals.needed_kg)


class Aggregates(Resource):
    """The country, planning regions and oblasts, each with what is listed there. A total is null
    where fewer than three firms contribute, where one could work out another's part, or where it
    would follow from the totals beside it."""

    scope = "regions"
    public_read = True
    serializer_class = AggregateAnswer
    pagination_class = WholeList
    list_actions = ()

    @extend_schema(responses=AggregateAnswer(many=True))
    def list(self, request: Request) -> Response:
        told = regional_totals(as_of=timezone.localdate())
        return Response({"results": self.get_serializer(told, many=True).data})
