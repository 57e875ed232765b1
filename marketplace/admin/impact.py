"""Factors of tenants and the ledger they flow into: added to, never changed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from geo.admin import ReadOnlyAdmin
from marketplace.deliveries.models import Delivery
from marketplace.firms.users import User
from marketplace.impact.models import FactorOverride, ImpactFigure


@admin.register(FactorOverride)
class FactorOverrideAdmin(admin.ModelAdmin[FactorOverride]):
    list_display = ("code", "host", "value", "unit", "spread_percent", "year", "valid_from")
    list_filter = ("host",)
    list_select_related = ("host",)
    search_fields = ("code", "source")
    autocomplete_fields = ("host",)
    exclude = ("recorded_by", "recorded_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A change of mind is a later row."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: FactorOverride, form: Any, change: bool
    ) -> None:
        obj.recorded_by = cast(User, request.user)
        obj.recorded_at = timezone.now()
        super().save_model(request, obj, form, change)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("delivered_on", "exchange", "base_quantity", "kind", "confirmed")
    list_filter = ("kind", "confirmed", "transport")
    list_select_related = ("exchange",)
    date_hierarchy = "delivered_on"


@admin.register(ImpactFigure)
class ImpactFigureAdmin(ReadOnlyAdmin):
    list_display = ("delivery", "measure", "amount", "low", "high", "formula", "factor_set")
    list_filter = ("measure", "factor_set")
    list_select_related = ("delivery",)
