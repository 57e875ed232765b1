"""Users, who sign in by e-mail address, and the roles they hold."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from marketplace.errors import Conflict
from marketplace.firms.models import Membership
from marketplace.firms.users import User
from marketplace.people.erasing import erase_person
from marketplace.people.personal_data import personal_data_of


class NewUserForm(AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "full_name", "language")

    def clean_email(self) -> str:
        """One spelling for an address, so that two accounts never differ by case alone."""
        return str(self.cleaned_data["email"]).lower()


class UserForm(UserChangeForm[User]):
    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class MembershipInline(admin.TabularInline[Membership, Any]):
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "organisation")
    verbose_name = _("membership")


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User]):
    actions = ("tell_personal_data", "erase_persons")
    form = UserForm
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "full_name", "language", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "language", "memberships__role")
    search_fields = ("email", "full_name", "memberships__organisation__name")
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password", "full_name", "language")}),
        (
            _("Rights"),
            {
                "classes": ("collapse",),
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions"),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "email",
                    "full_name",
                    "language",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A person's row carries the record of what it did: it is emptied, never removed."""
        return False

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Whoever may otherwise remove persons."""
        return request.user.has_perm("marketplace.delete_user")

    @admin.action(
        description=_("Download what is kept of the chosen persons"), permissions=["change"]
    )
    def tell_personal_data(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse:
        """For a person who asks the secretariat instead of the page."""
        told = [personal_data_of(user) for user in chosen.order_by("pk")]
        return HttpResponse(
            json.dumps(told, ensure_ascii=False, indent=2),
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="personal-data.json"'},
        )

    @admin.action(description=_("Erase the chosen persons"), permissions=["erase"])
    def erase_persons(
        self, request: HttpRequest, chosen: QuerySet[User]
    ) -> TemplateResponse | None:
        """Asked twice; who governs an organisation alone is left as is, and why is said."""
        if "sure" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": _("Erase the chosen persons"),
                "persons": chosen,
                "opts": self.model._meta,
            }
            return TemplateResponse(request, "admin/erase_persons.html", context)
        for user in chosen:
            number = user.pk
            try:
                erase_person(user=user)
            except Conflict as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                done = _("Person %(number)s is erased.") % {"number": number}
                self.message_user(request, done, messages.SUCCESS)
        return None


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin[Membership]):
    list_display = ("user", "role", "organisation", "created_at")
    list_filter = ("role", "organisation__type")
    list_select_related = ("user", "organisation")
    search_fields = ("user__email", "user__full_name", "organisation__name")
    autocomplete_fields = ("user", "organisation")
    readonly_fields = ("created_at",)
