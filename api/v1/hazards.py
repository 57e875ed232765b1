"""/hazard-assessments: HP1-HP15 of a waste from its composition."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer as Told
from api.fields import Ask, Exactly, TrueOrFalse, Words
from api.problems import INVALID, FieldError
from api.refusals import ApiError
from api.resources import Resource
from symbiosis.core.legality.hazards import (
    CITATION,
    HAZARD_PROPERTIES,
    PER_CENT,
    WHOLE,
    Answer,
    Component,
    assess,
)
from symbiosis.hazard_words import hazard_lines


class HazardLineAnswer(Told):
    """One property: yes by a limit of Annex III, no by all of them, or to be tested or stated."""

    hp = serializers.ChoiceField(choices=list(HAZARD_PROPERTIES))
    answer = serializers.ChoiceField(choices=[answer.value for answer in Answer])
    name = serializers.CharField()
    why = serializers.CharField()


class HazardAnswer(Told):
    """A screening by the concentration limits; the producer classifies."""

    hazardous = serializers.BooleanField(allow_null=True)
    properties = HazardLineAnswer(many=True)
    citation = serializers.CharField()


class SubstanceAsk(Ask):
    """A substance with the hazard statements of its safety data sheet and its share."""

    name = Words(max_length=200)
    statements = serializers.ListField(child=Words(max_length=8), max_length=30)
    per_cent = Exactly(digits=6, places=3)


class HazardAsk(Ask):
    """``complete``: everything above 0.1 % is named; else nothing is answered no."""

    substances = serializers.ListField(child=SubstanceAsk(), min_length=1, max_length=100)
    complete = TrueOrFalse(default=False)


class HazardAssessments(Resource):
    """Asks, and keeps nothing. Statements: H and EUH codes, with ``-1`` or ``-2`` where the limit
    depends on the category (H300, H310, H330)."""

    scope = "materials"
    reads_by_post = True
    serializer_class = HazardAnswer
    list_actions = ()

    @extend_schema(request=HazardAsk, responses={200: HazardAnswer})
    def assessed(self, request: Request) -> Response:
        values = self.parsed(HazardAsk)
        components = [
            Component(one["name"], frozenset(one["statements"]), int(one["per_cent"] * PER_CENT))
            for one in values["substances"]
        ]
        if any(c.share <= 0 for c in components) or sum(c.share for c in components) > WHOLE:
            detail = _("Shares are above zero and at most one hundred per cent together.")
            fault = FieldError("out_of_range", detail, "/substances")
            raise ApiError(INVALID, errors=(fault,))
        findings = assess(components, complete=values["complete"])
        return self.answer(
            {
                "hazardous": _hazardous([finding.answer for finding in findings]),
                "properties": hazard_lines(findings),
                "citation": CITATION,
            }
        )


def _hazardous(answers: list[Any]) -> bool | None:
    """Yes by one property; never no, for some are always to be tested or stated."""
    return True if Answer.YES in answers else None
