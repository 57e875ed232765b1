"""A firm's permits and other papers: the list, and the forms that keep them current."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.firms.permit_services import record_permit, revise_permit, withdraw_permit
from marketplace.firms.permits import Permit
from marketplace.firms.selectors import permits_visible_to
from marketplace.firms.viewers import Viewer, viewer_for
from web.addresses import named_row
from web.forms.permits import PermitForm, answers_of
from web.permit_pages import permit_rows
from web.refusals import shown_on

_PREFILLED = ("kind", "codes", "hazard_properties")
"""Answers that another page may bring along."""

_FIELDS = {"version": ""}
"""A refusal of the hidden version goes above the form."""


@login_required
@require_GET
def permits(request: HttpRequest) -> HttpResponse:
    """What is on record, and what of it lapses."""
    viewer = viewer_for(request.user)
    context = {
        "rows": permit_rows(viewer, day=timezone.localdate()),
        "may_add": bool(viewer.editable_ids),
    }
    return render(request, "web/permits/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def permit_new(request: HttpRequest) -> HttpResponse:
    viewer = viewer_for(request.user)
    if not viewer.editable_ids:
        return redirect("join")
    told = {name: request.GET[name] for name in _PREFILLED if name in request.GET}
    form = PermitForm(request.POST or None, viewer=viewer, initial=told)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            firm = form.cleaned_data["organisation"]
            made = record_permit(viewer=viewer, organisation=firm, draft=form.draft())
            messages.success(request, _("On record: %(paper)s.") % {"paper": made})
            return redirect("permits")
    return render(request, "web/permits/form.html", {"form": form, "permit": None})


@login_required
@require_http_methods(["GET", "POST"])
def permit_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    permit = _find(viewer, public_id)
    form = PermitForm(
        request.POST or None, viewer=viewer, permit=permit, initial=answers_of(permit)
    )
    if request.method == "POST" and form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            revise_permit(
                viewer=viewer,
                permit=permit,
                changes=form.changes(),
                expected_version=form.cleaned_data["version"],
            )
            messages.success(request, _("Saved."))
            return redirect("permits")
    return render(request, "web/permits/form.html", {"form": form, "permit": permit})


@login_required
@require_POST
def permit_withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """It was revoked or given up; it stays on record and counts no more."""
    viewer = viewer_for(request.user)
    permit = _find(viewer, public_id)
    withdraw_permit(viewer=viewer, permit=permit, on=timezone.localdate())
    messages.success(request, _("The paper no longer counts."))
    return redirect("permits")


def _find(viewer: Viewer, public_id: str) -> Permit:
    found: Permit = named_row(permits_visible_to(viewer), "permit", public_id)
    return found
