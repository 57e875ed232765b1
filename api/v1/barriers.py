"""/barriers: what the law keeps from exchange, counted as evidence for a request."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import LABEL_SCHEMA, Answer, euros
from api.pagination import WholeList
from api.refusals import invalid_parameter
from api.resources import Resource
from api.v1.briefs import MaterialBrief, RegionBrief
from geo.selectors import regions
from marketplace.units import BASE_UNIT, ResourceKind
from symbiosis.barrier_evidence import EvidenceLine, barrier_evidence
from symbiosis.legal_words import rule_words
from symbiosis.legality import rule_table

_AMOUNT = {
    "type": "object",
    "required": ["value", "unit"],
    "properties": {"value": {"type": "string"}, "unit": {"type": "string"}},
    "description": "A year's amount, each offer once.",
}


class BarrierAnswer(Answer):
    """How much of one stream one rule keeps from use in one oblast."""

    rule = serializers.CharField()
    citation = serializers.CharField()
    dated = serializers.DateField(allow_null=True)
    to_verify = serializers.BooleanField()
    law: Any = serializers.SerializerMethodField()
    material = MaterialBrief()
    waste_code = serializers.CharField(source="waste_code.code", default=None, allow_null=True)
    region = RegionBrief(allow_null=True)
    offers = serializers.IntegerField()
    pairs = serializers.IntegerField()
    quantity = serializers.SerializerMethodField()
    value_eur = serializers.SerializerMethodField()

    @extend_schema_field(LABEL_SCHEMA)
    def get_law(self, line: EvidenceLine) -> Any:
        if not self.context.get("all_languages"):
            return line.law
        rule = rule_table().by_id.get(line.rule)
        told = {}
        for language in ("bg", "en"):
            with translation.override(language):
                told[language] = rule_words(rule) if rule else ""
        return told

    @extend_schema_field(_AMOUNT)
    def get_quantity(self, line: EvidenceLine) -> dict[str, str]:
        unit = BASE_UNIT[ResourceKind(line.material.kind)]
        return {"value": str(line.base_quantity), "unit": unit}

    @extend_schema_field({"type": "string"})
    def get_value_eur(self, line: EvidenceLine) -> str:
        return euros(line.value_cents)


class Barriers(Resource):
    """Standing barriers by rule, material, code and oblast, what bars the most value first; of
    what firms posted, with ``inferred=true`` also of what registers let infer."""

    scope = "barriers"
    serializer_class = BarrierAnswer
    pagination_class = WholeList
    list_actions = ()
    own_parameters: ClassVar = {"list": frozenset({"region", "inferred"})}

    @extend_schema(responses=BarrierAnswer(many=True))
    def list(self, request: Request) -> Response:
        inferred = request.query_params.get("inferred", "false")
        if inferred not in ("true", "false"):
            raise invalid_parameter("inferred", "unknown_choice", _("true or false."))
        rules = barrier_evidence(
            region_ids=self._regions(request.query_params.get("region")),
            with_inferred=inferred == "true",
        )
        lines = [line for rule in rules for line in rule.lines]
        return Response({"results": self.get_serializer(lines, many=True).data})

    def _regions(self, code: str | None) -> Any:
        """Oblasts under a code of NUTS; None for all."""
        if code is None:
            return None
        found = list(regions().filter(code__startswith=code).values_list("pk", flat=True))
        if not found:
            raise invalid_parameter("region", "unknown_reference", _("There is no such region."))
        return found
