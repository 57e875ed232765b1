"""What a click on the match map opens: a proposal, a place, a region or a corridor; its search."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from geo.gazetteer import suggest_places
from geo.models import Region
from geo.selectors import regions
from marketplace.exchanges.selectors import may_open, open_exchange_between
from marketplace.firms.viewers import viewer_for
from marketplace.listings.disclosure import disclose
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.market_map import MapQuery, narrow_listings, narrow_proposals, pair_totals
from symbiosis.selectors import disclose_proposal, proposals_visible_to, weighed_proposals
from web.map_filters import MapFilterForm
from web.map_regions import compared_regions
from web.proposal_pages import proposal_page

ROWS_OF_A_CORRIDOR = 12
_LONGEST = 80


@require_GET
def proposal_panel(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer = viewer_for(request.user)
    proposal = get_object_or_404(proposals_visible_to(viewer), uid=uid)
    (weighed,) = weighed_proposals([proposal], viewer, day=timezone.localdate())
    context = {
        "page": proposal_page(weighed),
        "may_open": may_open(viewer, proposal.offer, proposal.need),
        "exchange": open_exchange_between(viewer, proposal.offer, proposal.need),
    }
    return render(request, "web/map/_proposal_panel.html", context)


@require_GET
def place_panel(request: HttpRequest) -> HttpResponse:
    """The listings around a clicked point, posted ones first."""
    form = MapFilterForm(request.GET)
    if form.spot is None:
        raise Http404
    viewer, today, query = viewer_for(request.user), timezone.localdate(), form.query
    found = [
        disclose(listing, viewer)
        for rows in (offers_visible_to(viewer), needs_visible_to(viewer))
        for listing in narrow_listings(rows, _everything_in(query), today=today)
        .near(form.spot.point, metres=form.spot.metres)
        .order_by("-origin", "-public_quantity", "id")[:25]
    ]
    return render(request, "web/map/_place_panel.html", {"listings": found})


def _everything_in(query: MapQuery) -> MapQuery:
    """A place shows all its streams, also when the map shows one listing's proposals."""
    return MapQuery(
        query.region_code, query.pillar, query.material_id, query.shown, query.cross_region_only
    )


@require_GET
def region_panel(request: HttpRequest, code: str) -> HttpResponse:
    """A region's figures, beside those of another that the address names in ``with``."""
    asked = [code, *filter(None, [request.GET.get("with", "")])]
    found = {region.code: region for region in regions().filter(code__in=asked)}
    if code not in found:
        raise Http404
    viewer, today = viewer_for(request.user), timezone.localdate()
    chosen = [found[one] for one in dict.fromkeys(asked) if one in found]
    context = {
        "regions": chosen,
        "rows": compared_regions(viewer, chosen, today=today),
        "others": regions()
        .filter(country="BG", level=Region.Level.NUTS3)
        .exclude(code=code)
        .order_by("name_bg"),
    }
    return render(request, "web/map/_region_panel.html", context)


@require_GET
def corridor_panel(request: HttpRequest, origin: str, goal: str) -> HttpResponse:
    """The best proposals from one region to another, under the map's filters."""
    ends = {region.code: region for region in regions().filter(code__in=[origin, goal])}
    if len(ends) < 2:
        raise Http404
    viewer, query = viewer_for(request.user), MapFilterForm(request.GET).query
    found = narrow_proposals(proposals_visible_to(viewer), query).filter(
        offer__public_region=ends[origin], need__public_region=ends[goal]
    )
    best = found.order_by("inferred", "-value_cents", "id").rows(0, ROWS_OF_A_CORRIDOR)
    context = {
        "origin": ends[origin],
        "goal": ends[goal],
        "totals": pair_totals(found),
        "rows": [disclose_proposal(row, viewer) for row in best],
    }
    return render(request, "web/map/_corridor_panel.html", context)


@require_GET
def map_search(request: HttpRequest) -> JsonResponse:
    """Oblasts, countries and settlements whose name a text begins or resembles."""
    words = request.GET.get("q", "").strip()[:_LONGEST]
    named = [
        {"value": region.code, "label": region.name, "detail": _("region"), "kind": "region"}
        for region in regions().filter(level__in=[Region.Level.NUTS3, Region.Level.COUNTRY])
        if words and region.name.casefold().startswith(words.casefold())
    ]
    places = suggest_places(words, country="BG", limit=6) if len(words) > 1 else []
    settled = [
        {
            "value": f"{place.location.x:.5f},{place.location.y:.5f}",
            "label": place.name if get_language() == "bg" else place.name_en or place.name,
            "detail": place.municipality_name or (place.region.name if place.region else ""),
            "kind": "place",
        }
        for place in places
    ]
    return JsonResponse({"results": [*named[:4], *settled]})
