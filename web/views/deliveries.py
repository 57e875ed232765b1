"""Deliveries of an exchange: record, confirm, contest, correct; its papers; the record book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.deliveries.models import Delivery
from marketplace.deliveries.record_book import book_as_csv, book_as_xlsx, record_lines
from marketplace.deliveries.selectors import deliveries_visible_to, progress_of
from marketplace.deliveries.services import (
    confirm_delivery,
    contest_delivery,
    correct_delivery,
    record_delivery,
)
from marketplace.errors import MarketplaceError
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.process import FALLEN_STATES
from marketplace.exchanges.roles import actors_of
from marketplace.exchanges.selectors import exchanges_of_organisations
from marketplace.exchanges.words import Role
from marketplace.firms.viewers import Viewer, viewer_for
from marketplace.followup.reopening import ask_again_on
from marketplace.impact.statements import booked_for
from marketplace.papers.kinds import PaperKind, papers_of
from marketplace.papers.printing import PDF_TYPE, as_pdf
from marketplace.papers.writing import write_paper
from marketplace.sheets import CSV_TYPE, XLSX_TYPE
from web.addresses import named_row
from web.files import attachment
from web.forms.deliveries import AskAgainForm, DeliveryForm, ObjectionForm, answers_of
from web.impact_pages import impact_lines
from web.legal_panels import legal_panel
from web.refusals import shown_on

LANGUAGES = ("bg", "en")
PAPER_FORMS = ("pdf", "json", "csv")
_BOOKS = {"csv": (book_as_csv, CSV_TYPE), "xlsx": (book_as_xlsx, XLSX_TYPE)}
_FIELDS = {"quantity.value": "quantity_value", "road_km": "road_km"}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with what the viewer may do to it."""

    delivery: Delivery
    may_answer: bool
    may_correct: bool


def _exchange(viewer: Viewer, public_id: str) -> Exchange:
    found: Exchange = named_row(exchanges_of_organisations(viewer), "exchange", public_id)
    return found


def _delivery(viewer: Viewer, public_id: str) -> Delivery:
    found: Delivery = named_row(deliveries_visible_to(viewer), "delivery", public_id)
    return found


@login_required
@require_http_methods(["GET", "POST"])
def exchange_deliveries(request: HttpRequest, public_id: str) -> HttpResponse:
    """What of an exchange has come, its papers, and the form to record the next delivery."""
    viewer = viewer_for(request.user)
    exchange = _exchange(viewer, public_id)
    form = DeliveryForm(request.POST or None, material=exchange.offer.material)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, _FIELDS):
            record_delivery(
                viewer=viewer, exchange=exchange, draft=form.draft(), now=timezone.now()
            )
            messages.success(request, _("Recorded. The other side is asked to confirm it."))
            return redirect("exchange_deliveries", public_id)
    return render(request, "web/deliveries/page.html", _page(viewer, exchange, form))


def _page(viewer: Viewer, exchange: Exchange, form: DeliveryForm) -> dict[str, Any]:
    sides = {actor.role for actor in actors_of(viewer, exchange)} & {Role.OFFER, Role.NEED}
    rows = deliveries_visible_to(viewer).filter(exchange=exchange)
    return {
        "exchange": exchange,
        "form": form,
        "sides": sides,
        "terms": exchange.agreed_terms,
        "progress": progress_of(exchange, today=timezone.localdate()),
        "rows": [_row(delivery, sides) for delivery in rows],
        "papers": papers_of(exchange),
        "impact": impact_lines(booked_for(exchange)),
        "kind": exchange.offer.material.kind,
        **legal_panel(exchange, viewer, day=timezone.localdate()),
        "ask_again": AskAgainForm() if exchange.state in FALLEN_STATES else None,
    }


def _row(delivery: Delivery, sides: set[Role]) -> Row:
    open_to_answer = delivery.status == Delivery.Status.AWAITING and delivery.latest
    others = sides - {Role(delivery.recorded_role)}
    over = delivery.kind == Delivery.Kind.WITHDRAWAL and delivery.confirmed
    return Row(
        delivery,
        may_answer=bool(open_to_answer and others),
        may_correct=bool(delivery.latest and sides and not over),
    )


