"""/organisations and /sites: who takes part, and where."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.access import caller_of
from api.fields import LABEL_SCHEMA, Answer, Ask, Moment, WholeNumber, Word, Words
from api.filters import Choice, Instant, MineFilterSet, NearbyFilterSet, PublicId, Text
from api.idempotency import once
from api.refusals import ApiError
from api.resources import Listed, Readable, Resource
from api.v1.briefs import POINT, OrganisationBrief, RegionBrief, organisation_label, point
from api.v1.catalogue import PILLARS
from api.v1.references import ActivityRef, OwnOrganisationRef, PointIn
from marketplace.firms.models import Organisation, Site
from marketplace.firms.selectors import organisations_visible_to, sites_visible_to
from marketplace.firms.services import (
    OrganisationDraft,
    SiteDraft,
    add_site,
    register_organisation,
)

TYPES = list(Organisation.Type.values)
MAX_EMPLOYEES = 2_000_000


class OrganisationAnswer(Answer):
    """An organisation of the directory."""

    id = serializers.CharField(source="public_id")
    type = serializers.ChoiceField(choices=TYPES)
    label: Any = serializers.SerializerMethodField()
    name = serializers.CharField()
    name_en = serializers.CharField()
    country = serializers.CharField()
    registration_number = serializers.CharField()
    vat_number = serializers.CharField()
    region = RegionBrief(allow_null=True)
    activity = serializers.CharField(source="activity.code", default=None, allow_null=True)
    pillars = serializers.ListField(child=serializers.ChoiceField(choices=PILLARS))
    employees = serializers.IntegerField(allow_null=True)
    website = serializers.CharField()
    about = serializers.CharField()
    fictional = serializers.BooleanField(source="is_demo")
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()

    @extend_schema_field(LABEL_SCHEMA)
    def get_label(self, organisation: Organisation) -> Any:
        return organisation_label(organisation, self.context)


class OrganisationAsk(Ask):
    """What an organisation says of itself when it joins."""

    read_only_names = frozenset(OrganisationAnswer._declared_fields)

    name = Words(max_length=300)
    name_en = Words(max_length=300, allow_blank=True, default="")
    type = Word(choices=TYPES, default=Organisation.Type.FIRM)
    country = Words(min_length=2, max_length=2, default="BG")
    registration_number = Words(max_length=20, allow_blank=True, default="")
    vat_number = Words(max_length=20, allow_blank=True, default="")
    pillars = serializers.ListField(child=Word(choices=PILLARS), max_length=3, default=list)
    employees = WholeNumber(min_value=0, max_value=MAX_EMPLOYEES, allow_null=True, default=None)
    website = serializers.URLField(max_length=200, allow_blank=True, default="")
    about = Words(max_length=5_000, allow_blank=True, default="")
    activity = ActivityRef(allow_null=True, default=None)


class OrganisationFilters(FilterSet):
    q = Text(method="matching")
    type = Choice(choices=TYPES)
    country = Text()
    region = Text(field_name="region__code", lookup_expr="startswith")
    pillar = Choice(choices=PILLARS, method="in_pillar")
    registration_number = Text()
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def matching(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(Q(name__icontains=value) | Q(name_en__icontains=value))

    def in_pillar(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(pillars__contains=[value])


class Organisations(Listed, Readable, Resource):
    """The directory; a person registers an organisation and becomes its owner."""

    scope = "organisations"
    public_read = True
    id_prefix = "org"
    serializer_class = OrganisationAnswer
    filterset_class = OrganisationFilters
    orderings = {"created_at": ("id",), "name": ("name", "id"), "updated_at": ("updated_at", "id")}
    default_ordering = "created_at"

    def visible(self) -> Any:
        return organisations_visible_to(self.viewer)

    @extend_schema(request=OrganisationAsk, responses={201: OrganisationAnswer})
    def create(self, request: Request) -> Response:
        if self.caller.user is None:
            raise ApiError(problems.NOT_PERMITTED)
        values = self.parsed(OrganisationAsk)
        draft = OrganisationDraft(**{**values, "pillars": tuple(values["pillars"])})
        return once(request, lambda: self._register(draft))

    def _register(self, draft: OrganisationDraft) -> Response:
        made = register_organisation(user=self.caller.user, draft=draft)
        return self.created(made)


class SiteAnswer(Answer):
    """A place where an organisation has streams or needs."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    organisation = OrganisationBrief()
    address = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()
    location = serializers.SerializerMethodField()
    region = RegionBrief(allow_null=True)
    municipality = RegionBrief(allow_null=True)
    activity = serializers.CharField(source="activity.code", default=None, allow_null=True)
    sector = serializers.CharField()
    employees = serializers.IntegerField(allow_null=True)
    source: Any = serializers.CharField()
    external_id = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()

    def get_external_id(self, site: Site) -> str:
        own = self.context["viewer"].acts_for(site.organisation_id)
        return site.external_id if site.source or own else ""

    @extend_schema_field(POINT)
    def get_location(self, site: Site) -> dict[str, Any]:
        return point(site.location.x, site.location.y)


class SiteAsk(Ask):
    """A new site; the server finds its regions."""

    read_only_names = frozenset(SiteAnswer._declared_fields)

    organisation = OwnOrganisationRef(required=False)
    name = Words(max_length=300)
    location = PointIn()
    address = Words(max_length=300, allow_blank=True, default="")
    postal_code = Words(max_length=32, allow_blank=True, default="")
    city = Words(max_length=200, allow_blank=True, default="")
    country = Words(min_length=2, max_length=2, default="BG")
    employees = WholeNumber(min_value=0, max_value=MAX_EMPLOYEES, allow_null=True, default=None)
    external_id = Words(max_length=120, allow_blank=True, default="")
    activity = ActivityRef(allow_null=True, default=None)


class SiteFilters(NearbyFilterSet, MineFilterSet):
    q = Text(field_name="name", lookup_expr="icontains")
    organisation = PublicId(field_name="organisation__uid", prefix="org")
    country = Text()
    region = Text(field_name="region__code", lookup_expr="startswith")
    municipality = Text(field_name="municipality__code")
    activity = Text(field_name="activity__code", lookup_expr="startswith")
    source: Any = Text()
    external_id = Text(method="by_external_id")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def by_external_id(self, queryset: Any, name: str, value: str) -> Any:
        own = Q(organisation_id__in=caller_of(self.request).viewer.organisation_ids)
        return queryset.filter(~Q(source="") | own, external_id=value)


class Sites(Listed, Readable, Resource):
    """Sites of public registers, of listings shown in the open, and your own."""

    scope = "sites"
    public_read = True
    id_prefix = "site"
    serializer_class = SiteAnswer
    filterset_class = SiteFilters
    orderings = {"created_at": ("id",), "name": ("name", "id"), "updated_at": ("updated_at", "id")}
    default_ordering = "created_at"

    def visible(self) -> Any:
        return sites_visible_to(self.viewer)

    @extend_schema(request=SiteAsk, responses={201: SiteAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(SiteAsk)
        organisation = values.pop("organisation", None) or self.only_organisation()
        lon, lat = values.pop("location")
        draft = SiteDraft(lon=lon, lat=lat, **values)
        return once(request, lambda: self._add(organisation, draft))

    def _add(self, organisation: Organisation, draft: SiteDraft) -> Response:
        return self.created(add_site(viewer=self.viewer, organisation=organisation, draft=draft))
