"""/affiliations: a firm's clusters and chambers, and which of them may act for it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.concurrency import expected_version
from api.fields import Answer, Ask, CalendarDay, Moment, TrueOrFalse
from api.filters import Flag, PublicId
from api.resources import Listed, Readable, Resource
from api.v1.briefs import OrganisationBrief
from marketplace.firms.affiliations import set_consent
from marketplace.firms.selectors import affiliations_of


class AffiliationAnswer(Answer):
    """A member and its host; ``consent_given_at`` null: the host may not act for the member."""

    id = serializers.CharField(source="public_id")
    member = OrganisationBrief()
    host = OrganisationBrief()
    since = CalendarDay(allow_null=True)
    consent_given_at = Moment(allow_null=True)


class AffiliationAsk(Ask):
    """The member's decision."""

    read_only_names = frozenset(AffiliationAnswer._declared_fields)

    consent = TrueOrFalse()


class AffiliationFilters(FilterSet):
    member = PublicId(field_name="member__uid", prefix="org")
    host = PublicId(field_name="host__uid", prefix="org")
    consent = Flag(field_name="consent_given_at", lookup_expr="isnull", exclude=True)


class Affiliations(Listed, Readable, Resource):
    """Affiliations of your own organisations, as members or as hosts."""

    scope = "organisations"
    id_prefix = "affiliation"
    serializer_class = AffiliationAnswer
    filterset_class: Any = AffiliationFilters
    orderings = {"created_at": ("id",)}
    default_ordering = "created_at"

    def visible(self) -> Any:
        return affiliations_of(self.viewer)

    @extend_schema(request=AffiliationAsk, responses=AffiliationAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        expected_version(request)  # asked of every PATCH; a decision has no versions to mix up
        affiliation = self.one(public_id)
        values = self.parsed(AffiliationAsk)
        set_consent(
            viewer=self.viewer,
            affiliation=affiliation,
            given=values["consent"],
            now=timezone.now(),
        )
        return self.answer(affiliation)
