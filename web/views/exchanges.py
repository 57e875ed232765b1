"""Taking up a proposal and negotiating it: one page, and the doors of its forms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from marketplace.errors import Conflict
from marketplace.exchanges.corresponding import attach_document, content_of, write_message
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.selectors import (
    disclose_exchange,
    documents_visible_to,
    exchanges_visible_to,
)
from marketplace.exchanges.services import propose_terms
from marketplace.exchanges.words import Move
from marketplace.firms.viewers import Viewer, viewer_for
from symbiosis.lawful import move_lawfully
from symbiosis.selectors import proposals_visible_to
from symbiosis.taking_up import open_from_proposal
from web.addresses import named_row
from web.exchange_pages import exchange_page
from web.forms.exchanges import DocumentForm, MessageForm, MoveForm, TermsForm
from web.legal_panels import legal_panel
from web.refusals import shown_on

_FIELDS = {
    "quantity.value": "quantity_value",
    "quantity.unit": "quantity_unit",
    "quantity.basis": "quantity_basis",
    "name": "file",
    "version": "",
    "terms": "",
}
"""Where the forms call a service's field otherwise; refusals of hidden fields go above the form."""


@login_required
@require_POST
def proposal_open(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take up a proposal; where its exchange is open already, go there."""
    viewer = viewer_for(request.user)
    proposal = named_row(proposals_visible_to(viewer), "proposal", public_id)
    try:
        exchange = open_from_proposal(viewer=viewer, proposal=proposal, now=timezone.now())
    except Conflict as refusal:
        messages.error(request, " ".join(p.detail for p in refusal.problems))
        return redirect("proposal", public_id=public_id)
    messages.success(request, _("The exchange is open. The other side is asked next."))
    return redirect("exchange", public_id=exchange.public_id)


@login_required
@require_GET
def exchange(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    return _shown(request, viewer, _find(viewer, public_id))


@login_required
@require_POST
def exchange_move(request: HttpRequest, public_id: str, move: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    found = _find(viewer, public_id)
    told = disclose_exchange(found, viewer, on=timezone.localdate())
    row = next((row for row in told.moves if row.move == move), None)
    if row is None:
        messages.error(request, _("The exchange has changed meanwhile."))
        return redirect("exchange", public_id=public_id)
    form = MoveForm(request.POST, row=row, version=found.version)
    if form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            move_lawfully(
                viewer=viewer,
                exchange=found,
                move=Move(move),
                now=timezone.now(),
                details=form.details(),
                expected_version=form.cleaned_data["version"],
            )
            return _done(request, public_id)
    return _shown(request, viewer, found, **{move: form})


@login_required
@require_POST
def exchange_terms(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    found = _find(viewer, public_id)
    form = TermsForm(request.POST, kind=found.offer.material.kind)
    if form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            propose_terms(
                viewer=viewer,
                exchange=found,
                draft=form.draft(),
                now=timezone.now(),
                expected_version=form.cleaned_data["version"],
            )
            return _done(request, public_id)
    return _shown(request, viewer, found, terms=form)


@login_required
@require_POST
def exchange_message(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    found = _find(viewer, public_id)
    form = MessageForm(request.POST)
    if form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            write_message(
                viewer=viewer, exchange=found, body=form.cleaned_data["body"], now=timezone.now()
            )
            return _done(request, public_id)
    return _shown(request, viewer, found, message=form)


@login_required
@require_POST
def exchange_document(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    found = _find(viewer, public_id)
    form = DocumentForm(request.POST, request.FILES)
    if form.is_valid():
        with shown_on(form, _FIELDS), transaction.atomic():
            attach_document(
                viewer=viewer,
                exchange=found,
                name=form.cleaned_data["file"].name,
                data=form.content(),
                kind=form.cleaned_data["kind"],
                now=timezone.now(),
            )
            return _done(request, public_id)
    return _shown(request, viewer, found, document=form)


@login_required
@require_GET
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """The file as an attachment: never shown inside the site, never kept by a proxy."""
    found = named_row(documents_visible_to(viewer_for(request.user)), "document", public_id)
    response = HttpResponse(content_of(found), content_type=found.content_type)
    response.headers["Content-Disposition"] = _attachment(found.name)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _find(viewer: Viewer, public_id: str) -> Exchange:
    found: Exchange = named_row(exchanges_visible_to(viewer), "exchange", public_id)
    return found


def _shown(request: HttpRequest, viewer: Viewer, found: Exchange, **bound: Any) -> HttpResponse:
    today = timezone.localdate()
    context = {
        "page": exchange_page(found, viewer, on=today, bound=bound),
        **legal_panel(found, viewer, day=today),
    }
    return render(request, "web/exchanges/page.html", context)


def _done(request: HttpRequest, public_id: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("exchange", public_id=public_id)
