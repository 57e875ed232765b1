"""/events: what happened to what is yours in the last 30 days, in order."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Answer, Moment
from api.filters import Choice, Instant
from api.resources import Listed, Resource
from api.webhooks import outbox
from api.webhooks.models import Event

_THING = {
    "type": "object",
    "required": ["object", "id", "url", "version"],
    "properties": {
        "object": {"type": "string"},
        "id": {"type": "string"},
        "url": {"type": "string", "format": "uri-reference"},
        "version": {"type": "integer"},
    },
}


class FeedEventAnswer(Answer):
    """An event, the same in the feed and in a webhook; read the thing itself at ``data.url``."""

    id = serializers.CharField(source="public_id")
    type = serializers.ChoiceField(choices=outbox.TYPES)
    timestamp = Moment(source="occurred_at")
    data: Any = serializers.SerializerMethodField()

    @extend_schema_field(_THING)
    def get_data(self, event: Event) -> Any:
        return outbox.told(event)["data"]


class EventFilters(FilterSet):
    type = Choice(choices=list(outbox.TYPES))
    object = Choice(choices=list(outbox.SCOPE_OF), field_name="subject")
    since = Instant(field_name="occurred_at", lookup_expr="gte")


class Events(Listed, Resource):
    """The feed behind the webhooks, oldest first: read on from your last cursor to miss nothing."""

    scope = "events"
    serializer_class = FeedEventAnswer
    filterset_class: Any = EventFilters
    orderings: ClassVar = {"occurred": ("transaction", "id")}
    default_ordering = "occurred"

    def visible(self) -> Any:
        kept = timezone.now() - outbox.KEPT
        types = outbox.types_for(self.caller.scopes)
        found = outbox.events_for(self.viewer, types, below=outbox.horizon())
        return found.filter(occurred_at__gte=kept)
