"""The page of one proposed exchange."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from marketplace.exchanges.selectors import may_open, open_exchange_between
from marketplace.firms.viewers import viewer_for
from marketplace.ids import decode
from symbiosis.selectors import proposals_visible_to, weighed_proposals
from web.proposal_pages import proposal_page


@require_GET
def proposal(request: HttpRequest, public_id: str) -> HttpResponse:
    uid = decode("proposal", public_id)
    if uid is None:
        raise Http404
    viewer = viewer_for(request.user)
    found = get_object_or_404(proposals_visible_to(viewer), uid=uid)
    (weighed,) = weighed_proposals([found], viewer, day=timezone.localdate())
    context = {
        "page": proposal_page(weighed),
        "may_open": may_open(viewer, found.offer, found.need),
        "exchange": open_exchange_between(viewer, found.offer, found.need),
    }
    return render(request, "web/proposal.html", context)
