"""Permits and other papers of firms, with the codes they cover; those that end soon stand out."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.firms.permits import Permit, PermittedCode


class InForce(admin.SimpleListFilter):
    title = _("in force")
    parameter_name = "force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("today")), ("ending", _("ending soon")), ("over", _("no longer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Permit]) -> QuerySet[Permit]:
        today = timezone.localdate()
        in_force = Permit.objects.in_force(today)
        if self.value() == "now":
            return queryset.filter(pk__in=in_force)
        if self.value() == "ending":
            return queryset.filter(pk__in=Permit.objects.ending_soon(today))
        return queryset.exclude(pk__in=in_force) if self.value() == "over" else queryset


class PermittedCodeInline(admin.TabularInline[PermittedCode, Permit]):
    model = PermittedCode
    extra = 0
    autocomplete_fields = ("waste_code",)


@admin.register(Permit)
class PermitAdmin(admin.ModelAdmin[Permit]):
    list_display = ("number", "kind", "organisation", "site", "valid_until", "ends_soon")
    list_filter = (InForce, "kind", "country", "is_demo")
    list_select_related = ("organisation", "site")
    search_fields = ("number", "organisation__name", "organisation__registration_number")
    date_hierarchy = "valid_until"
    autocomplete_fields = ("organisation", "site", "materials")
    readonly_fields = ("public_id", "is_demo", "created_at", "updated_at")
    exclude = ("version",)
    inlines = (PermittedCodeInline,)
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A paper that no longer counts is withdrawn; what rested on it stays explained."""
        return False

    @admin.display(description=_("in force"), boolean=True)
    def ends_soon(self, permit: Permit) -> bool | None:
        """Yes; None while it is about to end; no."""
        today = timezone.localdate()
        over = permit.valid_until is not None and permit.valid_until < today
        if over or permit.withdrawn_on is not None:
            return False
        return None if permit.warned_on(today) else True

    def save_model(self, request: HttpRequest, obj: Permit, form: Any, change: bool) -> None:
        """Who holds a copy sees that the paper changed."""
        obj.version += int(change)
        super().save_model(request, obj, form, change)
