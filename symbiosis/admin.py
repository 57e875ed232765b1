"""What the matcher did and proposed, to look at, and the settings it reckons with, to set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from geo.admin import ReadOnlyAdmin
from marketplace.sheets import CSV_TYPE, as_csv
from symbiosis.barrier_evidence import COLUMNS, barrier_evidence, evidence_rows
from symbiosis.core.errors import ParamsError
from symbiosis.core.params import Parameter, Params, describe
from symbiosis.models import Barrier, EngineSetting, MatchRun, Proposal
from symbiosis.parameters import parameters_in_force, with_value
from symbiosis.reasons import worded


@admin.register(MatchRun)
class MatchRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "scope",
        "status",
        "offer_count",
        "need_count",
        "proposal_count",
        "cross_region_count",
        "value",
        "solver",
        "over_all_pairs",
    )
    list_filter = ("scope", "status")
    date_hierarchy = "started_at"
    readonly_fields = ("value", "proven_at_most")

    @admin.display(description=_("value of the plan, EUR"), ordering="objective")
    def value(self, run: MatchRun) -> str:
        return _euros(int(run.objective))

    @admin.display(description=_("proven upper bound, EUR"))
    def proven_at_most(self, run: MatchRun) -> str:
        return _euros(int(run.bound))


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = (
        "offer",
        "need",
        "stage",
        "inferred",
        "tonnes",
        "road_km",
        "value",
        "cross_region",
    )
    list_filter = (
        "stage",
        "inferred",
        "cross_region",
        "offer__material__kind",
        "offer__material__pillar",
    )
    list_select_related = ("offer__material", "need__material")
    search_fields = (
        "offer__title",
        "need__title",
        "offer__organisation__name",
        "need__organisation__name",
    )
    show_full_result_count = False
    exclude = ("reasons",)
    readonly_fields = ("public_id", "why", "tonnes", "road_km", "value")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        return super().get_queryset(request).select_related("offer__material", "need__material")

    @admin.display(description=_("reasons"))
    def why(self, proposal: Proposal) -> str:
        return format_html_join("", "<div>{}</div>", ((line,) for line in worded(proposal.reasons)))

    @admin.display(description=_("t, m3, MWh or units"), ordering="base_quantity")
    def tonnes(self, proposal: Proposal) -> str:
        return number_format(proposal.base_quantity / 1000, decimal_pos=1, force_grouping=True)

    @admin.display(description=_("road km, estimated"), ordering="road_m")
    def road_km(self, proposal: Any) -> str:
        return number_format(round(proposal.road_m / 1000), force_grouping=True)

    @admin.display(description=_("value, EUR"), ordering="value_cents")
    def value(self, proposal: Proposal) -> str:
        return _euros(proposal.value_cents)


@admin.register(Barrier)
class BarrierAdmin(ReadOnlyAdmin):
    """What the law keeps from happening; counted by rule and oblast in the file of evidence."""

    list_display = ("material", "needed", "waste_code", "region", "rules", "tonnes", "value")
    list_filter = ("inferred", "material__pillar", "region")
    list_select_related = ("material", "needed", "waste_code", "region")
    search_fields = ("material__code", "waste_code__code")
    date_hierarchy = "last_seen_at"
    readonly_fields = ("tonnes", "value")
    show_full_result_count = False
    change_list_template = "admin/barriers.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Barrier]:
        return super().get_queryset(request).defer("region__geometry")

    def get_urls(self) -> list[URLPattern]:
        evidence = path(
            "evidence.csv", self.admin_site.admin_view(self.evidence), name="barrier_evidence"
        )
        return [evidence, *super().get_urls()]

    def evidence(self, request: HttpRequest) -> HttpResponse:
        """The roll-up as a file, for a request to the authorities."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        table = as_csv(tuple(COLUMNS), evidence_rows(barrier_evidence()))
        response = HttpResponse(table, content_type=CSV_TYPE)
        response["Content-Disposition"] = 'attachment; filename="barriers.csv"'
        return response

    @admin.display(description=_("t, m3, MWh or units"), ordering="base_quantity")
    def tonnes(self, barrier: Barrier) -> str:
        return number_format(barrier.base_quantity / 1000, decimal_pos=1, force_grouping=True)

    @admin.display(description=_("value, EUR"), ordering="value_cents")
    def value(self, barrier: Barrier) -> str:
        return _euros(barrier.value_cents)


class EngineSettingForm(forms.ModelForm[EngineSetting]):
    """A parameter by its name, and a value that means something for it."""

    name = forms.ChoiceField(
        label=_("parameter"), choices=[(p.name, f"{p.name} ({p.unit})") for p in describe()]
    )

    class Meta:
        model = EngineSetting
        fields = ("name", "value", "source")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        name, value = self.cleaned_data.get("name"), self.cleaned_data.get("value")
        if name and value is not None:
            try:
                with_value(Params(), name, value)
            except ParamsError:
                meant = {p.name: p for p in describe()}[name]
                self.add_error("value", _refusal(meant))
        return cleaned


def _refusal(meant: Parameter) -> str:
    if isinstance(meant.default, int):
        text = gettext("A whole number from %(low)g to %(high)g, in: %(unit)s.")
    else:
        text = gettext("A number from %(low)g to %(high)g, in: %(unit)s.")
    return text % {"low": meant.low, "high": meant.high, "unit": meant.unit}


@admin.register(EngineSetting)
class EngineSettingAdmin(admin.ModelAdmin[EngineSetting]):
    """What this installation sets otherwise; below, every parameter with its reason and source."""

    form = EngineSettingForm
    list_display = ("name", "value", "source", "updated_at")
    search_fields = ("name", "source")
    change_list_template = "admin/engine_settings.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rows = {"parameters": parameters_in_force()}
        return super().changelist_view(request, extra_context=(extra_context or {}) | rows)


def _euros(cents: int) -> str:
    return number_format(round(cents / 100), force_grouping=True)
