"""The match map: the page with its table, its tiles, and the panels a click opens."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_GET

from geo.outlines import oblast_outlines
from geo.tilemath import Tile, is_valid
from marketplace.firms.viewers import viewer_for
from marketplace.listings.disclosure import disclose
from marketplace.listings.selectors import needs_visible_to, offers_visible_to
from symbiosis.market_map import MapQuery, narrow_listings, narrow_proposals, pair_totals
from symbiosis.selectors import disclose_proposal, proposals_visible_to, weighed_proposals
from symbiosis.tiles import MAX_ZOOM, flows_tile, places_tile
from web.map_filters import MapFilterForm
from web.proposal_pages import proposal_page

ROWS_PER_PAGE = 25
TILE_SECONDS = 60


@require_GET
def match_map(request: HttpRequest) -> HttpResponse:
    """The map with its filters and table; to htmx only the table of the new question."""
    form = MapFilterForm(request.GET)
    viewer = viewer_for(request.user)
    proposals = narrow_proposals(proposals_visible_to(viewer), form.query)
    totals = pair_totals(proposals)
    page = Paginator(range(totals.total), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    rows = proposals.order_by(*form.ordering).rows(max(0, page.start_index() - 1), page.end_index())
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [disclose_proposal(proposal, viewer) for proposal in rows],
        "totals": totals,
    }
    partial = request.htmx and not request.htmx.history_restore_request  # type: ignore[attr-defined]
    response = render(request, "web/map/_results.html" if partial else "web/map/map.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
def map_tile(request: HttpRequest, layer: str, z: int, x: int, y: int) -> HttpResponse:
    """A vector tile of what this viewer may see; never stored for somebody else."""
    if layer not in ("flows", "places") or z > MAX_ZOOM or not is_valid(z, x, y):
        raise Http404
    tile = Tile(z, x, y)
    viewer = viewer_for(request.user)
    query = MapFilterForm(request.GET).query
    if layer == "flows":
        body = flows_tile(narrow_proposals(proposals_visible_to(viewer), query), tile)
    else:
        today = timezone.localdate()
        body = places_tile(
            narrow_listings(offers_visible_to(viewer), query, today=today),
            narrow_listings(needs_visible_to(viewer), query, today=today),
            tile,
        )
    response = HttpResponse(body, content_type="application/vnd.mapbox-vector-tile")
    patch_cache_control(response, private=True, max_age=TILE_SECONDS)
    patch_vary_headers(response, ["Cookie"])
    return response


@require_GET
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Borders and names of the oblasts; the same for everybody."""
    response = HttpResponse(oblast_outlines(), content_type="application/geo+json")
    patch_cache_control(response, public=True, max_age=3600)
    return response


@require_GET
def proposal_panel(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    viewer = viewer_for(request.user)
    proposal = get_object_or_404(proposals_visible_to(viewer), uid=uid)
    (weighed,) = weighed_proposals([proposal], viewer, day=timezone.localdate())
    page = proposal_page(weighed)
    return render(request, "web/map/_proposal_panel.html", {"page": page})


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
