"""A person's own desk, an officer's chamber desk, and joining the market."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.firms.services import register_organisation
from marketplace.firms.users import User
from marketplace.firms.viewers import viewer_for
from symbiosis.core.legality import Outcome
from symbiosis.corridors import corridors
from symbiosis.legal_words import OUTCOMES
from web.chamber_figures import matrix
from web.chamber_report import (
    PDF_TYPE,
    XLSX_TYPE,
    chamber_report,
    report_pdf,
    report_workbook,
)
from web.desks import chamber_desk, own_desk, regions_served
from web.forms.organisations import OrganisationForm
from web.refusals import shown_on


@login_required
@require_GET
def my(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("legality", "")
    outcome = Outcome(asked) if asked in list(Outcome) else None
    desk = own_desk(viewer_for(request.user), today=timezone.localdate(), outcome=outcome)
    context = {"desk": desk, "outcome": outcome, "outcomes": OUTCOMES.items()}
    return render(request, "web/my.html", context)


@login_required
@require_GET
def chamber(request: HttpRequest) -> HttpResponse:
    """The figures and proposals of a region whose chamber the person serves."""
    viewer = viewer_for(request.user)
    regions = regions_served(viewer)
    if not regions:
        raise PermissionDenied
    asked = request.GET.get("region", "")
    region = next((region for region in regions if region.code == asked), regions[0])
    desk = chamber_desk(viewer, region, today=timezone.localdate())
    context = {"desk": desk, "regions": regions}
    return render(request, "web/chamber.html", context)


@login_required
@require_GET
def chamber_matrix(request: HttpRequest) -> HttpResponse:
    """All regions with all: value of the proposals between posted listings."""
    viewer = viewer_for(request.user)
    if not regions_served(viewer):
        raise PermissionDenied
    return render(request, "web/chamber/matrix.html", {"matrix": matrix(corridors(viewer))})


@login_required
@require_GET
def chamber_report_file(request: HttpRequest, form: str) -> HttpResponse:
    """The month's report of a region, as PDF or as a workbook."""
    viewer, today = viewer_for(request.user), timezone.localdate()
    regions = regions_served(viewer)
    if not regions:
        raise PermissionDenied
    asked = request.GET.get("region", "")
    region = next((one for one in regions if one.code == asked), regions[0])
    month = _month(request.GET.get("month", ""), today)
    report = chamber_report(viewer, region, month=month, today=today)
    media, make = {"pdf": (PDF_TYPE, report_pdf), "xlsx": (XLSX_TYPE, report_workbook)}[form]
    name = f"{region.code}-{month:%Y-%m}.{form}"
    response = HttpResponse(make(report), content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _month(written: str, today: date) -> date:
    """``2026-11``; what is no month, or is to come, is this one."""
    try:
        month = date.fromisoformat(f"{written}-01")
    except ValueError:
        return today.replace(day=1)
    return min(month, today.replace(day=1))


@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Register the organisation one acts for."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form), transaction.atomic():
            register_organisation(user=cast(User, request.user), draft=form.draft())
            return redirect(_next(request))
    return render(request, "web/join.html", {"form": form, "next": _next(request)})


def _next(request: HttpRequest) -> str:
    """Where to go on; only an address of this server."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else "/my/"
