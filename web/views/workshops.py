"""Workshop mode of the chamber desk: attendance, cards, tables, and matches logged on the spot."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.models import Region
from marketplace.firms.viewers import Viewer, viewer_for
from symbiosis.models import Workshop
from symbiosis.selectors import disclose_proposal, proposals_visible_to
from symbiosis.workshops import (
    Candidate,
    candidates,
    cards_of,
    log_match,
    plan_seating,
    prepare_workshop,
    proposals_among,
    seating_of,
    set_attendance,
    workshops_of,
)
from web.addresses import named_row
from web.desks import regions_served
from web.forms.workshops import AttendanceForm, MatchForm, WorkshopForm
from web.refusals import shown_on


@login_required
@require_http_methods(["GET", "POST"])
def workshop_list(request: HttpRequest) -> HttpResponse:
    """Workshops of the chamber, and the form that prepares the next."""
    viewer = viewer_for(request.user)
    region, regions = _region(request, viewer)
    form = WorkshopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form):
            workshop = prepare_workshop(viewer=viewer, region=region, draft=form.draft())
            return redirect("workshop", uid=workshop.uid)
    found = workshops_of(viewer).filter(region=region)
    context = {"form": form, "region": region, "regions": regions, "workshops": found}
    return render(request, "web/workshops/list.html", context)


@login_required
@require_GET
def workshop(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer, found = _workshop(request, uid)
    attendances = list(
        found.attendances.select_related("organisation").order_by("organisation__name")
    )
    invited = {row.organisation_id for row in attendances}
    context = {
        "workshop": found,
        "attendances": attendances,
        "present": sum(row.present for row in attendances),
        "candidates": [c for c in candidates(viewer, found) if c.organisation.pk not in invited],
        "rounds": seating_of(found),
        "proposals": [disclose_proposal(row, viewer) for row in proposals_among(viewer, found)],
        "matches": found.matches.select_related(
            "exchange__offer__material",
            "exchange__offer_organisation",
            "exchange__need_organisation",
        ),
    }
    return render(request, "web/workshops/workshop.html", context)


@login_required
@require_GET
def workshop_cards(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Cards of haves and wants, to print or to show on a screen."""
    viewer, found = _workshop(request, uid)
    context = {"workshop": found, "cards": cards_of(viewer, found)}
    return render(request, "web/workshops/cards.html", context)


@login_required
@require_POST
def workshop_attendance(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer, found = _workshop(request, uid)
    known: list[Candidate] = candidates(viewer, found)
    firms = [c.organisation.pk for c in known]
    firms += found.attendances.values_list("organisation_id", flat=True)
    form = AttendanceForm(request.POST, firms=firms)
    if form.is_valid():
        with shown_on(form):
            set_attendance(
                viewer=viewer,
                workshop=found,
                invited=form.cleaned_data["invited"],
                present=form.cleaned_data["present"],
            )
    return _back(request, found, form, _("The attendance list is kept."), "attendance")


@login_required
@require_POST
def workshop_seating(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer, found = _workshop(request, uid)
    form = AttendanceForm({}, firms=[])
    form.full_clean()
    with shown_on(form):
        plan_seating(viewer=viewer, workshop=found)
    return _back(request, found, form, _("The tables are worked out."), "seating")


@login_required
@require_POST
def workshop_match(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer, found = _workshop(request, uid)
    form = MatchForm(request.POST)
    if form.is_valid():
        proposal = named_row(
            proposals_visible_to(viewer), "proposal", form.cleaned_data["proposal"]
        )
        with shown_on(form):
            log_match(
                viewer=viewer,
                workshop=found,
                proposal=proposal,
                note=form.cleaned_data["note"],
                now=timezone.now(),
            )
    return _back(
        request, found, form, _("The match is logged and its exchange is open."), "matches"
    )


def _workshop(request: HttpRequest, uid: uuid.UUID) -> tuple[Viewer, Workshop]:
    viewer = viewer_for(request.user)
    return viewer, get_object_or_404(workshops_of(viewer), uid=uid)


def _region(request: HttpRequest, viewer: Viewer) -> tuple[Region, list[Region]]:
    regions = regions_served(viewer)
    if not regions:
        raise PermissionDenied
    asked = request.GET.get("region", "")
    return next((one for one in regions if one.code == asked), regions[0]), regions


def _back(
    request: HttpRequest, found: Workshop, form: AttendanceForm | MatchForm, done: str, anchor: str
) -> HttpResponse:
    """To the workshop, with what went wrong or what was done."""
    faults = [str(fault) for listed in form.errors.values() for fault in listed]
    for fault in faults:
        messages.error(request, fault)
    if not faults:
        messages.success(request, done)
    response = redirect("workshop", uid=found.uid)
    response["Location"] += f"#{anchor}"
    return response
