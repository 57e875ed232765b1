"""Regions and places in the administration: to look at; they are changed by imports."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from geo.models import Place, Region


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shows rows that only an import may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    list_display = ("code", "level", "name_bg", "name_en", "country", "shape_source")
    list_filter = ("level", "country")
    search_fields = ("code", "name_bg", "name_en")
    exclude = ("geometry",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Region]:
        return Region.objects.without_shapes().select_related("parent").defer("parent__geometry")


@admin.register(Place)
class PlaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "name_en", "kind", "municipality_name", "postal_code", "source")
    list_filter = ("source", "kind", "country")
    search_fields = ("name", "name_en", "postal_code", "source_id")
    exclude = ("search_keys",)
    list_select_related = ("region",)
