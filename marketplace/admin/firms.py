"""Organisations and their sites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketplace.admin.people import MembershipInline
from marketplace.admin.shown import degrees
from marketplace.catalogue.models import Pillar
from marketplace.firms.models import Affiliation, Organisation, Site
from marketplace.firms.registration import compact, valid_eik, valid_vat
from marketplace.firms.services import OrganisationDraft, organisation_problems


class OrganisationForm(forms.ModelForm[Organisation]):
    """Checked by the same rules as an organisation that registers itself."""

    pillars = forms.MultipleChoiceField(
        label=_("Pillars"),
        choices=Pillar.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Organisation
        fields = (
            "type",
            "name",
            "name_en",
            "country",
            "registration_number",
            "vat_number",
            "region",
            "activity",
            "pillars",
            "employees",
            "website",
            "about",
        )

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or self.cleaned_data
        draft = OrganisationDraft(
            name=answers.get("name", ""),
            name_en=answers.get("name_en", ""),
            type=answers.get("type", Organisation.Type.FIRM),
            country=answers.get("country", ""),
            registration_number=answers.get("registration_number", ""),
            vat_number=answers.get("vat_number", ""),
            pillars=tuple(answers.get("pillars", ())),
            about=answers.get("about", ""),
        )
        for problem in organisation_problems(draft):
            if problem.field not in self.errors:
                self.add_error(problem.field, problem.detail)
        for number in ("registration_number", "vat_number"):
            answers[number] = compact(answers.get(number, ""))
        return answers


class NumberChecked(admin.SimpleListFilter):
    """Whether an organisation has given a number that a register knows it by."""

    title = _("registration number")
    parameter_name = "number"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("given", _("given")), ("missing", _("missing"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Organisation]
    ) -> QuerySet[Organisation]:
        if self.value() == "given":
            return queryset.exclude(registration_number="")
        return queryset.filter(registration_number="") if self.value() == "missing" else queryset


class InPillar(admin.SimpleListFilter):
    title = _("pillar")
    parameter_name = "pillar"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Pillar.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Organisation]
    ) -> QuerySet[Organisation]:
        return queryset.filter(pillars__contains=[self.value()]) if self.value() else queryset


class HostInline(admin.TabularInline[Affiliation, Any]):
    model = Affiliation
    fk_name = "member"
    extra = 0
    autocomplete_fields = ("host",)
    verbose_name = _("chamber, cluster or branch organisation it belongs to")
    verbose_name_plural = _("chambers, clusters and branch organisations it belongs to")


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin[Organisation]):
    form = OrganisationForm
    list_display = ("name", "type", "country", "region", "number_holds", "source", "is_demo")
    list_filter = ("type", NumberChecked, InPillar, "is_demo", "source", "country")
    list_select_related = ("region",)
    search_fields = ("name", "name_en", "registration_number", "vat_number")
    search_help_text = _("Name, EIK or VAT number")
    autocomplete_fields = ("region", "activity")
    readonly_fields = ("public_id", "is_demo", "source", "external_id", "created_at", "updated_at")
    inlines = (MembershipInline, HostInline)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("type", "name", "name_en", "pillars", "about", "website")}),
        (
            _("Register"),
            {"fields": ("country", "registration_number", "vat_number", "region", "activity")},
        ),
        (_("Size"), {"fields": ("employees",)}),
        (
            _("Record"),
            {
                "fields": (
                    "public_id",
                    "is_demo",
                    "source",
                    "external_id",
                    "created_at",
                    "updated_at",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        return super().get_queryset(request).defer("region__geometry")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its listings and proposals would go with it."""
        return False

    @admin.display(description=_("number in order"), boolean=True)
    def number_holds(self, organisation: Organisation) -> bool | None:
        """Check digits of the EIK, or of the VAT number abroad; None where none is given."""
        if organisation.country == "BG" and organisation.registration_number:
            return valid_eik(organisation.registration_number)
        return valid_vat(organisation.vat_number) if organisation.vat_number else None

    def save_model(self, request: HttpRequest, obj: Organisation, form: Any, change: bool) -> None:
        """Who holds a copy sees that the organisation changed."""
        obj.version += int(change)
        super().save_model(request, obj, form, change)


class Merged(admin.SimpleListFilter):
    title = _("merged into another")
    parameter_name = "merged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("no")), ("yes", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Site]) -> QuerySet[Site]:
        if not self.value():
            return queryset
        return queryset.filter(merged_into__isnull=self.value() == "no")


@admin.register(Site)
class SiteAdmin(admin.ModelAdmin[Site]):
    """Names and addresses may be corrected here; where a site stands follows from its register or
    from the firm, and its regions follow from that."""

    list_display = ("name", "organisation", "city", "region", "activity", "source", "place")
    list_filter = (Merged, "source", "country", "sector")
    list_select_related = ("organisation", "region", "activity")
    search_fields = ("name", "city", "external_id", "organisation__name")
    show_full_result_count = False
    autocomplete_fields = ("activity",)
    fields = (
        "public_id",
        "organisation",
        "name",
        ("address", "postal_code", "city", "country"),
        "place",
        "cell",
        ("region", "municipality"),
        ("activity", "sector"),
        "employees",
        "reported",
        ("source", "external_id"),
        "merged_into",
        ("created_at", "updated_at"),
    )
    readonly_fields = (
        "public_id",
        "organisation",
        "place",
        "cell",
        "region",
        "municipality",
        "sector",
        "reported",
        "source",
        "external_id",
        "merged_into",
        "created_at",
        "updated_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        return super().get_queryset(request).defer("region__geometry")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A site listed twice is merged, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        obj.version += int(change)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("coordinates"))
    def place(self, site: Site) -> str:
        return degrees(site.location)

    @admin.display(description=_("what an anonymous listing shows"))
    def cell(self, site: Site) -> str:
        return degrees(site.cell_location)
