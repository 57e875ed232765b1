"""Sites that may be one plant: the evidence, and the decision of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from geo.admin import ReadOnlyAdmin
from marketplace.admin.shown import degrees
from marketplace.errors import MarketplaceError
from marketplace.firms.models import Site, SiteDuplicate
from marketplace.firms.users import User
from marketplace.registers.duplicates import keep_both, merge_sites


@admin.register(SiteDuplicate)
class SiteDuplicateAdmin(ReadOnlyAdmin):
    list_display = (
        "pair",
        "name_similarity_percent",
        "distance_m",
        "same_activity",
        "same_postal_code",
        "status",
        "decided_by",
    )
    list_display_links = ("name_similarity_percent",)
    list_filter = ("status", "first__country")
    list_select_related = ("first__organisation", "second__organisation", "decided_by")
    search_fields = ("first__name", "second__name", "first__city", "second__city")
    actions = ("merge_into_first", "merge_into_second", "two_plants")
    fields = (
        "first_site",
        "second_site",
        "name_similarity_percent",
        "distance_m",
        "same_activity",
        "same_postal_code",
        "status",
        "decided_by",
        "decided_at",
    )
    readonly_fields = ("first_site", "second_site", "same_activity", "same_postal_code")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever may change duplicates decides them; there is nothing else to change."""
        return cast(User, request.user).has_perm("marketplace.change_siteduplicate")

    @admin.action(description=_("One plant: merge into the first"), permissions=["decide"])
    def merge_into_first(self, request: HttpRequest, queryset: QuerySet[SiteDuplicate]) -> None:
        self._decide(request, queryset, lambda pair, by: _merged(pair, pair.first, by))

    @admin.action(description=_("One plant: merge into the second"), permissions=["decide"])
    def merge_into_second(self, request: HttpRequest, queryset: QuerySet[SiteDuplicate]) -> None:
        self._decide(request, queryset, lambda pair, by: _merged(pair, pair.second, by))

    @admin.action(description=_("Two plants: do not ask again"), permissions=["decide"])
    def two_plants(self, request: HttpRequest, queryset: QuerySet[SiteDuplicate]) -> None:
        self._decide(request, queryset, lambda pair, by: keep_both(duplicate=pair, decided_by=by))

    def _decide(
        self,
        request: HttpRequest,
        pairs: QuerySet[SiteDuplicate],
        decision: Callable[[SiteDuplicate, User], object],
    ) -> None:
        """Decide each pair by itself, so that one refusal does not undo the others."""
        decided = 0
        for pair in pairs.select_related("first__organisation", "second__organisation"):
            try:
                decision(pair, cast(User, request.user))
            except MarketplaceError as refusal:
                reasons = " ".join(problem.detail for problem in refusal.problems)
                self.message_user(request, f"{_names(pair)}: {reasons}", messages.WARNING)
            else:
                decided += 1
        if decided:
            text = ngettext("%(n)d pair decided.", "%(n)d pairs decided.", decided)
            self.message_user(request, text % {"n": decided}, messages.SUCCESS)

    @admin.display(description=_("sites"))
    def pair(self, duplicate: SiteDuplicate) -> str:
        rows = ((_link(site), site.source or "-") for site in (duplicate.first, duplicate.second))
        return format_html_join("", "<div>{} <small>({})</small></div>", rows)

    @admin.display(description=_("same activity"), boolean=True)
    def same_activity(self, duplicate: SiteDuplicate) -> bool | None:
        return cast(dict[str, Any], duplicate.evidence).get("same_activity")

    @admin.display(description=_("same postal code"), boolean=True)
    def same_postal_code(self, duplicate: SiteDuplicate) -> bool | None:
        return cast(dict[str, Any], duplicate.evidence).get("same_postal_code")

    @admin.display(description=_("first"))
    def first_site(self, duplicate: SiteDuplicate) -> str:
        return _described(duplicate.first)

    @admin.display(description=_("second"))
    def second_site(self, duplicate: SiteDuplicate) -> str:
        return _described(duplicate.second)


def _merged(pair: SiteDuplicate, keep: Site, decided_by: User) -> Site:
    return merge_sites(duplicate=pair, keep=keep, decided_by=decided_by)


def _names(pair: SiteDuplicate) -> str:
    return f"{pair.first.name} / {pair.second.name}"


def _link(site: Site) -> str:
    address = reverse("admin:marketplace_site_change", args=[site.pk])
    return format_html('<a href="{}">{}</a>', address, site.name)


def _described(site: Site) -> str:
    """Everything a person compares, one line each."""
    known = (
        (translate("organisation"), site.organisation.name),
        (translate("register"), f"{site.source} {site.external_id}".strip()),
        (translate("address"), " ".join(filter(None, (site.address, site.postal_code, site.city)))),
        (translate("coordinates"), degrees(site.location)),
        (translate("activity"), site.activity or ""),
    )
    lines = format_html_join("", "<div>{}: {}</div>", ((k, v) for k, v in known if v))
    return format_html("<strong>{}</strong>{}", _link(site), lines)
