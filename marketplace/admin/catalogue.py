"""The catalogue, to look things up in; it is changed in the reviewed data files it is loaded from,
because the next load would undo what was typed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from geo.admin import ReadOnlyAdmin
from marketplace.catalogue.models import (
    Activity,
    CatalogueRelease,
    Conversion,
    Material,
    StreamProfile,
    WasteCode,
)


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows of the catalogue below the concept they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True
    joined: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.joined)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class UsesInline(ReadOnlyInline):
    model = Conversion
    fk_name = "source"
    joined = ("source", "target")
    fields = ("target", "process_en", "process_bg", "yield_ratio", "route", "weight")
    verbose_name_plural = _("what it can become or serve")


class OriginsInline(ReadOnlyInline):
    model = Conversion
    fk_name = "target"
    joined = ("source", "target")
    fields = ("source", "process_en", "process_bg", "yield_ratio", "route", "weight")
    verbose_name_plural = _("what it can be made from or served by")


class ProfilesInline(ReadOnlyInline):
    model = StreamProfile
    joined = ("material",)
    fields = ("activity_code", "direction", "likelihood", "share_of_waste", "t_per_employee")
    verbose_name_plural = _("activities that give it off or take it in")


@admin.register(Material)
class MaterialAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_en", "name_bg", "kind", "is_use", "pillar", "sector", "ways")
    list_filter = ("kind", "is_use", "pillar", "sector", "form")
    search_fields = ("code", "name_en", "name_bg", "synonyms_en", "synonyms_bg")
    search_help_text = _("Name, synonym or code, in either language")
    inlines = (UsesInline, OriginsInline, ProfilesInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Material]:
        return Material.objects.annotate(way_count=Count("conversions")).order_by("code")

    @admin.display(description=_("ways to use it"), ordering="way_count")
    def ways(self, material: Any) -> int:
        return int(material.way_count)


@admin.register(Conversion)
class ConversionAdmin(ReadOnlyAdmin):
    list_display = ("source", "target", "process_en", "yield_ratio", "route", "weight")
    list_filter = ("route", "source__kind", "source__pillar", "target__is_use")
    list_select_related = ("source", "target")
    search_fields = ("source__code", "target__code", "process_en", "process_bg")


@admin.register(StreamProfile)
class StreamProfileAdmin(ReadOnlyAdmin):
    list_display = (
        "activity_code",
        "direction",
        "material",
        "likelihood",
        "share_of_waste",
        "t_per_employee",
        "t_per_t_product",
    )
    list_filter = ("direction", "likelihood", "material__kind")
    list_select_related = ("material",)
    search_fields = ("activity_code", "material__code", "material__name_en", "material__name_bg")


@admin.register(WasteCode)
class WasteCodeAdmin(ReadOnlyAdmin):
    list_display = ("display_code", "name_en", "name_bg", "entry")
    list_filter = ("entry",)
    search_fields = ("code", "name_en", "name_bg")


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("code", "name_en", "name_bg", "revision")
    list_filter = ("revision",)
    search_fields = ("code", "name_en", "name_bg")


@admin.register(CatalogueRelease)
class CatalogueReleaseAdmin(ReadOnlyAdmin):
    list_display = ("loaded_at", "digest", "counts")
