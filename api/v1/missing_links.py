"""/missing-links: which need or processor, placed where, would place most of what is left over."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, euros
from api.resources import Resource
from api.v1.briefs import POINT, MaterialBrief, RegionBrief, point
from symbiosis.missing_links import MissingLink, missing_links_of_market


class MissingLinkAnswer(Answer):
    """What one more need or processor would place in a year, it alone and nothing else added."""

    kind = serializers.ChoiceField(choices=["need", "processor"])
    takes = MaterialBrief()
    gives = MaterialBrief()
    region = RegionBrief()
    location = serializers.SerializerMethodField()
    kg_per_year = serializers.SerializerMethodField()
    posted_kg_per_year = serializers.SerializerMethodField()
    value = serializers.SerializerMethodField(method_name="euro_a_year")
    co2e_kg = serializers.IntegerField()
    offers = serializers.IntegerField()

    @extend_schema_field(POINT)
    def get_location(self, link: MissingLink) -> dict[str, Any]:
        return point(link.longitude, link.latitude)

    @extend_schema_field({"type": "string", "description": "What offers would send there."})
    def get_kg_per_year(self, link: MissingLink) -> str:
        return str(link.kg)

    @extend_schema_field({"type": "string", "description": "Of it, what firms posted themselves."})
    def get_posted_kg_per_year(self, link: MissingLink) -> str:
        return str(link.own_kg)

    @extend_schema_field({"type": "string", "description": "Euro a year for all sides together."})
    def euro_a_year(self, link: MissingLink) -> str:
        return euros(link.value_cents)


class MissingLinks(Resource):
    """The twenty links that would unlock most value, best first. Each stands alone: two of them may
    want the same tonnes, so their figures do not add up."""

    scope = "regions"
    public_read = True
    serializer_class = MissingLinkAnswer
    pagination_class = None
    list_actions = ()

    @extend_schema(responses=MissingLinkAnswer(many=True))
    def list(self, request: Request) -> Response:
        told = missing_links_of_market(as_of=timezone.localdate())
        return Response({"results": self.get_serializer(told, many=True).data})
