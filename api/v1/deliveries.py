"""/deliveries: what has moved, told by one side and confirmed by the other."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import Choice, Day, Flag, Instant, PublicId
from api.idempotency import once
from api.resources import Listed, Readable, Resource
from api.v1.delivery_forms import (
    CorrectionAsk,
    DeliveryAnswer,
    DeliveryAsk,
    NothingAsk,
    ObjectionAsk,
    WithdrawalAsk,
    delivery_draft,
    side_of,
)
from marketplace.deliveries.models import Delivery
from marketplace.deliveries.selectors import deliveries_visible_to
from marketplace.deliveries.services import (
    DeliveryDraft,
    confirm_delivery,
    contest_delivery,
    correct_delivery,
    record_delivery,
)


class DeliveryFilters(FilterSet):
    exchange = PublicId(field_name="exchange__uid", prefix="exchange")
    kind = Choice(choices=list(Delivery.Kind.values))
    delivered_on__gte = Day(field_name="delivered_on", lookup_expr="gte")
    delivered_on__lte = Day(field_name="delivered_on", lookup_expr="lte")
    counts = Flag(method="counting")
    updated_since = Instant(method="by_change")

    def by_change(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(Q(recorded_at__gte=value) | Q(answered_at__gte=value))

    def counting(self, queryset: Any, name: str, value: bool) -> Any:
        counting = queryset.counting().values("pk")
        return queryset.filter(pk__in=counting) if value else queryset.exclude(pk__in=counting)


class Deliveries(Listed, Readable, Resource):
    """Entries of the ledger under the caller's own exchanges."""

    scope = "deliveries"
    id_prefix = "delivery"
    serializer_class = DeliveryAnswer
    filterset_class: ClassVar[Any] = DeliveryFilters
    orderings = {"created_at": ("id",), "delivered_on": ("delivered_on", "id")}
    default_ordering = "-created_at"

    def visible(self) -> Any:
        return deliveries_visible_to(self.viewer)

    @extend_schema(request=DeliveryAsk, responses={201: DeliveryAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(DeliveryAsk)
        return once(request, lambda: self._recorded(values))

    @extend_schema(request=NothingAsk, responses=DeliveryAnswer)
    def confirm(self, request: Request, public_id: str) -> Response:
        """The other side agrees; from now on the entry counts."""
        delivery = self.one(public_id)
        self.parsed(NothingAsk)

        def confirmed() -> Response:
            confirm_delivery(viewer=self.viewer, delivery=delivery, now=timezone.now())
            return self.answer(self.one(public_id))

        return once(request, confirmed)

    @extend_schema(request=ObjectionAsk, responses=DeliveryAnswer)
    def contest(self, request: Request, public_id: str) -> Response:
        """The other side says that it was not so."""
        delivery = self.one(public_id)
        objection = self.parsed(ObjectionAsk)["objection"]

        def contested() -> Response:
            contest_delivery(
                viewer=self.viewer, delivery=delivery, objection=objection, now=timezone.now()
            )
            return self.answer(self.one(public_id))

        return once(request, contested)

    @extend_schema(request=CorrectionAsk, responses={201: DeliveryAnswer})
    def correct(self, request: Request, public_id: str) -> Response:
        """A new entry in the place of this one; this one stays."""
        delivery = self.one(public_id)
        values = self.parsed(CorrectionAsk)
        return once(request, lambda: self._corrected(delivery, delivery_draft(values), values))

    @extend_schema(request=WithdrawalAsk, responses={201: DeliveryAnswer})
    def withdraw(self, request: Request, public_id: str) -> Response:
        """A new entry that says this delivery did not happen."""
        delivery = self.one(public_id)
        values = self.parsed(WithdrawalAsk)
        return once(request, lambda: self._corrected(delivery, None, values))

    def _recorded(self, values: dict[str, Any]) -> Response:
        delivery = record_delivery(
            viewer=self.viewer,
            exchange=values["exchange"],
            draft=delivery_draft(values),
            now=timezone.now(),
            role=side_of(values),
        )
        return self._new(delivery)

    def _corrected(
        self, delivery: Delivery, draft: DeliveryDraft | None, values: dict[str, Any]
    ) -> Response:
        new = correct_delivery(
            viewer=self.viewer,
            delivery=delivery,
            draft=draft,
            now=timezone.now(),
            role=side_of(values),
        )
        return self._new(new)

    def _new(self, delivery: Delivery) -> Response:
        public_id = delivery.public_id
        location = f"/api/v1/deliveries/{public_id}"
        return self.answer(self.one(public_id), status=201, location=location)
