"""The catalogue: concepts and ways may be corrected here, the rest changes in the reviewed files.

What is typed reaches the text engine at once and stays through later loads of the files; every
change keeps what stood there before (``History`` of the row).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from geo.admin import ReadOnlyAdmin
from marketplace.catalogue.knowledge_checks import bulgarian_fault, english_fault
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


class EditedAdmin(admin.ModelAdmin[Any]):
    """Rows people may change but not delete; the history says what stood there before."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        if add:
            return super().construct_change_message(request, form, formsets, add)
        changes = [
            f"{form.fields[name].label}: {_told(form[name].initial)} → "
            f"{_told(form.cleaned_data[name])}"
            for name in form.changed_data
        ]
        return [{"changed": {"fields": changes}}] if changes else []


def _told(value: Any) -> str:
    """A value of a field in the history; sets and lists in a settled order."""
    if value is None or value == "":
        return "–"
    if isinstance(value, list | tuple | set | QuerySet):
        return "[" + ", ".join(sorted(str(each) for each in value)) + "]"
    return f"“{value}”"


class MaterialForm(forms.ModelForm[Material]):
    """Keeps the two rules of the files that a person could break by typing."""

    class Meta:
        model = Material
        fields = (
            "code",
            "name_en",
            "name_bg",
            "synonyms_en",
            "synonyms_bg",
            "kind",
            "is_use",
            "pillar",
            "sector",
            "broader",
            "waste_codes",
            "cn_codes",
            "form",
            "density_kg_m3",
            "disposal_cents_per_t",
            "value_low_cents_per_t",
            "value_high_cents_per_t",
            "purchase_cents_per_t",
            "substitution",
            "avoided_kgco2e_per_t",
            "avoided_source",
            "avoided_year",
            "properties",
            "hazard",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for language, fault in (("bg", bulgarian_fault), ("en", english_fault)):
            for field in (f"name_{language}", f"synonyms_{language}"):
                given = values.get(field) or ""
                for text in given if isinstance(given, list) else [given]:
                    if text and fault(text):
                        self.add_error(
                            field, _("Wrong alphabet for this language: %(text)s") % {"text": text}
                        )
        return values


@admin.register(Material)
class MaterialAdmin(EditedAdmin):
    form = MaterialForm
    readonly_fields = ("updated_at",)
    autocomplete_fields = ("broader", "waste_codes")
    list_display = ("code", "name_en", "name_bg", "kind", "is_use", "pillar", "sector", "ways")
    list_filter = ("kind", "is_use", "pillar", "sector", "form")
    search_fields = ("code", "name_en", "name_bg", "synonyms_en", "synonyms_bg")
    search_help_text = _("Name, synonym or code, in either language")
    inlines = (UsesInline, OriginsInline, ProfilesInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # the code is what listings, files and programs know the concept by
        return ("code", "updated_at") if obj else ("updated_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Material]:
        return Material.objects.annotate(way_count=Count("conversions")).order_by("code")

    @admin.display(description=_("ways to use it"), ordering="way_count")
    def ways(self, material: Any) -> int:
        return int(material.way_count)


@admin.register(Conversion)
class ConversionAdmin(EditedAdmin):
    readonly_fields = ("source", "target", "updated_at")
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
