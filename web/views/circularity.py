"""How circular an organisation is: assessing years and products, advice, reports, examples."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from council.circularity import examples
from council.circularity.flows import FLOWS, YearOfFlows
from council.circularity.indicators import indicators, material_circularity
from council.circularity.recorded import recorded_exchanges
from council.circularity.reports import Form, ReportRow, cells, circlean, esrs_e5, headings
from council.circularity.selectors import trend_of
from council.circularity.services import FIRST_YEAR, save_product, save_year
from marketplace.firms.models import Organisation
from marketplace.firms.selectors import organisations_of
from marketplace.firms.viewers import Viewer, viewer_for
from marketplace.ids import decode
from marketplace.impact.statements import Scope, impact_statement
from marketplace.sheets import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from web.circularity_pages import circularity_desk, measure_lines
from web.files import attachment
from web.forms.circularity import ProductForm, YearForm, answers_of
from web.refusals import shown_on

_FLOW_FIELDS = {f"flows.{name}": name for name in FLOWS}


@login_required
@require_GET
def circularity(request: HttpRequest) -> HttpResponse:
    """An own organisation's years, advice, exchanges and products."""
    viewer = viewer_for(request.user)
    organisation = _organisation(viewer, request.GET.get("organisation", ""))
    if organisation is None:
        return redirect(f"{reverse('join')}?next={request.path}")
    year = _year(request.GET.get("year", ""), timezone.localdate())
    return _page(request, viewer, organisation, year=year)


@login_required
@require_POST
def circularity_year(request: HttpRequest) -> HttpResponse:
    """Keep a year of flows."""
    viewer = viewer_for(request.user)
    organisation = _named(viewer, request.POST.get("organisation", ""))
    form = YearForm(request.POST)
    if form.is_valid():
        with shown_on(form, _FLOW_FIELDS):
            saved = save_year(
                viewer=viewer,
                organisation=organisation,
                year=form.cleaned_data["year"],
                flows=form.flows(),
                now=timezone.now(),
            )
            messages.success(request, _("Saved. Below is what would raise it most."))
            return redirect(_address(organisation, saved.year))
    return _page(request, viewer, organisation, form=form, status=422)


@login_required
@require_POST
def circularity_product(request: HttpRequest) -> HttpResponse:
    """Keep a product's answers."""
    viewer = viewer_for(request.user)
    organisation = _named(viewer, request.POST.get("organisation", ""))
    form = ProductForm(request.POST)
    if form.is_valid():
        with shown_on(form):
            save_product(
                viewer=viewer,
                organisation=organisation,
                name=form.cleaned_data["name"],
                product=form.product(),
                now=timezone.now(),
            )
            return redirect(_address(organisation, None) + "#products")
    return _page(request, viewer, organisation, product_form=form, status=422)


@login_required
@require_GET
def circularity_report(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    """A year in the shape that ESRS E5 or CircLean asks for."""
    viewer = viewer_for(request.user)
    organisation = _named(viewer, request.GET.get("organisation", ""))
    year = _year(request.GET.get("year", ""), timezone.localdate())
    told = next(
        (row for row in trend_of(viewer, organisation) if row.assessment.year == year), None
    )
    if told is None or kind not in set(Form):
        raise Http404
    rows = _report(Form(kind), organisation, told.assessment.year, told.assessment.flows)
    if form == "json":
        return JsonResponse(
            {"report": kind, "year": year, "organisation": organisation.public_id,
             "rows": [_plain(row) for row in rows]},
            json_dumps_params={"ensure_ascii": False},
        )  # fmt: skip
    name = f"{kind}-{year}.{form}"
    if form == "csv":
        return attachment(as_csv(headings(), cells(rows)), CSV_TYPE, name)
    if form == "xlsx":
        return attachment(as_xlsx(kind, headings(), cells(rows)), XLSX_TYPE, name)
    raise Http404


@require_GET
def circularity_examples(request: HttpRequest) -> HttpResponse:
    """Worked examples, open to everybody."""
    products = [
        (item, material_circularity(item.product), material_circularity(item.changed))
        for item in examples.PRODUCTS
    ]
    years = [
        (item, measure_lines(indicators(item.changed), indicators(item.year)))
        for item in examples.YEARS
    ]
    context = {"products": products, "years": years}
    return render(request, "web/circularity/examples.html", context)


def _report(
    kind: Form, organisation: Organisation, year: int, flows: YearOfFlows
) -> list[ReportRow]:
    if kind == Form.ESRS_E5:
        return esrs_e5(flows)
    statement = impact_statement(
        Scope(organisation_ids=frozenset({organisation.pk})),
        since=date(year, 1, 1),
        until=date(year, 12, 31),
    )
    return circlean(flows, recorded_exchanges(organisation, year), statement.delivered)


def _plain(row: ReportRow) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "amount": f"{row.amount.normalize():f}",
        "unit": row.unit,
        "share_percent": None if row.share_percent is None else f"{row.share_percent:.2f}",
        "share_of": row.of_code,
    }


def _page(
    request: HttpRequest,
    viewer: Viewer,
    organisation: Organisation,
    *,
    year: int | None = None,
    form: YearForm | None = None,
    product_form: ProductForm | None = None,
    status: int = 200,
) -> HttpResponse:
    desk = circularity_desk(viewer, organisation, year=year, today=timezone.localdate())
    context = {
        "desk": desk,
        "organisations": organisations_of(viewer),
        "form": form or YearForm(initial={"year": desk.year, **answers_of(desk.flows)}),
        "product_form": product_form or ProductForm(),
        "years": range(timezone.localdate().year, FIRST_YEAR, -1),
    }
    return render(request, "web/circularity/page.html", context, status=status)


def _organisation(viewer: Viewer, public_id: str) -> Organisation | None:
    """The own organisation that is asked for, or the first."""
    own = organisations_of(viewer)
    uid = decode("org", public_id)
    return own.filter(uid=uid).first() if uid else own.first()


def _named(viewer: Viewer, public_id: str) -> Organisation:
    found = _organisation(viewer, public_id)
    if found is None:
        raise Http404
    return found


def _address(organisation: Organisation, year: int | None) -> str:
    tail = f"&year={year}" if year else ""
    return f"{reverse('circularity')}?organisation={organisation.public_id}{tail}"


def _year(text: str, today: date) -> int | None:
    known = text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:4]) <= today.year
    return int(text[:4]) if known and len(text) == 4 else None
