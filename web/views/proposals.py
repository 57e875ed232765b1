"""The page of one proposed exchange."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from marketplace.exchanges.selectors import may_open, open_exchange_between
from marketplace.firms.viewers import viewer_for
from symbiosis.selectors import proposals_visible_to, weighed_proposals
from web.addresses import named_row
from web.proposal_pages import proposal_page


@require_GET
def proposal(request: HttpRequest, public_id: str) -> HttpResponse:
    viewer = viewer_for(request.user)
    found = named_row(proposals_visible_to(viewer), "proposal", public_id)
    (weighed,) = weighed_proposals([found], viewer, day=timezone.localdate())
    context = {
        "page": proposal_page(weighed),
        "may_open": not found.route and may_open(viewer, found.offer, found.need),
        "exchange": open_exchange_between(viewer, found.offer, found.need),
    }
    return render(request, "web/proposal.html", context)