@login_required
@require_POST
def delivery_confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    """The other side agrees to an entry."""
    viewer = viewer_for(request.user)
    delivery = _delivery(viewer, public_id)
    try:
        confirm_delivery(viewer=viewer, delivery=delivery, now=timezone.now())
    except MarketplaceError as refusal:
        messages.error(request, " ".join(problem.detail for problem in refusal.problems))
    else:
        messages.success(request, _("Confirmed. It counts from now on."))
    return redirect("exchange_deliveries", delivery.exchange.public_id)


@login_required
@require_http_methods(["GET", "POST"])
def delivery_contest(request: HttpRequest, public_id: str) -> HttpResponse:
    """The other side says what was different."""
    viewer = viewer_for(request.user)
    delivery = _delivery(viewer, public_id)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with shown_on(form, _FIELDS):
            contest_delivery(
                viewer=viewer,
                delivery=delivery,
                objection=form.cleaned_data["objection"],
                now=timezone.now(),
            )
            return redirect("exchange_deliveries", delivery.exchange.public_id)
    context = {"form": form, "delivery": delivery, "heading": _("Contest a delivery")}
    return render(request, "web/deliveries/answer.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def delivery_correct(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new entry in the place of this one, or one that says it did not happen."""
    viewer = viewer_for(request.user)
    delivery = _delivery(viewer, public_id)
    material = delivery.exchange.offer.material
    withdrawing = "withdraw" in request.POST
    answers = request.POST if request.method == "POST" and not withdrawing else None
    form = DeliveryForm(answers, material=material, initial=answers_of(delivery))
    if request.method == "POST" and (withdrawing or form.is_valid()):
        if withdrawing:
            form = DeliveryForm(answers_of(delivery), material=material)
            form.is_valid()
        with shown_on(form, _FIELDS):
            correct_delivery(
                viewer=viewer,
                delivery=delivery,
                draft=None if withdrawing else form.draft(),
                now=timezone.now(),
            )
            return redirect("exchange_deliveries", delivery.exchange.public_id)
    context = {"form": form, "delivery": delivery, "heading": _("Correct a delivery")}
    return render(request, "web/deliveries/answer.html", context)


@login_required
@require_POST
def exchange_ask_again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the day on which an exchange that fell through is to be taken up again."""
    viewer = viewer_for(request.user)
    exchange = _exchange(viewer, public_id)
    form = AskAgainForm(request.POST)
    if form.is_valid():
        with shown_on(form, _FIELDS):
            day = form.cleaned_data["wake_on"]
            ask_again_on(viewer=viewer, exchange=exchange, day=day, now=timezone.now())
            messages.success(request, _("Noted. The exchange is reopened on that day."))
            return redirect("exchange_deliveries", public_id)
    blank = DeliveryForm(material=exchange.offer.material)
    page = {**_page(viewer, exchange, blank), "ask_again": form}
    return render(request, "web/deliveries/page.html", page)


@login_required
@require_GET
def paper(request: HttpRequest, public_id: str, kind: str, form: str) -> HttpResponse:
    """A draft paper of an agreed exchange, in the language asked for."""
    exchange = _exchange(viewer_for(request.user), public_id)
    offered = {paper.kind.value: paper for paper in papers_of(exchange) if paper.applies}
    if kind not in offered or form not in PAPER_FORMS:
        raise Http404
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else (get_language() or "bg")
    written = write_paper(
        exchange=exchange, kind=PaperKind(kind), language=language, on=timezone.localdate()
    )
    if form == "json":
        return JsonResponse(written.as_json(), json_dumps_params={"ensure_ascii": False})
    pdf = form == "pdf"
    content = as_pdf(written) if pdf else written.as_csv()
    return attachment(content, PDF_TYPE if pdf else CSV_TYPE, f"{kind}-{language}.{form}")


@login_required
@require_GET
def record_book(request: HttpRequest, form: str) -> HttpResponse:
    """The confirmed deliveries of the own organisations as record-book lines."""
    if form not in _BOOKS:
        raise Http404
    write, content_type = _BOOKS[form]
    lines = record_lines(viewer_for(request.user).organisation_ids)
    return attachment(write(lines), content_type, f"record-book.{form}")
