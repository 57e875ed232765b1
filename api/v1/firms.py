"""/organisations and /sites: who takes part, and where."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters import FilterSet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import problems
from api.access import caller_of
from api.concurrency import expected_version
from api.fields import LABEL_SCHEMA, Answer, Ask, Moment, WholeNumber, Word, Words
from api.filters import Choice, Instant, MineFilterSet, NearbyFilterSet, PublicId, Text
from api.idempotency import once
from api.problems import FieldError
from api.refusals import ApiError
from api.resources import Expansion, Listed, Readable, Resource
from api.v1.briefs import POINT, OrganisationBrief, RegionBrief, organisation_label, point
from api.v1.catalogue import PILLARS
from api.v1.references import ActivityRef, OwnOrganisationRef, PointIn
from api.v1.regions import RegionAnswer
from marketplace.firms.models import Organisation, Site
from marketplace.firms.revising import revise_organisation
from marketplace.firms.selectors import (
    organisations_visible_to,
    sites_editable_by,
    sites_visible_to,
)
from marketplace.firms.services import (
    OrganisationDraft,
    SiteDraft,
    add_site,
    register_organisation,
)
from symbiosis.publishing import move_site

TYPES = list(Organisation.Type.values)
MAX_EMPLOYEES = 2_000_000
REGION = Expansion(RegionAnswer, ("region__parent",))


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

    expandable = {"region": REGION}

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

    @extend_schema(request=OrganisationAsk, responses=OrganisationAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        organisation = self.one(public_id)
        changes = self.parsed(OrganisationAsk, partial=True)
        if "pillars" in changes:
            changes["pillars"] = tuple(changes["pillars"])
        revise_organisation(
            viewer=self.viewer,
            organisation=organisation,
            changes=changes,
            expected_version=version,
        )
        return self.answer(self.one(public_id))


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

    def to_representation(self, site: Site) -> Any:
        if site.merged_into_id is not None:
            return GoneSiteAnswer(site).data
        return super().to_representation(site)

    def get_external_id(self, site: Site) -> str:
        own = self.context["viewer"].acts_for(site.organisation_id)
        return site.external_id if site.source or own else ""

    @extend_schema_field(POINT)
    def get_location(self, site: Site) -> dict[str, Any]:
        return point(site.location.x, site.location.y)


class GoneSiteAnswer(Answer):
    """A site that turned out to be another one: drop your copy. Only with updated_since."""

    id = serializers.CharField(source="public_id")
    object = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "const": "site"})
    def get_object(self, site: Site) -> str:
        return "site"

    @extend_schema_field({"type": "string", "const": "gone"})
    def get_status(self, site: Site) -> str:
        return "gone"


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

    expandable = {
        "organisation": Expansion(
            OrganisationAnswer, ("organisation__region", "organisation__activity")
        ),
        "region": Expansion(RegionAnswer, ("region__parent",)),
        "municipality": Expansion(RegionAnswer, ("municipality__parent",)),
    }

    def visible(self) -> Any:
        keeping_in_step = self.action == "list" and "updated_since" in self.request.query_params
        return sites_visible_to(self.viewer, merged_too=keeping_in_step)

    @extend_schema(
        responses=PolymorphicProxySerializer(
            component_name="SiteOrGone",
            serializers=[SiteAnswer, GoneSiteAnswer],
            resource_type_field_name=None,
            many=True,
        )
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(request=SiteAsk, responses={201: SiteAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(SiteAsk)
        organisation = values.pop("organisation", None) or self.only_organisation()
        draft = SiteDraft(**_placed(values))
        return once(request, lambda: self._add(organisation, draft))

    @extend_schema(request=SiteAsk, responses=SiteAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        site = self.one(public_id)
        changes = self.parsed(SiteAsk, partial=True)
        if "organisation" in changes:
            detail = _("A site stays with its organisation.")
            fault = FieldError("read_only", detail, pointer="/organisation")
            raise ApiError(problems.INVALID, errors=(fault,))
        return self._revised(site, _placed(changes), version)

    def _add(self, organisation: Organisation, draft: SiteDraft) -> Response:
        made = add_site(viewer=self.viewer, organisation=organisation, draft=draft)
        return self.answer(made, status=201, location=f"/api/v1/sites/{made.public_id}")

    def _revised(self, site: Site, changes: dict[str, Any], version: int | None) -> Response:
        move_site(
            viewer=self.viewer,
            site=site,
            changes=changes,
            expected_version=version,
            as_of=timezone.localdate(),
        )
        return self.answer(self.one(site.public_id))


def _placed(values: dict[str, Any]) -> dict[str, Any]:
    """The body's location as the draft's longitude and latitude."""
    if "location" in values:
        values["lon"], values["lat"] = values.pop("location")
    return values


class SitesByExternalId(Sites):
    """Your sites under your own ids: PUT makes or replaces."""

    public_read = False
    own_parameters = {"retrieve_own": frozenset({"organisation"})}

    def retrieve_own(self, request: Request, external_id: str) -> Response:
        return self.answer(self.held(sites_editable_by(self.viewer), external_id))

    @extend_schema(request=SiteAsk, responses={200: SiteAnswer, 201: SiteAnswer})
    def upsert(self, request: Request, external_id: str) -> Response:
        values = self.parsed(SiteAsk)
        organisation = values.pop("organisation", None) or self.only_organisation()
        draft = SiteDraft(**_placed({**values, "external_id": external_id}))
        return once(request, lambda: self._upserted(request, organisation, draft))

    def _upserted(self, request: Request, organisation: Organisation, draft: SiteDraft) -> Response:
        own = sites_editable_by(self.viewer).filter(organisation=organisation, source="")
        found = own.filter(external_id=draft.external_id).first()
        if found is None:
            return self._add(organisation, draft)
        version = expected_version(request) if "If-Match" in request.headers else None
        whole = {item.name: getattr(draft, item.name) for item in fields(draft)}
        return self._revised(found, whole, version)
