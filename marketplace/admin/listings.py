"""Offers and needs, to watch over the market; services, which the secretariat keeps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from geo.admin import ReadOnlyAdmin
from marketplace.admin.shown import amount, degrees, euros
from marketplace.firms.viewers import viewer_for
from marketplace.listings.models import ListingStatus, Need, Offer, Service
from marketplace.listings.services import withdraw_listing


class ListingAdmin(ReadOnlyAdmin):
    """What firms posted and what is only inferred, told apart; one's words are never edited here,
    but a listing that breaks the rules can be taken off the market."""

    list_display = (
        "title",
        "origin",
        "organisation",
        "material",
        "quantity",
        "public_region",
        "visibility",
        "status",
        "created_at",
    )
    list_filter = (
        "origin",
        "status",
        "visibility",
        "pattern",
        "waste_status",
        "material__kind",
        "material__pillar",
        "language",
    )
    list_select_related = ("organisation", "material", "public_region")
    search_fields = ("title", "organisation__name", "material__code", "external_id")
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ("withdraw",)
    exclude = ("public_location", "base_quantity", "base_min_lot")
    readonly_fields = ("public_id", "quantity", "asking_price", "shown_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("public_region__geometry")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return viewer_for(request.user).secretariat

    @admin.action(description=_("Withdraw from the market"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        viewer = viewer_for(request.user)
        listings = list(queryset.exclude(status=ListingStatus.WITHDRAWN))
        for listing in listings:
            withdraw_listing(viewer=viewer, listing=listing)
        text = ngettext("%(n)d listing withdrawn.", "%(n)d listings withdrawn.", len(listings))
        self.message_user(request, text % {"n": len(listings)}, messages.SUCCESS)

    @admin.display(description=_("quantity"), ordering="base_quantity")
    def quantity(self, listing: Any) -> str:
        return amount(listing)

    @admin.display(description=_("price, EUR"))
    def asking_price(self, listing: Any) -> str:
        return euros(listing.price_cents)

    @admin.display(description=_("shown at"))
    def shown_at(self, listing: Any) -> str:
        return degrees(listing.public_location)


@admin.register(Offer)
class OfferAdmin(ListingAdmin):
    pass


@admin.register(Need)
class NeedAdmin(ListingAdmin):
    pass


class ServiceForm(forms.ModelForm[Service]):
    class Meta:
        model = Service
        # The site tells the organisation; external_id is the holder's own.
        exclude = ("organisation", "is_demo", "version", "external_id")  # noqa: DJ006


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin[Service]):
    form = ServiceForm
    list_display = ("title", "kind", "organisation", "input_material", "output_material", "status")
    list_filter = ("kind", "status", "is_demo")
    list_select_related = ("organisation", "input_material", "output_material")
    search_fields = ("title", "organisation__name", "input_material__code")
    autocomplete_fields = ("site", "input_material", "output_material", "permitted_codes")

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        obj.organisation_id = obj.site.organisation_id
        obj.version += int(change)
        super().save_model(request, obj, form, change)
