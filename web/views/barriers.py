"""What the law keeps from exchange in a chamber's region: the page, and the evidence as files."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from geo.models import Region
from marketplace.firms.viewers import viewer_for
from marketplace.papers.printing import PDF_TYPE, as_pdf
from marketplace.sheets import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from symbiosis.barrier_evidence import (
    COLUMNS,
    barrier_evidence,
    evidence_paper,
    evidence_rows,
    lost_for_want_of_papers,
)
from web.desks import regions_served

COUNTRY = "BG"


@login_required
@require_GET
def barriers(request: HttpRequest) -> HttpResponse:
    """Counted by rule; the whole country beside one's own regions, for requests are national."""
    region, regions = _asked(request)
    ids = None if region is None else [region.pk]
    inferred = "inferred" in request.GET
    context = {
        "region": region,
        "regions": regions,
        "rules": barrier_evidence(region_ids=ids, with_inferred=inferred),
        "inferred": inferred,
        "lost": lost_for_want_of_papers(region_ids=ids),
    }
    return render(request, "web/barriers.html", context)


@login_required
@require_GET
def barriers_file(request: HttpRequest, form: str) -> HttpResponse:
    """The same as a table, or printed as a draft to go with a request."""
    region, _regions = _asked(request)
    name = f"barriers-{region.code if region else COUNTRY}"
    if form == "pdf":
        language = request.GET.get("lang", "")
        paper = evidence_paper(
            region=region,
            language=language if language in ("bg", "en") else get_language() or "bg",
            on=timezone.localdate(),
        )
        return _file(as_pdf(paper), PDF_TYPE, f"{name}.pdf")
    rules = barrier_evidence(
        region_ids=None if region is None else [region.pk],
        with_inferred="inferred" in request.GET,
    )
    if form == "csv":
        return _file(as_csv(tuple(COLUMNS), evidence_rows(rules)), CSV_TYPE, f"{name}.csv")
    if form == "xlsx":
        headings = [str(heading) for heading in COLUMNS.values()]
        return _file(as_xlsx(name, headings, evidence_rows(rules)), XLSX_TYPE, f"{name}.xlsx")
    raise Http404


def _asked(request: HttpRequest) -> tuple[Region | None, list[Region]]:
    """The region asked for, None for the country; only people of a chamber see any."""
    regions = regions_served(viewer_for(request.user))
    if not regions:
        raise PermissionDenied
    asked = request.GET.get("region", "")
    if asked == COUNTRY:
        return None, regions
    return next((region for region in regions if region.code == asked), regions[0]), regions


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
