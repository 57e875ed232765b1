"""/webhooks and /webhook-deliveries: where you want to be told, and what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.concurrency import expected_version
from api.fields import Answer, Ask, Moment, TrueOrFalse, Word, Words
from api.filters import Choice, PublicId
from api.idempotency import once
from api.resources import Listed, Readable, Resource
from api.v1.briefs import OrganisationBrief
from api.v1.references import OwnOrganisationRef
from api.webhooks import outbox
from api.webhooks.endpoints import (
    IssuedEndpoint,
    dispatches_of,
    endpoints_of,
    ping,
    redeliver,
    register_endpoint,
    revise_endpoint,
    rotate_endpoint_secret,
)
from api.webhooks.models import Dispatch, Endpoint
from api.webhooks.targets import MAX_URL

TYPES = list(outbox.TYPES)
STATES = list(Dispatch.State.values)
REASONS = [reason for reason in Endpoint.Stop.values if reason]


class WebhookAnswer(Answer):
    """An endpoint; ``stopped`` says why it is out of service, null while it is in service."""

    id = serializers.CharField(source="public_id")
    organisation = OrganisationBrief()
    url = serializers.CharField()
    description = serializers.CharField()
    types = serializers.ListField(child=serializers.ChoiceField(choices=TYPES))
    active = serializers.SerializerMethodField()
    stopped: Any = serializers.SerializerMethodField()
    stopped_at = Moment(allow_null=True)
    last_success_at = Moment(allow_null=True)
    created_at = Moment()
    updated_at = Moment()
    version = serializers.IntegerField()

    def get_active(self, endpoint: Endpoint) -> bool:
        return not endpoint.stopped

    @extend_schema_field({"type": ["string", "null"], "enum": [*REASONS, None]})
    def get_stopped(self, endpoint: Endpoint) -> str | None:
        return endpoint.stopped or None


class IssuedWebhookAnswer(WebhookAnswer):
    """An endpoint with a new secret, which is shown this once."""

    secret = serializers.CharField()


class WebhookAsk(Ask):
    """Where to, and what of; without types everything that the token may read."""

    read_only_names = frozenset(IssuedWebhookAnswer._declared_fields)

    organisation = OwnOrganisationRef(required=False)
    url = Words(max_length=MAX_URL)
    types = serializers.ListField(child=Word(choices=TYPES), max_length=len(TYPES), required=False)
    description = Words(max_length=200, allow_blank=True, required=False)


class WebhookPatch(Ask):
    """What changes; ``active`` puts an endpoint into service or out of it."""

    read_only_names = frozenset(IssuedWebhookAnswer._declared_fields)

    url = Words(max_length=MAX_URL, required=False)
    types = serializers.ListField(child=Word(choices=TYPES), max_length=len(TYPES), required=False)
    description = Words(max_length=200, allow_blank=True, required=False)
    active = TrueOrFalse(required=False)


class AttemptAnswer(Answer):
    """One try: the receiver's status, or why there was none."""

    started_at = Moment()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True)
    failure = serializers.CharField()


class DispatchAnswer(Answer):
    """A delivery with its log."""

    id = serializers.CharField(source="public_id")
    webhook = serializers.CharField(source="endpoint.public_id")
    event = serializers.CharField(source="event_id")
    type = serializers.ChoiceField(choices=[*TYPES, outbox.PING])
    state = serializers.ChoiceField(choices=STATES)
    next_attempt_at = serializers.SerializerMethodField()
    created_at = Moment()
    finished_at = Moment(allow_null=True)
    attempts = AttemptAnswer(many=True, source="log.all")

    @extend_schema_field({"type": ["string", "null"], "format": "date-time"})
    def get_next_attempt_at(self, dispatch: Dispatch) -> str | None:
        pending = dispatch.state == Dispatch.State.PENDING
        return outbox.instant(dispatch.next_attempt_at) if pending else None


class Webhooks(Listed, Readable, Resource):
    """Endpoints of your organisation."""

    scope = "webhooks"
    id_prefix = "webhook"
    serializer_class = WebhookAnswer
    orderings: ClassVar = {"created_at": ("id",)}
    default_ordering = "created_at"

    def visible(self) -> Any:
        return endpoints_of(self.viewer)

    @extend_schema(request=WebhookAsk, responses={201: IssuedWebhookAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(WebhookAsk)
        return once(request, lambda: self._registered(values))

    def _registered(self, values: dict[str, Any]) -> Response:
        issued = register_endpoint(
            caller=self.caller,
            organisation=values.get("organisation") or self.only_organisation(),
            url=values["url"],
            types=values.get("types"),
            description=values.get("description", ""),
        )
        location = f"/api/v1/webhooks/{issued.endpoint.public_id}"
        return self._with_secret(issued, status=201, location=location)

    def _with_secret(self, issued: IssuedEndpoint, *, status: int, location: str = "") -> Response:
        response = self.answer(issued.endpoint, status=status, location=location)
        response.data["secret"] = issued.secret
        return response

    @extend_schema(request=WebhookPatch, responses=WebhookAnswer)
    def partial_update(self, request: Request, public_id: str) -> Response:
        version = expected_version(request)
        endpoint = self.one(public_id)
        revised = revise_endpoint(
            caller=self.caller,
            endpoint=endpoint,
            changes=self.parsed(WebhookPatch, partial=True),
            expected_version=version,
            now=timezone.now(),
        )
        return self.answer(self.one(revised.public_id))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        expected_version(request)
        self.one(public_id).delete()
        return Response(status=204)

    @extend_schema(request=None, responses={200: IssuedWebhookAnswer})
    def rotate(self, request: Request, public_id: str) -> Response:
        endpoint = self.one(public_id)
        return once(
            request,
            lambda: self._with_secret(
                rotate_endpoint_secret(endpoint=endpoint, now=timezone.now()), status=200
            ),
        )


class WebhookPing(Resource):
    """A delivery that tells nothing, to try a receiver."""

    scope = "webhooks"
    id_prefix = "webhook"
    serializer_class = DispatchAnswer
    list_actions = ()

    def visible(self) -> Any:
        return endpoints_of(self.viewer)

    @extend_schema(request=None, responses={202: DispatchAnswer})
    def ping(self, request: Request, public_id: str) -> Response:
        endpoint = self.one(public_id)
        return once(request, lambda: self._accepted(ping(endpoint=endpoint, now=timezone.now())))

    def _accepted(self, dispatch: Dispatch) -> Response:
        location = f"/api/v1/webhook-deliveries/{dispatch.public_id}"
        return self.answer(dispatch, status=202, location=location)


class DispatchFilters(FilterSet):
    webhook = PublicId(field_name="endpoint__uid", prefix="webhook")
    event = PublicId(field_name="event_uid", prefix="event")
    state = Choice(choices=STATES)


class WebhookDeliveries(Listed, Readable, Resource):
    """The log of deliveries to your endpoints."""

    scope = "webhooks"
    id_prefix = "dispatch"
    serializer_class = DispatchAnswer
    filterset_class: Any = DispatchFilters
    orderings: ClassVar = {"created_at": ("id",)}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return dispatches_of(self.viewer)

    @extend_schema(request=None, responses={202: DispatchAnswer})
    def redeliver(self, request: Request, public_id: str) -> Response:
        dispatch = self.one(public_id)
        return once(request, lambda: self._again(redeliver(dispatch=dispatch, now=timezone.now())))

    def _again(self, dispatch: Dispatch) -> Response:
        return self.answer(dispatch, status=202)
