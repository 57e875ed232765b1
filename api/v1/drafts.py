"""/listing-drafts: what can be read out of a text for a new listing. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, Ask, Label, Word, Words, plain
from api.resources import Resource
from api.v1.briefs import MaterialBrief
from marketplace.catalogue.models import Material, WasteCode
from marketplace.catalogue.selectors import catalogue, waste_codes
from symbiosis.core.text.listing import CodeCandidate, ConceptCandidate, ListingDraft
from symbiosis.core.text.quantities import QuantityRead
from symbiosis.lexicon import draft_listing
from symbiosis.text_engine import running_helper

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A draft with the catalogue's rows of what it names."""

    draft: ListingDraft
    materials: dict[str, Material]
    codes: dict[str, WasteCode]


class QuantityAnswer(Answer):
    """An amount as written, and as read: from ``low`` to ``high`` units over the period."""

    written = serializers.CharField()
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    unit = serializers.CharField()
    period = serializers.ChoiceField(choices=["day", "week", "month", "year", ""])

    def get_low(self, quantity: QuantityRead) -> str:
        return plain(quantity.low)

    def get_high(self, quantity: QuantityRead) -> str:
        return plain(quantity.high)


class MaterialCandidateAnswer(Answer):
    """A concept the text may mean: how often such a reading is right, and the words behind it."""

    material = MaterialBrief()
    probability = serializers.FloatField(min_value=0, max_value=1)
    words = serializers.ListField(child=serializers.CharField())


class CodeCandidateAnswer(Answer):
    """A List of Waste entry the text may fall under, with the question that decides a mirror."""

    id = serializers.CharField(source="code")
    display_code = serializers.CharField()
    label: Any = Label()
    question = Label("question")
    mirrors = serializers.SerializerMethodField()

    def get_mirrors(self, code: WasteCode) -> list[str]:
        return sorted(other.code for other in code.mirrors.all())


class DraftAnswer(Answer):
    """Candidates, best first; a person chooses. ``missing`` names what a listing still needs."""

    materials = serializers.SerializerMethodField()
    waste_codes = serializers.SerializerMethodField()
    quantities = serializers.SerializerMethodField()
    missing = serializers.ListField(child=serializers.CharField(), source="draft.missing")

    @extend_schema_field(MaterialCandidateAnswer(many=True))
    def get_materials(self, read: ReadDraft) -> Any:
        rows = [
            {
                "material": read.materials[candidate.concept.id],
                "probability": round(candidate.probability, 3),
                "words": list(candidate.words),
            }
            for candidate in read.draft.concepts
            if candidate.concept.id in read.materials
        ]
        return MaterialCandidateAnswer(rows, many=True, context=self.context).data

    @extend_schema_field(CodeCandidateAnswer(many=True))
    def get_waste_codes(self, read: ReadDraft) -> Any:
        rows = [read.codes[c.code.code] for c in read.draft.codes if c.code.code in read.codes]
        return CodeCandidateAnswer(rows, many=True, context=self.context).data

    @extend_schema_field(QuantityAnswer(many=True))
    def get_quantities(self, read: ReadDraft) -> Any:
        return QuantityAnswer(read.draft.quantities, many=True, context=self.context).data


class DraftAsk(Ask):
    """A text in Bulgarian or English, in either alphabet, and what else is known."""

    read_only_names = frozenset(DraftAnswer._declared_fields)

    text = Words(max_length=LONGEST)
    side = Word(choices=["offer", "need"], default="offer")
    waste_code = Words(max_length=10, required=False)
    activity = Words(max_length=8, required=False)


class ListingDrafts(Resource):
    """Reads a text for a new listing: material, waste codes, amounts, and what is missing."""

    scope = "materials"
    reads_by_post = True
    serializer_class = DraftAnswer
    list_actions = ()

    @extend_schema(request=DraftAsk, responses={200: DraftAnswer})
    def draft(self, request: Request) -> Response:
        values = self.parsed(DraftAsk)
        found = draft_listing(
            text=values["text"],
            waste_code=values.get("waste_code", ""),
            activity=values.get("activity", ""),
            wanted=values["side"] == "need",
            helper=running_helper(),
        )
        return self.answer(ReadDraft(found, _materials(found.concepts), _codes(found.codes)))


def _materials(candidates: tuple[ConceptCandidate, ...]) -> dict[str, Material]:
    wanted = [candidate.concept.id for candidate in candidates]
    return {row.code: row for row in catalogue().filter(code__in=wanted)}


def _codes(candidates: tuple[CodeCandidate, ...]) -> dict[str, WasteCode]:
    wanted = [candidate.code.code for candidate in candidates]
    return {row.code: row for row in waste_codes().filter(code__in=wanted)}
