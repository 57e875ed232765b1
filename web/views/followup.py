"""Impact statements and the answers to letters."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.errors import Conflict
from marketplace.firms.selectors import organisations_of
from marketplace.firms.viewers import viewer_for
from marketplace.followup.checks import answer_check, check_of
from marketplace.impact.statements import (
    evidence_of,
    impact_statement,
    own_scope,
    regional_statement,
)
from web.desks import regions_served
from web.impact_pages import evidence_line, impact_lines

EVIDENCE_SHOWN = 60
FIRST_YEAR = 2020


@login_required
@require_GET
def impact(request: HttpRequest) -> HttpResponse:
    """What the sides of one's own organisations have saved, with the evidence."""
    viewer = viewer_for(request.user)
    scope = own_scope(viewer)
    statement = impact_statement(scope)
    context = {
        "statement": statement,
        "agreed": impact_lines(statement.agreed),
        "delivered": impact_lines(statement.delivered),
        "evidence": [evidence_line(figure) for figure in evidence_of(scope)[:EVIDENCE_SHOWN]],
        "organisations": organisations_of(viewer),
    }
    return render(request, "web/impact/own.html", context)


@login_required
@require_GET
def chamber_impact(request: HttpRequest) -> HttpResponse:
    """What a year's deliveries have saved in a region whose chamber the person serves."""
    regions = regions_served(viewer_for(request.user))
    if not regions:
        raise PermissionDenied
    asked = request.GET.get("region", "")
    region = next((region for region in regions if region.code == asked), regions[0])
    today = timezone.localdate()
    year = _year(request.GET.get("year", ""), today)
    told = regional_statement(region, year=year)
    context = {
        "region": region,
        "regions": regions,
        "year": year,
        "years": range(today.year, FIRST_YEAR, -1),
        "told": told,
        "agreed": impact_lines(told.agreed),
        "delivered": impact_lines(told.delivered),
    }
    return render(request, "web/impact/region.html", context)


def _year(text: str, today: date) -> int:
    known = text.isascii() and text.isdigit() and FIRST_YEAR < int(text) <= today.year
    return int(text) if known else today.year


@require_http_methods(["GET", "POST"])
def listing_check(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a letter's link. Opening it changes nothing, for mail scanners open links
    too; one press of a button answers, without signing in."""
    check = check_of(token, now=timezone.now())
    if check is None:
        raise Http404
    if request.method == "POST":
        still_valid = request.POST.get("answer") == "valid"
        try:
            answer_check(check=check, still_valid=still_valid, now=timezone.now())
        except Conflict:
            return redirect("listing_check", token)
        return redirect("listing_check", token)
    return render(request, "web/listings/check.html", {"check": check, "listing": check.listing})
